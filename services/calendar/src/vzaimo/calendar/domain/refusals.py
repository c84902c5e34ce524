"""What calendar refuses. Fields are facts of the case; the words are in ``wording``."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from vzaimo.contracts.calendar import EventStatus, SeatMode
from vzaimo.contracts.refusal import Refusal


@dataclass
class UnknownEvent(Refusal):
    """No such event, or a draft that the caller may not see."""

    event: UUID


@dataclass
class UnknownPractice(Refusal):
    """A practice that is not published."""

    practice: UUID


@dataclass
class UnknownFeed(Refusal):
    """No private feed has this token (any more), or its owner has no role."""


@dataclass
class UnknownSession(Refusal):
    """The event has no such session."""

    session: UUID


@dataclass
class UnknownPlannedSession(Refusal):
    """A plan names a session that its event does not have."""

    field: str
    session: UUID


@dataclass
class NoJoinLink(Refusal):
    """There is nothing to join: no session with a link is on, or ahead."""

    event: UUID


@dataclass
class NoRemoteSeat(Refusal):
    """The city has no seat in the remote mode of the event (any more)."""

    event: UUID


@dataclass
class EventCalledOff(Refusal):
    """The event does not take place."""

    event: UUID


@dataclass
class EventOver(Refusal):
    """The event has ended."""

    event: UUID
    ended_at: datetime


@dataclass
class UnknownShareLink(Refusal):
    """No such share link, or another city's."""


@dataclass
class ShareLinkRevoked(Refusal):
    """The city took its share link back."""


@dataclass
class CityNotActive(Refusal):
    """Only an active city may do this."""

    city: str
    status: str


@dataclass
class UnknownTimezone(Refusal):
    """Not an IANA time zone."""

    timezone: str


@dataclass
class WallClockMissing(Refusal):
    """The clocks go forward there: this wall-clock time does not exist."""

    field: str
    local: datetime
    timezone: str


@dataclass
class WallClockAmbiguous(Refusal):
    """The clocks go back there: this wall-clock time comes twice, and ``fold`` must say which."""

    field: str
    local: datetime
    timezone: str


@dataclass
class EventIncomplete(Refusal):
    """What an event lacks to be announced, field by field."""

    missing: tuple[str, ...]


@dataclass
class SessionEndsTooEarly(Refusal):
    """A session ends before it begins."""

    session: int


@dataclass
class SessionsOverlap(Refusal):
    """Two sessions at one site at the same time."""

    first: int
    second: int
    site: str


@dataclass
class DeadlinesOutOfOrder(Refusal):
    """``earlier`` must not be after ``later``."""

    earlier: str
    later: str


@dataclass
class TooLate(Refusal):
    """This moment has passed."""

    field: str
    moment: datetime


@dataclass
class DeadlineBinds(Refusal):
    """Cities count on this deadline of an announced event: one that is ahead may be put off, one that passed stays."""

    field: str
    moment: datetime


@dataclass
class TooEarly(Refusal):
    """This may be done from this moment on."""

    moment: datetime


@dataclass
class SeatPlanWrong(Refusal):
    """The seats do not fit together; ``fault`` says how."""

    field: str
    fault: str


@dataclass
class MaterialChange(Refusal):
    """These fields bind whoever was admitted: a details change may not touch them."""

    fields: tuple[str, ...]


@dataclass
class NothingRescheduled(Refusal):
    """Time, zone, sites and mode stay as they are: such a change is one of details."""

    event: UUID


@dataclass
class NoRoomToReconfirm(Refusal):
    """Whoever was admitted could not decide anew: the roster freezes before that."""

    roster_freeze: datetime


@dataclass
class ModeInUse(Refusal):
    """Seats of a mode that is to be removed are granted or held."""

    mode: SeatMode
    used: int


@dataclass
class SessionInUse(Refusal):
    """More people are assigned to a session than it is to hold."""

    field: str
    session: UUID
    assigned: int


@dataclass
class UnknownCity(Refusal):
    """No such city, or its time zone is not known here yet."""

    city: str


@dataclass
class PeriodWrong(Refusal):
    """A period that ends before it begins, or is longer than can be searched."""

    field: str
    most_days: int


@dataclass
class WrongEventStatus(Refusal):
    """The step does not follow from where the event stands."""

    event: UUID
    status: EventStatus
    needed: tuple[EventStatus, ...]


@dataclass
class EventTookPlace(Refusal):
    """The event has ended: it can be neither called off nor moved."""

    event: UUID
    ended_at: datetime


@dataclass
class CapacityRequestOpen(Refusal):
    """The seat ledger has not answered the last request yet."""

    no: int
    requested_at: datetime
