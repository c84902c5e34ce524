"""Personal data, and acts of their destruction, over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, StringConstraints

from vzaimo.contracts.calendar import AudienceRole
from vzaimo.contracts.requests import DelegateStatus
from vzaimo.kit.http import Body

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class ComfortBody(Body):
    """What a delegate needs; none of it: nothing in particular."""

    dietary: Text | None = None
    access: Text | None = None


class ComfortView(BaseModel):
    """What a delegate who comes needs: for the guest and the host alone."""

    delegate: UUID
    name: str
    dietary: str | None
    access: str | None


class Comforts(BaseModel):
    """The delegates of a request who need something."""

    request: UUID
    items: list[ComfortView]


class Presence(BaseModel):
    """Minutes in a session."""

    session: UUID
    minutes: int


class PersonView(BaseModel):
    """All that is stored about a delegate: the answer to a person who asks (152-FZ, article 14)."""

    delegate: UUID
    name: str
    organisation: str | None
    dietary: str | None
    access: str | None
    erased_at: datetime | None
    request: UUID
    city: str
    host: str
    event: UUID
    event_title: str | None
    rank: int | None
    role: AudienceRole | None
    status: DelegateStatus | None
    sessions: tuple[UUID, ...] | None
    attendance: list[Presence]


class Operation(BaseModel):
    """A line of the journal extract."""

    table: str
    operation: str
    columns: list[str]
    rows: int


class ActView(BaseModel):
    """An act of destruction of personal data. ``actor``: a person's reference, ``timer`` or ``reconcile``."""

    id: UUID
    number: int
    request: UUID
    city: str
    people: int
    delegates: list[UUID]
    cause: Literal["purge", "erasure"]
    actor: str
    journal: list[Operation]
    erased_at: datetime

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls.model_validate(row, from_attributes=True)
