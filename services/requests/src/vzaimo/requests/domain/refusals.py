"""What requests refuses. Fields are facts of the case; the words are in ``wording``."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from vzaimo.contracts.calendar import EventStatus, SeatMode
from vzaimo.contracts.refusal import Refusal
from vzaimo.contracts.requests import DelegateStatus, NeedStatus, RequestStatus


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
class OfferExpired(Refusal):
    """The seats are no longer held."""

    expires_at: datetime


@dataclass
class UnknownNeed(Refusal):
    """No such learning need."""

    need: UUID


@dataclass
class PeriodBackwards(Refusal):
    """The period ends before it begins."""

    not_before: date
    not_after: date


@dataclass
class PeriodOver(Refusal):
    """The period is past."""

    not_after: date


@dataclass
class OwnNeed(Refusal):
    """A city does not back what it asked for itself."""

    city: str


@dataclass
class AlreadyBacked(Refusal):
    """The city backs this need already."""

    city: str


@dataclass
class NotBacking(Refusal):
    """The city does not back this need."""

    city: str


@dataclass
class NeedNotOpen(Refusal):
    """The need is answered or closed."""

    status: NeedStatus
    needed: tuple[NeedStatus, ...]


@dataclass
class UnknownSession(Refusal):
    """Not a session of this event."""

    session: UUID


@dataclass
class SessionNotBegun(Refusal):
    """Nobody can have come yet."""

    starts_at: datetime


@dataclass
class AttendanceClosed(Refusal):
    """Attendance is corrected no more."""

    until: datetime


@dataclass
class LongerThanSession(Refusal):
    """Nobody attends a session for longer than it lasts."""

    delegate: UUID
    minutes: int
    longest: int


@dataclass
class NotExpected(Refusal):
    """The request has no seats of this event in this way of attending."""

    request: UUID


@dataclass
class NobodyAttended(Refusal):
    """A city speaks of an event that its people came to."""

    city: str


@dataclass
class PracticeNotShown(Refusal):
    """The event did not show this practice."""

    practice: UUID
    shown: tuple[UUID, ...]


@dataclass
class FeedbackFixed(Refusal):
    """Feedback is changed no more."""

    until: datetime


@dataclass
class DelegateNotFound(Refusal):
    """The request names no such person."""

    delegate: UUID


@dataclass
class NotGranted(Refusal):
    """The person has no seat, so needs are not asked."""

    delegate: UUID
    status: DelegateStatus


@dataclass
class AlreadyErased(Refusal):
    """Nothing is stored of this person any more."""

    delegate: UUID
    erased_at: datetime


@dataclass
class UnknownAct(Refusal):
    """No such act of destruction, or none that the caller may see."""

    act: UUID
