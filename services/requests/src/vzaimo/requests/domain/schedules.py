"""A new schedule: whoever has seats says again whether it comes (rule 10)."""

from datetime import datetime, timedelta

from vzaimo.contracts.calendar import Event
from vzaimo.contracts.requests import Request
from vzaimo.requests.domain.requests import check_open, check_schedule
from vzaimo.requests.domain.states import SEATED, State, each, placed
from vzaimo.requests.domain.transitions import Step, check

USUAL_TIME = timedelta(hours=72)
LEAST_TIME = timedelta(hours=24)
"""For cities to answer when the news of a new schedule came here after its own deadline."""


def reconfirm_until(event: Event, now: datetime) -> datetime:
    """By when cities answer the newest schedule: in the future, and before the event begins."""
    usual = min(now + USUAL_TIME, event.deadlines.roster_freeze)
    by = event.reconfirm_by or usual
    return by if by > now else max(min(now + LEAST_TIME, event.starts_at), now)


def ask_again(request: Request, by: datetime) -> Request:
    """The city says by then whether it still comes; who sits in which session is open again."""
    check(request, Step.ASK_AGAIN)
    return placed(_unassigned(request).model_copy(update={"reconfirm_by": by}))


def offer_again(request: Request, by: datetime) -> Request:
    """The offer of the older schedule is void; its seats are offered for the new one, until then."""
    check(request, Step.OFFER_AGAIN)
    return _offered_until(request, by)


def prolong_offer(request: Request, by: datetime) -> Request:
    """The service was away while the offer ran out: it holds until then."""
    check(request, Step.PROLONG_OFFER)
    return _offered_until(request, by)


def give_time(request: Request) -> Request:
    """The host decides by a new deadline: what was overdue no longer is."""
    check(request, Step.GIVE_TIME)
    return request.model_copy(update={"overdue_at": None, "escalated_at": None})


def reconfirm(request: Request, event: Event, seen: int) -> Request:
    """The city comes to the new schedule with all its seats."""
    check(request, Step.RECONFIRM)
    check_open(event)
    check_schedule(event, seen)
    kept = each(request, lambda one: State.CONFIRMED if one.status in SEATED else one.status)
    update = {"confirmed": request.granted, "reconfirm_by": None, "schedule_revision": seen}
    return placed(kept.model_copy(update=update))


def _offered_until(request: Request, by: datetime) -> Request:
    if request.offer is None:
        raise AssertionError("an offered request has an offer")
    return request.model_copy(update={"offer": request.offer.model_copy(update={"expires_at": by})})


def _unassigned(request: Request) -> Request:
    if all(one.sessions is None for one in request.delegates):
        return request
    delegates = tuple(one.model_copy(update={"sessions": None}) for one in request.delegates)
    return request.model_copy(update={"delegates": delegates})
