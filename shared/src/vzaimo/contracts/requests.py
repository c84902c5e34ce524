"""Facts of requests: who wants to attend what, what was decided, and how many seats are left.

Delegates travel by rank, role and status only: their names never leave the store.
"""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from vzaimo.contracts.calendar import AudienceRole, SeatMode
from vzaimo.contracts.event import NOBODY, Audience, Fact, Slug, State

Count = Annotated[int, Field(ge=0)]


class RequestStatus(StrEnum):
    """Where a request stands, as its delegates and its open offer make it."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    OFFERED = "offered"
    WAITLISTED = "waitlisted"
    REJECTED = "rejected"
    REDIRECTED = "redirected"
    CONFIRMED = "confirmed"
    RECONFIRM_PENDING = "reconfirm_pending"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CLOSED = "closed"


class DelegateStatus(StrEnum):
    """Where one delegate stands."""

    PROPOSED = "proposed"
    GRANTED = "granted"
    WAITLISTED = "waitlisted"
    DECLINED = "declined"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    REPLACED = "replaced"
    ATTENDED = "attended"
    NO_SHOW = "no_show"


class Delegate(State):
    """One person of a delegation, without the person. Rank 1 goes first."""

    id: UUID
    rank: Annotated[int, Field(ge=1)]
    role: AudienceRole
    status: DelegateStatus


class Offer(State):
    """Seats held for a city until it accepts or lets go."""

    seats: Annotated[int, Field(ge=1)]
    expires_at: AwareDatetime


class Request(State):
    """One city's wish to attend one event in one mode.

    In person ``delegates`` are listed; remote, ``heads`` counts people by role. ``wanted``, ``granted``,
    ``confirmed`` and ``waiting`` count seats either way.
    """

    id: UUID
    event: UUID
    host: Slug
    city: Slug
    mode: SeatMode
    status: RequestStatus
    delegates: tuple[Delegate, ...] = ()
    heads: dict[AudienceRole, int] = Field(default_factory=dict)
    wanted: Count
    granted: Count = 0
    confirmed: Count = 0
    waiting: Count = 0
    min_viable: Annotated[int, Field(ge=1)] = 1
    schedule_revision: Annotated[int, Field(ge=1)]
    """The newest schedule that the city has agreed to."""
    priority: int = 0
    """The host's; a higher one is served first."""
    submitted_at: AwareDatetime | None = None
    decided_at: AwareDatetime | None = None
    decision_no: Count = 0
    """Counts the host's decisions."""
    reason: Slug | None = None
    offer: Offer | None = None


class RequestFact(Fact):
    """Something happened to a participation request."""

    service: ClassVar[str] = "requests"
    aggregate: ClassVar[str] = "request"

    request: Request

    @property
    def key(self) -> str:
        """The request's id."""
        return str(self.request.id)

    @property
    def parties(self) -> tuple[str, str]:
        """The guest and the host."""
        return self.request.city, self.request.host


class RequestSubmitted(RequestFact):
    """A city asked to attend."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestUpdated(RequestFact):
    """A request changed in a way that moves no seat."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestApproved(RequestFact):
    """Seats were granted, by the host's decision or by promotion; some delegates may also wait."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestOffered(RequestFact):
    """Fewer seats than the city finds viable are held for it."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestWaitlisted(RequestFact):
    """The host approved, but no seat is free: promotion needs no second decision."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestRejected(RequestFact):
    """The host said no, for a reason."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestConfirmed(RequestFact):
    """The city will come with those granted."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestReleased(RequestFact):
    """The city's seats went back."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestWithdrawn(RequestFact):
    """The city took its request back."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestExpired(RequestFact):
    """Nobody decided, or nobody accepted, in time."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestClosed(RequestFact):
    """The event will not take place."""

    audience: ClassVar[Audience] = Audience.PARTY


class Ledger(State):
    """The seats of one event in one mode. No ``capacity`` = unlimited. ``granted + held ≤ capacity``."""

    event: UUID
    host: Slug
    mode: SeatMode
    capacity: Annotated[int, Field(ge=1)] | None = None
    granted: Count = 0
    held: Count = 0
    waiting: Count = 0
    closed: bool = False


class LedgerFact(Fact):
    """Something happened to the seats of an event."""

    service: ClassVar[str] = "requests"
    aggregate: ClassVar[str] = "ledger"

    ledger: Ledger

    @property
    def key(self) -> str:
        """Event and mode."""
        return f"{self.ledger.event}-{self.ledger.mode}"

    @property
    def parties(self) -> tuple[str, str]:
        """The host."""
        return self.ledger.host, NOBODY


class SeatsChanged(LedgerFact):
    """The count of seats of an event changed."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class CapacityAnswer(State):
    """The ledger's answer to one numbered request for capacity, with the seats granted at that moment."""

    event: UUID
    host: Slug
    no: Annotated[int, Field(ge=1)]
    applied: bool
    granted: dict[SeatMode, int] = Field(default_factory=dict)


class CapacityFact(Fact):
    """The ledger answered. ``aggregate_version`` equals ``answer.no``: answers come in the order of requests."""

    service: ClassVar[str] = "requests"
    aggregate: ClassVar[str] = "capacity"

    answer: CapacityAnswer

    @property
    def key(self) -> str:
        """The event's id."""
        return str(self.answer.event)

    @property
    def parties(self) -> tuple[str, str]:
        """The host."""
        return self.answer.host, NOBODY


class CapacityApplied(CapacityFact):
    """The seats asked for are in force."""

    audience: ClassVar[Audience] = Audience.INTERNAL


class CapacityRefused(CapacityFact):
    """More seats are granted or held than were asked for: nothing changed."""

    audience: ClassVar[Audience] = Audience.INTERNAL
