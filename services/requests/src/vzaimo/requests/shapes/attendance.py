"""Attendance and feedback over HTTP."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from vzaimo.contracts.calendar import AudienceRole
from vzaimo.contracts.requests import Feedback
from vzaimo.kit.http import Body, Int
from vzaimo.requests.domain.attendance import Roll

Minutes = Annotated[Int, Field(ge=0, le=1440)]
People = Annotated[Int, Field(ge=0, le=100_000)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Adopted = Annotated[
    tuple[UUID, ...], Field(max_length=50), AfterValidator(lambda practices: tuple(dict.fromkeys(practices)))
]


class RollBody(Body):
    """Who came to one session, all of it: ``delegates`` with their minutes, ``remote`` people by request and role."""

    delegates: Annotated[dict[UUID, Minutes], Field(max_length=3000)] = Field(default_factory=dict)
    remote: Annotated[dict[UUID, dict[AudienceRole, People]], Field(max_length=1000)] = Field(default_factory=dict)

    def roll(self) -> Roll:
        """As the domain has it."""
        return Roll(self.delegates, self.remote)


class AttendanceView(BaseModel):
    """Who came to a session: a delegate (the name for host and guest) with minutes, or people of a role."""

    request: UUID
    city: str
    delegate: UUID | None
    name: str | None
    role: AudienceRole | None
    minutes: int | None
    people: int

    @classmethod
    def of(cls, row: Any, name: str | None) -> Self:
        """From its row with the request's city, and the delegate's name where the caller may know it."""
        delegate = UUID(row.who) if row.minutes is not None else None
        return cls(
            request=row.request,
            city=row.city,
            delegate=delegate,
            name=name,
            role=None if delegate else AudienceRole(row.who),
            minutes=row.minutes,
            people=row.people,
        )


class FeedbackBody(Body):
    """What an event gave a city. ``adopts``: practices shown there that it means to use."""

    score: Annotated[Int, Field(ge=1, le=5)]
    adopts: Adopted = ()
    words: Words | None = None

    def feedback(self) -> Feedback:
        """As facts have it: without the words."""
        return Feedback(score=self.score, adopts=self.adopts)


class FeedbackEntry(BaseModel):
    """One city's feedback: for the host, and for the city itself."""

    request: UUID
    city: str
    score: int
    adopts: tuple[UUID, ...]
    words: str | None

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row, with the request's public state."""
        said = Feedback.model_validate(row.state["feedback"])
        return cls(request=row.request, city=row.city, score=said.score, adopts=said.adopts, words=row.words)


class FeedbackView(BaseModel):
    """What cities said of an event: how many and the mean for everyone, the rest for those whom it concerns."""

    event: UUID
    number: int
    mean: float | None
    entries: list[FeedbackEntry]
