"""What happens when somebody is silent: a host who does not decide, a city that does not confirm (rules 8, 9)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from vzaimo.contracts.calendar import Event, SeatMode
from vzaimo.contracts.requests import Request, RequestStatus
from vzaimo.requests.domain.states import LIVING, State, counted, each, ended, placed
from vzaimo.requests.domain.transitions import Step, check

ESCALATE_AFTER = timedelta(hours=24)
EXPIRE_AFTER = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long undecided requests of an event wait for the host, then for the moderator."""

    overdue: datetime
    escalated: datetime
    expired: datetime

    @classmethod
    def of(cls, event: Event) -> "Patience":
        """By its deadlines and its start."""
        by = event.deadlines.decide_by
        half = (event.starts_at - by) / 2
        return cls(by, by + min(ESCALATE_AFTER, half), min(by + EXPIRE_AFTER, event.starts_at))

    def next(self, moment: datetime) -> datetime | None:
        """The first of these moments after another."""
        return next((one for one in (self.overdue, self.escalated, self.expired) if one > moment), None)


def chase(request: Request, event: Event, now: datetime) -> tuple[Step, Request] | None:
    """What an undecided request's waiting has come to; nothing while there is time, or when that is known already."""
    if request.status is not RequestStatus.SUBMITTED:
        return None
    patience = Patience.of(event)
    if now >= patience.expired:
        return Step.EXPIRE, _expire(request)
    if now >= patience.escalated and request.escalated_at is None:
        overdue = request.overdue_at or now
        return Step.ESCALATE, request.model_copy(update={"overdue_at": overdue, "escalated_at": now})
    if now >= patience.overdue and request.overdue_at is None:
        return Step.OVERDUE, request.model_copy(update={"overdue_at": now})
    return None


def lapse(request: Request) -> Request:
    """Silence gives seats back: all of them, or those beyond what was confirmed. The claim to more ends with it.

    Otherwise the city's own waiting delegates would get the seats that its silence freed.
    """
    check(request, Step.LAPSE)
    if request.status is RequestStatus.RECONFIRM_PENDING or not request.confirmed:
        return ended(request, RequestStatus.RELEASED, State.RELEASED)
    kept = each(
        request,
        lambda one: State.RELEASED if one.status in LIVING - {State.CONFIRMED} else one.status,
    )
    if request.mode is SeatMode.REMOTE:
        kept = kept.model_copy(update={"granted": request.confirmed, "waiting": 0})
    return placed(counted(kept))


def _expire(request: Request) -> Request:
    check(request, Step.EXPIRE)
    return ended(request, RequestStatus.EXPIRED, State.DECLINED)
