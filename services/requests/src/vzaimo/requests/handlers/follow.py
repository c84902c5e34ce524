"""What follows for the halls when an event, or a city, has become another."""

from sqlalchemy import select

from vzaimo.contracts.calendar import Event, EventStatus, SeatMode
from vzaimo.kit.inbound import Batch, Change
from vzaimo.kit.work import Work
from vzaimo.requests.domain.schedules import reconfirm_until
from vzaimo.requests.handlers.capacity import answer
from vzaimo.requests.handlers.deadlines import CITIES, RECONFIRM, forget_timers, place, set_timers
from vzaimo.requests.handlers.halls import OpenHall, open_hall
from vzaimo.requests.store import LEDGER, REQUEST

MODE_REMOVED = "mode-removed"


async def follow_events(work: Work, batch: Batch) -> None:
    """Events changed: compare each with what was known, and act on the difference."""
    for change in batch.changes:
        await _follow(work, change)


async def follow_cities(work: Work, batch: Batch) -> None:
    """Cities changed: the halls where they have open requests look at them, each in a transaction of its own."""
    changed = [
        one.after["id"] for one in batch.changes if one.before is not None and one.before.status != one.after["status"]
    ]
    if not changed:
        return
    rows = await work.all(
        select(REQUEST.c.event, REQUEST.c.mode).where(REQUEST.c.city.in_(changed), REQUEST.c.open).distinct()
    )
    for row in rows:
        work.remind(CITIES, place(row.event, row.mode), work.now)


async def _follow(work: Work, change: Change) -> None:
    event: Event = change.fact.event
    before = Event.model_validate(change.before.event) if change.before is not None else None
    cause = change.arrival.cause
    rows = await work.all(select(LEDGER.c.mode, LEDGER.c.capacity_no).where(LEDGER.c.event == event.id))
    modes = sorted(SeatMode(row.mode) for row in rows)
    halls = {mode: await open_hall(work, event.id, mode, cause) for mode in modes}
    shut = {mode for mode, hall in halls.items() if hall.ledger.closed}
    asked, told = event.capacity_requested, []
    if asked is not None and asked.no > max((row.capacity_no for row in rows), default=0):
        told.append(await answer(work, event, asked, halls, cause))
    for mode, hall in halls.items():
        if event.status is not EventStatus.ANNOUNCED:
            called_off = event.status is EventStatus.CANCELLED
            await _close(hall, (event.cancelled_for or "event-cancelled") if called_off else None)
        elif mode not in event.mode.seat_modes:
            await _close(hall, MODE_REMOVED)
        else:
            await _keep_up(hall, event, before, is_new=mode in shut or mode not in modes)
        await hall.save()
    work.add(*told, cause=cause)


async def _close(hall: OpenHall, reason: str | None) -> None:
    if hall.ledger.closed:
        return
    if reason is not None:
        await hall.all(REQUEST.c.open)
    hall.hall.close(reason)
    forget_timers(hall.work, hall.event, hall.ledger.mode)


async def _keep_up(hall: OpenHall, event: Event, before: Event | None, *, is_new: bool) -> None:
    if before is None or is_new or _moved(before, event):
        set_timers(hall.work, event, hall.ledger.mode)
    if before is None:
        return
    if event.schedule_revision > before.schedule_revision:
        await hall.all(REQUEST.c.open)
        hall.hall.reschedule(hall.work.now)
        by = reconfirm_until(event, hall.work.now)
        hall.work.remind(RECONFIRM, place(event.id, hall.ledger.mode), by)
    if before.deadlines.roster_freeze <= hall.work.now < event.deadlines.roster_freeze:
        # What came free while the roster was frozen goes on now.
        await hall.serve()


def _moved(before: Event, event: Event) -> bool:
    return (before.deadlines, before.starts_at) != (event.deadlines, event.starts_at)
