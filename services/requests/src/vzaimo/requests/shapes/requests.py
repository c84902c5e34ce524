"""Requests, decisions, seats and queues over HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from vzaimo.contracts.calendar import AudienceRole, Event, SeatMode
from vzaimo.contracts.event import Slug
from vzaimo.contracts.requests import Delegate, Request, RequestStatus
from vzaimo.kit.http import Body, Int, Page
from vzaimo.kit.ids import new_id
from vzaimo.requests.domain.queues import Wait
from vzaimo.requests.domain.requests import Delegation, Person

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Remark = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
People = Annotated[Int, Field(ge=1, le=100_000)]
Rank = Annotated[Int, Field(ge=1, le=500)]
Revision = Annotated[Int, Field(ge=1)]
ApproveReason = Literal["accepted", "first-come", "matching-profile"]
RejectReason = Literal["no-seats", "other-audience", "too-late", "not-suitable"]


class DelegateBody(Body):
    """A person of the delegation; rank 1 goes first."""

    rank: Rank
    name: Line
    role: AudienceRole
    organisation: Line | None = None


class DelegationBody(Body):
    """Whom a city wants to send: ``delegates`` in person, ``heads`` by role remote.

    ``min_viable``: with fewer the city would rather decide anew; fewer seats than that are offered, not granted.
    """

    delegates: Annotated[tuple[DelegateBody, ...], Field(max_length=500)] = ()
    heads: Annotated[dict[AudienceRole, People], Field(max_length=5)] = Field(default_factory=dict)
    min_viable: People = 1

    def delegation(self) -> Delegation:
        """As the domain has it."""
        named = [(new_id(), one) for one in self.delegates]
        return Delegation(
            delegates=tuple((key, one.rank, one.role) for key, one in named),
            heads=tuple(sorted(self.heads.items())),
            min_viable=self.min_viable,
            people=tuple(Person(key, one.name, one.organisation) for key, one in named),
        )


class RequestBody(DelegationBody):
    """A new request; ``city`` is the city that the caller acts for."""

    event: UUID
    city: Slug
    mode: SeatMode


class Seen(Body):
    """The revision of the event's schedule that the caller knows."""

    schedule_revision: Revision


class Approval(Body):
    """Approve: these delegates, or so many by the city's rank, or, with neither, all."""

    verdict: Literal["approve"]
    delegates: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=500)] | None = None
    count: People | None = None
    reason: ApproveReason = "accepted"
    remark: Remark | None = None

    @model_validator(mode="after")
    def one_of_two(self) -> Self:
        """Both could disagree."""
        if self.delegates is not None and self.count is not None:
            raise ValueError("give delegates or count, not both")
        return self


class Rejection(Body):
    """Reject, for a reason."""

    verdict: Literal["reject"]
    reason: RejectReason
    remark: Remark | None = None


class PriorityBody(Body):
    """Higher goes first; 0 is usual."""

    priority: Annotated[Int, Field(ge=-100, le=100)]


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Which requests to list: the parameters of the query."""

    event: UUID | None = None
    city: Slug | None = None
    host: Slug | None = None
    desk: Slug | None = None
    """A city's own requests, and those that wait for its decision; the newest first."""
    status: RequestStatus | None = None
    escalated: bool | None = None
    """Whether the moderator may decide as well, because the host did not in time."""
    embed: Literal["events", "queues"] | None = None
    """More to show: the events that the requests are for; or, on the first page, who waits for seats of ``event``."""


class DelegateView(Delegate):
    """A delegate; the name only for the guest, and for the host after submission."""

    name: str | None = None
    organisation: str | None = None


class RequestView(Request):
    """A request. ``remark`` is the host's, for guest and host."""

    delegates: tuple[DelegateView, ...] = ()
    remark: str | None = None
    version: int

    @classmethod
    def of(cls, row: Any, names: Mapping[str, Any], *, own: bool) -> Self:
        """From its row, and its people's rows by delegate."""
        state = dict(row.state)
        state["delegates"] = [
            {**one, "name": names[one["id"]].name, "organisation": names[one["id"]].organisation}
            if one["id"] in names
            else one
            for one in state["delegates"]
        ]
        return cls.model_validate({**state, "remark": row.remark if own else None, "version": row.version})


class SeatsView(BaseModel):
    """Seats of one mode now; ``free`` without a limit is null."""

    mode: SeatMode
    capacity: int | None
    granted: int
    held: int
    waiting: int
    free: int | None
    version: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """From the ledger's row."""
        free = None if row.capacity is None else row.capacity - row.granted - row.held
        return cls(
            mode=row.mode,
            capacity=row.capacity,
            granted=row.granted,
            held=row.held,
            waiting=row.waiting,
            free=free,
            version=row.version,
        )


class SeatsOf(BaseModel):
    """The seats of an event, by mode."""

    event: UUID
    seats: list[SeatsView]


class QueueEntry(BaseModel):
    """One who waits, with what the order goes by, and ``why`` no seat comes now.

    Whose it is, only the own city, the host and the moderator see.
    """

    place: int
    city: str
    request: UUID
    waiting: int
    priority: int
    submitted_at: str
    seats_this_season: int | None
    why: Wait


class QueueView(BaseModel):
    """Who waits for a seat: the length for everyone, the own entries for a guest, all for host and moderator."""

    event: UUID
    mode: SeatMode
    length: int
    entries: list[QueueEntry]


class RequestPage(Page[RequestView]):
    """Some requests; with the events that they are for, or with the event's queues, where that was asked."""

    events: list[Event] | None = None
    queues: list[QueueView] | None = None
