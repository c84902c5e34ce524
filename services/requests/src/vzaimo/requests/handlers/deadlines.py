"""What is due in a hall: decisions that are missing, seats that nobody confirmed, offers that nobody took.

One timer a hall and kind, named ``event/mode``; where a hall has more requests than one transaction should take on, the
timer is set again as ``event/mode/request`` and goes on after that request. Each looks at the state, so one too many
does nothing. Deadlines of cities that passed while the service was away are put off (``Due.put_off_to``).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from vzaimo.contracts.calendar import Event, SeatMode
from vzaimo.contracts.requests import RequestStatus
from vzaimo.kit.timers import Due
from vzaimo.kit.work import Work
from vzaimo.requests.domain import requests, schedules
from vzaimo.requests.domain.deadlines import ESCALATE_AFTER
from vzaimo.requests.domain.transitions import Step
from vzaimo.requests.handlers.halls import GRANT, OpenHall, hall_of, open_hall
from vzaimo.requests.projections import CITY
from vzaimo.requests.store import REQUEST

DECISIONS = "decisions-due"
CONFIRM = "confirm-by"
RECONFIRM = "reconfirm-by"
CITIES = "cities-changed"
"""Set for now, when a city that has open requests in the hall was suspended, came back, or left."""
OF_HALL = (DECISIONS, CONFIRM, RECONFIRM)


def set_timers(work: Work, event: Event, mode: SeatMode) -> None:
    """A hall's deadlines are these now."""
    work.remind(DECISIONS, place(event.id, mode), event.deadlines.decide_by)
    work.remind(CONFIRM, place(event.id, mode), event.deadlines.confirm_by)


def forget_timers(work: Work, event: Event, mode: SeatMode) -> None:
    """Nothing is due in this hall any more."""
    for kind in OF_HALL:
        work.forget(kind, place(event.id, mode))


def place(event: UUID, mode: str) -> str:
    """How timers name a hall."""
    return f"{event}/{mode}"


async def chase(work: Work, due: Due) -> None:
    """The host has not decided: it is reminded, then the moderator may decide, then it is too late (rule 8)."""
    hall, after = await _opened(work, due)
    later = _put_off(hall.event, due, work)
    if later is not None and after is None:
        work.remind(DECISIONS, place(hall.event.id, hall.ledger.mode), later)
        return
    last = await hall.page([RequestStatus.SUBMITTED], after)
    following = hall.hall.chase(work.now)
    if following is None and after is None:
        following = _once_more(hall.event, work.now)
    if following is not None:
        # The last page's word counts: its requests are due last, by the moments that lie between the pages.
        work.remind(DECISIONS, place(hall.event.id, hall.ledger.mode), following)
    _go_on(hall, due, last)
    await hall.save()


async def lapse_unconfirmed(work: Work, due: Due) -> None:
    """At ``confirm_by`` seats that nobody confirmed, and reserves, go to whoever waits (rules 3, 9)."""
    hall, after = await _opened(work, due)
    later = _put_off(hall.event, due, work)
    if later is not None and after is None:
        work.remind(CONFIRM, place(hall.event.id, hall.ledger.mode), later)
        await _page_done(hall, due, None)
        return
    last = await hall.page([RequestStatus.APPROVED], after)
    # Not those with a later moment of their own, which may have been put off, however late this timer is.
    hall.hall.lapse_unconfirmed(min(work.now, hall.event.deadlines.confirm_by))
    await _page_done(hall, due, last)


async def lapse_granted(work: Work, due: Due) -> None:
    """The same for seats that were granted late, which have a time of their own; one too many finds nothing due."""
    hall = await hall_of(work, UUID(due.aggregate_id))
    request = await hall.request(UUID(due.aggregate_id))
    if request.confirm_by is None or request.confirm_by > work.now:
        return
    later = _put_off(hall.event, due, work)
    if later is not None:
        work.remind(GRANT, request.id, later)
        return
    hall.hall.lapse_unconfirmed(work.now)
    await hall.serve()
    await hall.save()


async def lapse_unanswered(work: Work, due: Due) -> None:
    """Whoever does not say that it comes to the new schedule gives its seats to the queue (rule 10)."""
    hall, after = await _opened(work, due)
    last = await hall.page([RequestStatus.RECONFIRM_PENDING], after)
    later = _put_off(hall.event, due, work)
    if later is not None:
        hall.hall.ask_longer(later)
        work.remind(RECONFIRM, place(hall.event.id, hall.ledger.mode), later)
        _go_on(hall, due, last)
        await hall.save()
        return
    hall.hall.lapse_unanswered(work.now)
    await _page_done(hall, due, last)


async def expire_offer(work: Work, due: Due) -> None:
    """An offer that nobody took in time ends the claim; its seats go on."""
    request_id = UUID(due.aggregate_id)
    hall = await hall_of(work, request_id)
    request = await hall.request(request_id)
    if request.status is not RequestStatus.OFFERED or request.offer is None or request.offer.expires_at > work.now:
        return
    later = _put_off(hall.event, due, work)
    if later is not None:
        await hall.take(schedules.prolong_offer(request, later), Step.PROLONG_OFFER)
    else:
        await hall.take(requests.let_go(request, expired=True), Step.EXPIRE_OFFER)
    await hall.save()


async def follow_cities(work: Work, due: Due) -> None:
    """Requests of cities that left are withdrawn; whoever may be served again, or now, is."""
    hall, _ = await _opened(work, due)
    if hall.ledger.closed:
        return  # who took part in what is over, took part
    left = select(CITY.c.id).where(CITY.c.status == "withdrawn")
    found = await hall.all(REQUEST.c.open & REQUEST.c.city.in_(left))
    hall.hall.expel({one.city for one in found})
    await hall.serve()
    await hall.save()


async def _opened(work: Work, due: Due) -> tuple[OpenHall, UUID | None]:
    event, mode, *after = due.aggregate_id.split("/")
    return await open_hall(work, UUID(event), SeatMode(mode)), UUID(after[0]) if after else None


def _once_more(event: Event, now: datetime) -> datetime | None:
    """A request may still be on its way when nobody waits: its replica's clock, or its transaction, is behind."""
    again = min(event.deadlines.decide_by + ESCALATE_AFTER, event.starts_at)
    return again if now < again else None


def _put_off(event: Event, due: Due, work: Work) -> datetime | None:
    later = min(due.put_off_to, event.starts_at) if due.put_off_to is not None else work.now
    return later if later > work.now else None


def _go_on(hall: OpenHall, due: Due, last: UUID | None) -> None:
    if last is not None:
        hall.work.remind(due.kind, f"{place(hall.event.id, hall.ledger.mode)}/{last}", due.due_at)


async def _page_done(hall: OpenHall, due: Due, last: UUID | None) -> None:
    """Save a page. Those who wait are served after the last one, by all that came free."""
    _go_on(hall, due, last)
    if last is None:
        await hall.serve()
    await hall.save()
