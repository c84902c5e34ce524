"""What follows for the halls when an event, or a city, has become another."""

from sqlalchemy import select, update

from vzaimo.contracts.calendar import Event, EventStatus, SeatMode
from vzaimo.kit.inbound import Batch, Change
from vzaimo.kit.work import Work
from vzaimo.requests.domain.queues import season_of
from vzaimo.requests.domain.schedules import reconfirm_until
from vzaimo.requests.handlers.capacity import answer
from vzaimo.requests.handlers.deadlines import CITIES, RECONFIRM, forget_timers, place, set_timers
from vzaimo.requests.handlers.halls import OpenHall, open_hall
from vzaimo.requests.store import LEDGER, REQUEST


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
    await _change_season(work, before, event)
    shut = {mode for mode, hall in halls.items() if hall.ledger.closed}
    asked, told = event.capacity_requested, []
    if asked is not None and asked.no > max((row.capacity_no for row in rows), default=0):
        told.append(await answer(work, event, asked, halls, cause))
    for mode, hall in halls.items():
        if hall.hall.changed(before or event):
            await hall.all(REQUEST.c.open)
        if hall.hall.follow(before or event, work.now):
            await hall.serve()
        _set_timers(hall, before, is_new=mode in shut or mode not in modes)
        await hall.save()
    work.add(*told, cause=cause)


async def _change_season(work: Work, before: Event | None, event: Event) -> None:
    """An event that moves into another season takes its requests along: fairness and statistics count them there."""
    if before is None or season_of(before) == season_of(event):
        return
    of_event = REQUEST.c.event == event.id
    await work.all(select(REQUEST.c.id).where(of_event).order_by(REQUEST.c.id).with_for_update())
    await work.execute(update(REQUEST).where(of_event).values(season=season_of(event)))


def _set_timers(hall: OpenHall, before: Event | None, *, is_new: bool) -> None:
    event, mode, work = hall.event, hall.ledger.mode, hall.work
    if hall.ledger.closed:
        if event.status is not EventStatus.COMPLETED:
            forget_timers(work, event, mode)
        return
    if before is None or is_new or (before.deadlines, before.starts_at) != (event.deadlines, event.starts_at):
        set_timers(work, event, mode)
    if before is not None and event.schedule_revision > before.schedule_revision:
        work.remind(RECONFIRM, place(event.id, mode), reconfirm_until(event, work.now))
