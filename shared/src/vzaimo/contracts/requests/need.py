"""Learning needs, and hosts who are invited to answer them."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from vzaimo.contracts.calendar import AudienceRole, Mode
from vzaimo.contracts.event import NOBODY, Audience, Fact, Slug, State
from vzaimo.contracts.requests.request import Count


class NeedStatus(StrEnum):
    """Where a learning need stands. ``answered`` may still be closed; ``closed`` is final."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class Backer(State):
    """A city that wants to learn the same, and how many of its people."""

    city: Slug
    """Which wants to learn the same."""
    heads: Annotated[int, Field(ge=1)]
    """How many people it would send."""
    backed_at: AwareDatetime
    """Since when."""


class Need(State):
    """A theme that a city wants to learn, open to offers. Its words stay in requests. Days are calendar days."""

    id: UUID
    """Never changes."""
    city: Slug
    """Which wants to learn."""
    topic: Slug
    """Its slug."""
    roles: tuple[AudienceRole, ...]
    """Who would learn."""
    heads: Annotated[int, Field(ge=1)]
    """How many people it would send."""
    mode: Mode
    """How they would take part."""
    not_before: date
    """The first day that suits."""
    not_after: date
    """The last day that suits."""
    status: NeedStatus
    """Where the need stands."""
    posted_at: AwareDatetime
    """When it was posted."""
    backers: tuple[Backer, ...] = ()
    """Other cities that want to learn the same."""
    invited: tuple[Slug, ...] = ()
    """Cities with a practice on the topic that were asked to host."""
    answered_by: UUID | None = None
    """The event that answers it."""
    closed_for: Slug | None = None
    """The reason's code."""


class NeedFact(Fact):
    """Something happened to a learning need."""

    service: ClassVar[str] = "requests"
    aggregate: ClassVar[str] = "need"

    need: Need
    """The need after the change."""

    @property
    def key(self) -> str:
        """The need's id."""
        return str(self.need.id)

    @property
    def parties(self) -> tuple[str, str]:
        """The city that wants to learn."""
        return self.need.city, NOBODY


class NeedPosted(NeedFact):
    """A city said what it wants to learn, or the event that answered it will not take place."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class NeedBacked(NeedFact):
    """Another city wants to learn the same, or no longer does; or one more city was asked to host."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class NeedAnswered(NeedFact):
    """An event was announced that answers the need."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class NeedClosed(NeedFact):
    """A need is looked after no longer."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class HostInvitation(State):
    """A city with a practice on a need's topic is asked to host an event that answers it."""

    need: UUID
    """Which need, by id."""
    city: Slug
    """Which is asked to host."""
    asked_by: Slug
    """Which wants to learn."""
    topic: Slug
    """The need's, a slug."""
    backers: Count
    """How many cities back the need."""
    invited_at: AwareDatetime
    """When it was asked."""


class InvitationFact(Fact):
    """A city is asked to host. There is one invitation a need and city, and it does not change."""

    service: ClassVar[str] = "requests"
    aggregate: ClassVar[str] = "invitation"

    invitation: HostInvitation
    """The invitation."""

    @property
    def key(self) -> str:
        """Need and invited city."""
        return f"{self.invitation.need}-{self.invitation.city}"

    @property
    def parties(self) -> tuple[str, str]:
        """The invited city and the city that wants to learn."""
        return self.invitation.city, self.invitation.asked_by


class HostInvited(InvitationFact):
    """Enough cities back a need: one that has a practice on its topic is asked to host."""

    audience: ClassVar[Audience] = Audience.PARTY
