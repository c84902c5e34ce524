"""Seats by hand, people let go or replaced, redirections and assignments over HTTP."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from vzaimo.contracts.calendar import AudienceRole
from vzaimo.kit.http import Body
from vzaimo.kit.ids import new_id
from vzaimo.requests.domain.assignments import Sessions
from vzaimo.requests.domain.requests import Person
from vzaimo.requests.shapes.requests import Line, People

Chosen = Annotated[tuple[UUID, ...], Field(min_length=1, max_length=500)]


class Some(Body):
    """These delegates, or so many people by the city's rank: one of the two."""

    delegates: Chosen | None = None
    count: People | None = None

    @model_validator(mode="after")
    def one_of_two(self) -> Self:
        """Neither would mean nobody, both could disagree."""
        if (self.delegates is None) == (self.count is None):
            raise ValueError("give either delegates or count")
        return self

    @property
    def chosen(self) -> tuple[UUID, ...] | int:
        """As the commands have it."""
        return self.delegates or self.count or 0


class ReplacementBody(Body):
    """Another person in the place of ``delegate``."""

    delegate: UUID
    name: Line
    role: AudienceRole
    organisation: Line | None = None

    def person(self) -> Person:
        """As the domain has it."""
        return Person(new_id(), self.name, self.organisation)


class RedirectBody(Body):
    """The event that the city is sent to: another one of the same host."""

    event: UUID


class AssignmentBody(Body):
    """A delegate and the sessions to sit in; null for all of them."""

    delegate: UUID
    sessions: Annotated[Sessions, Field(min_length=1, max_length=200)] | None


class AssignmentsBody(Body):
    """Who sits where; without ``assignments``, everybody by city, as the preview shows."""

    assignments: Annotated[tuple[AssignmentBody, ...], Field(min_length=1, max_length=5000)] | None = None

    def chosen(self) -> dict[UUID, Sessions | None] | None:
        """As the handler has it."""
        return None if self.assignments is None else {one.delegate: one.sessions for one in self.assignments}


class SessionView(BaseModel):
    """How full a session is: ``assigned`` now, ``proposed`` if all sat by city (null: the rooms do not hold all).

    ``over``: so many more were assigned to it than it holds, since it became smaller meanwhile.
    """

    session: UUID
    capacity: int | None
    assigned: int
    over: int
    proposed: int | None


class SeatedView(BaseModel):
    """A delegate with a seat, the sessions assigned (null: all), and those proposed."""

    request: UUID
    city: str
    delegate: UUID
    rank: int
    sessions: Sessions | None
    proposed: Sessions | None


class AssignmentsView(BaseModel):
    """Who sits where, and where everybody would sit by city."""

    event: UUID
    sessions: list[SessionView]
    delegates: list[SeatedView]
