"""What happens when somebody is silent: a host who does not decide, a city that does not confirm (rules 8, 9)."""

from datetime import datetime, timedelta

from vzaimo.contracts.calendar import Event, SeatMode
from vzaimo.contracts.requests import Request, RequestStatus
from vzaimo.requests.domain.states import LIVING, State, counted, each, ended, placed
from vzaimo.requests.domain.transitions import Step, check

ESCALATE_AFTER = timedelta(hours=24)
"""From the moment when the host is late; half the time to the start where that is less."""
EXPIRE_AFTER = timedelta(hours=48)
"""From the moment when the moderator may decide as well; until the start at most."""

CONFIRM_WITHIN = timedelta(hours=48)
"""From when seats were granted: as long as an offer holds."""


def confirm_until(event: Event, now: datetime) -> datetime:
    """By when seats that are granted now are confirmed: ``confirm_by``, or later, for whoever has them late.

    Reserves return at ``confirm_by``: those whom they serve have their time too, until the roster is frozen.
    """
    return max(event.deadlines.confirm_by, min(now + CONFIRM_WITHIN, event.deadlines.roster_freeze))


def confirm_later(request: Request, by: datetime) -> Request:
    """The host has put the deadline off: the city has until then."""
    check(request, Step.GIVE_TIME)
    return request.model_copy(update={"confirm_by": by})


def patience(request: Request, event: Event) -> tuple[Step, datetime] | None:
    """What an undecided request's waiting comes to next, and when.

    Each step is counted from when the one before was taken: whoever is to act has that time, although the service may
    have been away at the deadline.
    """
    if request.status is not RequestStatus.SUBMITTED:
        return None
    if request.overdue_at is None:
        step, moment = Step.OVERDUE, event.deadlines.decide_by
    elif request.escalated_at is None:
        half = (event.starts_at - request.overdue_at) / 2
        step, moment = Step.ESCALATE, request.overdue_at + min(ESCALATE_AFTER, half)
    else:
        step, moment = Step.EXPIRE, request.escalated_at + EXPIRE_AFTER
    return (step, moment) if moment < event.starts_at else (Step.EXPIRE, event.starts_at)


def chase(request: Request, event: Event, now: datetime) -> tuple[Step, Request] | None:
    """What an undecided request's waiting has come to; nothing while there is time."""
    due = patience(request, event)
    if due is None or now < due[1]:
        return None
    step, _ = due
    if step is Step.EXPIRE or now >= event.starts_at:
        return Step.EXPIRE, _expire(request)
    return step, request.model_copy(update={"overdue_at" if step is Step.OVERDUE else "escalated_at": now})


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
