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
    """Of registry, if it is one."""
    name: str
    """In Russian."""
    address: str | None = None
    """In Russian, as on a letter."""


class Session(State):
    """A part of an event. ``joinable`` says that there is a join link; the link itself is in no fact."""

    id: UUID
    """Never changes."""
    title: str
    """In Russian."""
    starts_at: AwareDatetime
    """An instant; the event's ``timezone`` makes it the venue's time."""
    ends_at: AwareDatetime
    """An instant."""
    site: Site | None = None
    """Where it takes place; none: remote, or not said yet."""
    joinable: bool = False
    """Whether there is a link to join it, at ``/v1/events/{id}/join``."""
    capacity: Annotated[int, Field(ge=1)] | None = None
    """The most people in this session; none: as many as the event has."""


class Deadlines(State):
    """``apply_opens < apply_closes ≤ decide_by ≤ confirm_by ≤ roster_freeze ≤ start``."""

    apply_opens: AwareDatetime
    """From then on cities may ask."""
    apply_closes: AwareDatetime
    """Until then cities may ask."""
    decide_by: AwareDatetime
    """Until then the host decides."""
    confirm_by: AwareDatetime
    """Until then cities confirm; what is not confirmed goes to the queue."""
    roster_freeze: AwareDatetime
    """From then on the host alone changes who comes."""


class SeatPlan(State):
    """Seats of one mode. No ``capacity`` = unlimited; ``reserves`` are kept for cities until ``confirm_by``."""

    mode: SeatMode
    """The kind of seats."""
    capacity: Annotated[int, Field(ge=1)] | None = None
    """How many in all; none: unlimited."""
    quota: Annotated[int, Field(ge=1)] | None = None
    """The most for one city; none: no limit."""
    reserves: dict[Slug, int] = Field(default_factory=dict)
    """Seats kept for cities, by slug."""


class CapacityRequest(State):
    """What the host asked of the seat ledger; open until the ledger answers with ``no``."""

    no: Annotated[int, Field(ge=1)]
    """Rises by one with each request; the answer names it."""
    seats: tuple[SeatPlan, ...]
    """What is asked for."""
    requested_at: AwareDatetime
    """When it was asked."""


class Event(State):
    """An event. ``starts_at`` of the first session, ``ends_at`` of the last; ``timezone`` is an IANA name."""

    id: UUID
    """Never changes."""
    host: Slug
    """The city that invites."""
    title: str
    """In Russian."""
    mode: Mode
    """How people take part."""
    audience: tuple[AudienceRole, ...]
    """Whom it is for."""
    topics: tuple[Slug, ...] = ()
    """Their slugs."""
    practices: tuple[UUID, ...] = ()
    """What is shown, by id."""
    need: UUID | None = None
    """The learning need that it answers."""
    academic_hours: Annotated[int, Field(ge=1)] | None = None
    """Of 45 minutes."""
    timezone: str
    """The venue's, an IANA name."""
    starts_at: AwareDatetime
    """Of the first session."""
    ends_at: AwareDatetime
    """Of the last session."""
    sessions: tuple[Session, ...]
    """In the order of their beginning."""
    deadlines: Deadlines
    """Until when what is decided."""
    admission: Admission
    """Who admits."""
    queue_policy: QueuePolicy
    """What happens when the head of the queue cannot be served."""
    queue_order: QueueOrder
    """Who stands first in the queue."""
    status: EventStatus
    """Where the event stands."""
    schedule_revision: Annotated[int, Field(ge=1)] = 1
    """Rises when time, zone, site or mode change: whoever had agreed agrees anew."""
    reconfirm_by: AwareDatetime | None = None
    """Until then guests say whether they come to the new schedule."""
    seats: tuple[SeatPlan, ...] = ()
    """What the ledger last agreed to; empty until it answered the announcement."""
    capacity_requested: CapacityRequest | None = None
    """What the host asks of the seat ledger and has no answer to yet."""
    capacity_no: Annotated[int, Field(ge=0)] = 0
    """The last request for capacity that the ledger answered."""
    capacity_applied: bool | None = None
    """Whether it was applied (or refused)."""
    announced_at: AwareDatetime | None = None
    """When it was announced."""
    cancelled_for: Slug | None = None
    """The reason's code."""
    cancelled_at: AwareDatetime | None = None
    """When it was called off."""
    completed_at: AwareDatetime | None = None
    """When it was said to have taken place."""
    cloned_from: UUID | None = None
    """The event that it repeats."""

    @property
    def sequence(self) -> int:
        """The SEQUENCE of iCalendar (RFC 5545, 3.8.7.4): one more with each material change and with a cancellation."""
        return self.schedule_revision - 1 + (self.status is EventStatus.CANCELLED)


class EventFact(Fact):
    """Something happened to an event."""

    service: ClassVar[str] = "calendar"
    aggregate: ClassVar[str] = "event"

    event: Event
    """The event after the change."""

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
