"""Acts of erasure: ids and numbers, nobody's data."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from vzaimo.contracts.event import NOBODY, Audience, Fact, Slug, State
from vzaimo.contracts.requests.request import Count


class Erasure(State):
    """An act of destruction of personal data (152-FZ, article 21): how much, of which request, and why; never whose."""

    id: UUID
    """The act's."""
    request: UUID
    """Whose delegates, by id."""
    city: Slug
    """Whose people they were."""
    people: Count
    """How many."""
    cause: Literal["purge", "erasure"]
    """The time that passed, or somebody's wish."""
    erased_at: AwareDatetime
    """When."""
    number: Annotated[int, Field(ge=1)] | None = None
    """The act's, within the service."""
    delegates: tuple[UUID, ...] = ()
    """By the ids that the request's facts have; none: all of the request."""


class ErasureFact(Fact):
    """Personal data were destroyed. There is one fact an act."""

    service: ClassVar[str] = "requests"
    aggregate: ClassVar[str] = "erasure"

    erasure: Erasure
    """The act."""

    @property
    def key(self) -> str:
        """The act's id."""
        return str(self.erasure.id)

    @property
    def parties(self) -> tuple[str, str]:
        """The city whose people they were."""
        return self.erasure.city, NOBODY


class PersonalDataErased(ErasureFact):
    """Names and needs of delegates were destroyed; the act is kept in requests."""

    audience: ClassVar[Audience] = Audience.INTERNAL
