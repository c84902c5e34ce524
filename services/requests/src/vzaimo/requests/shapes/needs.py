"""Learning needs over HTTP."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from vzaimo.contracts.calendar import AudienceRole, Mode
from vzaimo.contracts.event import Slug
from vzaimo.contracts.requests import Need, NeedStatus
from vzaimo.kit.http import Body, Int
from vzaimo.kit.http.moments import Day
from vzaimo.requests.domain.needs import Wish

Heads = Annotated[Int, Field(ge=1, le=100_000)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Roles = Annotated[
    tuple[AudienceRole, ...],
    Field(min_length=1, max_length=5),
    AfterValidator(lambda roles: tuple(dict.fromkeys(roles))),
]


class NeedBody(Body):
    """What a city wants to learn; ``city`` is the city that the caller acts for."""

    city: Slug
    topic: Slug
    roles: Roles
    heads: Heads
    mode: Mode
    not_before: Day
    not_after: Day
    words: Words | None = None

    def wish(self) -> Wish:
        """As the domain has it."""
        return Wish(**self.model_dump(exclude={"words"}))


class BackingBody(Body):
    """A city that wants to learn the same, and how many of its people."""

    city: Slug
    heads: Heads


class ClosingBody(Body):
    """Why a need is looked after no longer."""

    reason: Literal["no-longer-needed", "learned-elsewhere", "duplicate", "outdated", "not-suitable"]


@dataclass(frozen=True, slots=True)
class NeedFilter:
    """Which needs to list: the parameters of the query."""

    topic: Slug | None = None
    city: Slug | None = None
    status: NeedStatus | None = None
    mode: Mode | None = None


class NeedView(Need):
    """A need with the city's words."""

    words: str | None
    people: int
    version: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls.model_validate({**row.state, "words": row.words, "people": row.people, "version": row.version})


class MatchView(BaseModel):
    """What there is on a need's topic already: a published practice, or an announced event."""

    kind: Literal["event", "practice"]
    id: UUID
    city: str
    title: str


class FrequentTopic(BaseModel):
    """A topic that cities want to learn: how many needs, cities beside those that posted them, and people."""

    topic: str
    needs: int
    backers: int
    people: int


class FrequentTopics(BaseModel):
    """The topics that most needs are about."""

    items: list[FrequentTopic]
