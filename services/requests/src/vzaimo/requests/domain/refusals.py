"""What requests refuses. Fields are facts of the case; the words are in ``wording``."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from vzaimo.contracts.calendar import EventStatus, SeatMode
from vzaimo.contracts.refusal import Refusal
from vzaimo.contracts.requests import RequestStatus


@dataclass
class UnknownEvent(Refusal):
    """No such event is announced, as far as is known here."""

    event: UUID


@dataclass
class UnknownRequest(Refusal):
    """No such request, or none that the caller may see."""

    request: UUID


@dataclass
class CityNotActive(Refusal):
    """Only an active city may do this."""

    city: str
    status: str


@dataclass
class OwnEvent(Refusal):
    """A host does not ask to attend its own event."""

    city: str


@dataclass
class EventNotOpen(Refusal):
    """The event is cancelled or over."""

    event: UUID
    status: EventStatus


@dataclass
class ModeNotOffered(Refusal):
    """The event has no such seats."""

    mode: SeatMode
    offered: tuple[SeatMode, ...]


@dataclass
class ApplicationsClosed(Refusal):
    """Requests are taken between these two moments."""

    opens: datetime
    closes: datetime


@dataclass
class RequestExists(Refusal):
    """The city has an open request for this event and mode already."""

    request: UUID


@dataclass
class RanksWithGaps(Refusal):
    """Delegates are ranked from 1 on, each rank once."""

    ranks: tuple[int, ...]


@dataclass
class NobodyNamed(Refusal):
    """In person a request names delegates, remote it counts people by role; this one has neither, or the wrong one."""

    field: str


@dataclass
class RoleNotInvited(Refusal):
    """The event is for other roles."""

    role: str
    audience: tuple[str, ...]


@dataclass
class MinimumTooHigh(Refusal):
    """Fewer people are named than the city says it needs to come at all."""

    min_viable: int
    wanted: int


@dataclass
class WrongRequestStatus(Refusal):
    """The step does not follow from where the request stands."""

    status: RequestStatus
    needed: tuple[RequestStatus, ...]


@dataclass
class ScheduleChanged(Refusal):
    """The caller has seen an older schedule of the event."""

    seen: int
    actual: int


@dataclass
class UnknownDelegate(Refusal):
    """Not a delegate of this request."""

    delegate: UUID


@dataclass
class TooMany(Refusal):
    """More people are approved than were asked for."""

    count: int
    wanted: int


@dataclass
class TooManyReplaced(Refusal):
    """So many people have been named and replaced that the request takes no more."""

    most: int


@dataclass
class OfferExpired(Refusal):
    """The seats are no longer held."""

    expires_at: datetime


@dataclass
class RosterNotFrozen(Refusal):
    """Until then the queue gives the seats, not the host."""

    freeze: datetime


@dataclass
class RosterFrozen(Refusal):
    """Since then only the host changes who comes."""

    freeze: datetime


@dataclass
class NoFreeSeats(Refusal):
    """The city can have no more seats than these: capacity or its quota is used."""

    count: int
    free: int


@dataclass
class BelowMinimum(Refusal):
    """The city said that it does not come with so few."""

    count: int
    min_viable: int


@dataclass
class CountedByHeads(Refusal):
    """Remote nobody is named: people are counted."""

    wanted: int


@dataclass
class ForeignEvent(Refusal):
    """A host redirects to another event of its own."""

    event: UUID


@dataclass
class ForeignSession(Refusal):
    """The event has no such session."""

    session: UUID


@dataclass
class SessionsOverlap(Refusal):
    """Nobody is in two sessions at a time."""

    delegate: UUID
    sessions: tuple[UUID, ...]


@dataclass
class SessionFull(Refusal):
    """More people are assigned to a session than it holds."""

    session: UUID
    capacity: int
    assigned: int


@dataclass
class AttendanceTaken(Refusal):
    """It is recorded who came: seats move no more."""

    attended: int
