"""Facts of calendar: what is announced, where and when, and for how many."""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from vzaimo.contracts.event import NOBODY, Audience, Fact, Slug, State


class Mode(StrEnum):
    """How people take part in an event."""

    IN_PERSON = "in_person"
    REMOTE = "remote"
    HYBRID = "hybrid"

    @property
    def seat_modes(self) -> "tuple[SeatMode, ...]":
        """The kinds of seats that such an event has."""
        if self is Mode.HYBRID:
            return SeatMode.IN_PERSON, SeatMode.REMOTE
        return (SeatMode(self.value),)


class SeatMode(StrEnum):
    """A kind of seat; each has its own ledger."""

    IN_PERSON = "in_person"
    REMOTE = "remote"


class AudienceRole(StrEnum):
    """Whom an event or a practice is for."""

    AUTHORITY = "authority"
    DIRECTOR = "director"
    DEPUTY = "deputy"
    TEACHER = "teacher"
    METHODOLOGIST = "methodologist"


class EventStatus(StrEnum):
    """Where an event stands. Drafts are on no bus; ``completed`` and ``cancelled`` are final."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Admission(StrEnum):
    """Who admits: the host decides, or whoever fits is admitted at once."""

    HOST = "host"
    AUTOMATIC = "automatic"


class QueuePolicy(StrEnum):
    """What happens when the head of the queue cannot be served: it waits, or the next is served."""

    STRICT = "strict"
    FILL = "fill"


class QueueOrder(StrEnum):
    """Who stands first: whoever submitted first, or the city with the fewest seats confirmed this season."""

    SUBMITTED = "submitted"
    FAIR = "fair"


class Site(State):
    """Where a session takes place: an organisation of registry, or an address alone."""

    organisation: UUID | None = None
    name: str
    address: str | None = None


class Session(State):
    """A part of an event. ``joinable`` says that there is a join link; the link itself is in no fact."""

    id: UUID
    title: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    site: Site | None = None
    joinable: bool = False
    capacity: Annotated[int, Field(ge=1)] | None = None


class Deadlines(State):
    """``apply_opens < apply_closes ≤ decide_by ≤ confirm_by ≤ roster_freeze ≤ start``."""

    apply_opens: AwareDatetime
    apply_closes: AwareDatetime
    decide_by: AwareDatetime
    confirm_by: AwareDatetime
    roster_freeze: AwareDatetime


class SeatPlan(State):
    """Seats of one mode. No ``capacity`` = unlimited; ``reserves`` are kept for cities until ``confirm_by``."""

    mode: SeatMode
    capacity: Annotated[int, Field(ge=1)] | None = None
    quota: Annotated[int, Field(ge=1)] | None = None
    reserves: dict[Slug, int] = Field(default_factory=dict)


class CapacityRequest(State):
    """What the host asked of the seat ledger; open until the ledger answers with ``no``."""

    no: Annotated[int, Field(ge=1)]
    seats: tuple[SeatPlan, ...]
    requested_at: AwareDatetime


class Event(State):
    """An event. ``starts_at`` of the first session, ``ends_at`` of the last; ``timezone`` is an IANA name."""

    id: UUID
    host: Slug
    title: str
    mode: Mode
    audience: tuple[AudienceRole, ...]
    topics: tuple[Slug, ...] = ()
    practices: tuple[UUID, ...] = ()
    need: UUID | None = None
    academic_hours: Annotated[int, Field(ge=1)] | None = None
    timezone: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    sessions: tuple[Session, ...]
    deadlines: Deadlines
    admission: Admission
    queue_policy: QueuePolicy
    queue_order: QueueOrder
    status: EventStatus
    schedule_revision: Annotated[int, Field(ge=1)] = 1
    reconfirm_by: AwareDatetime | None = None
    seats: tuple[SeatPlan, ...] = ()
    """What the ledger last agreed to; empty until it answered the announcement."""
    capacity_requested: CapacityRequest | None = None
    capacity_no: Annotated[int, Field(ge=0)] = 0
    """The last request for capacity that the ledger answered."""
    capacity_applied: bool | None = None
    """Whether it was applied (or refused)."""
    announced_at: AwareDatetime | None = None
    cancelled_for: Slug | None = None
    cancelled_at: AwareDatetime | None = None
    completed_at: AwareDatetime | None = None
    cloned_from: UUID | None = None

    @property
    def sequence(self) -> int:
        """The SEQUENCE of iCalendar (RFC 5545, 3.8.7.4): one more with each material change and with a cancellation."""
        return self.schedule_revision - 1 + (self.status is EventStatus.CANCELLED)


class EventFact(Fact):
    """Something happened to an event."""

    service: ClassVar[str] = "calendar"
    aggregate: ClassVar[str] = "event"

    event: Event

    @property
    def key(self) -> str:
        """The event's id."""
        return str(self.event.id)

    @property
    def parties(self) -> tuple[str, str]:
        """The host."""
        return self.event.host, NOBODY


class EventAnnounced(EventFact):
    """A city announced an event; request no. 1 for its capacity is open."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class EventDetailsChanged(EventFact):
    """Something changed that binds nobody to decide again."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class EventRescheduled(EventFact):
    """Time, zone, site or mode changed: ``schedule_revision`` rose, and guests decide again until ``reconfirm_by``."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class EventCancelled(EventFact):
    """An event will not take place."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class EventCompleted(EventFact):
    """An event took place."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class CapacityRequested(EventFact):
    """The host asks for other seats than those agreed."""

    audience: ClassVar[Audience] = Audience.INTERNAL


class CapacitySettled(EventFact):
    """The ledger answered a request for capacity; ``seats`` are what is agreed now."""

    audience: ClassVar[Audience] = Audience.PUBLIC
