"""The host moves an announced event."""

from uuid import UUID

from sqlalchemy import select

from vzaimo.calendar.domain import events
from vzaimo.calendar.domain.reschedule import Scheduling, adds_mode, reschedule
from vzaimo.calendar.handlers.access import check_active, host_status, own
from vzaimo.calendar.handlers.events import COMPLETE
from vzaimo.calendar.handlers.keep import keep
from vzaimo.calendar.projections import SEATS
from vzaimo.calendar.store import event_of
from vzaimo.contracts.calendar import EventRescheduled, SeatMode
from vzaimo.kit import lemmas
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, check_version
from vzaimo.kit.work import Done, Works


@retry_conflicts
async def move(
    event_id: UUID, written: Scheduling, version: int | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """Change time, zone, site or mode. A suspended city may, too, unless that adds a mode: that would be more seats."""
    await lemmas.ready()
    async with works.begin(cause) as work:
        status = await host_status(work, event_id)
        row = await own(work, event_id, actor)
        check_version(row.version, version)
        state = event_of(row)
        schedule = written(state.plan.sessions)
        if adds_mode(state.announced, schedule):
            check_active(row.host, status)
        seats = await work.all(
            select(SEATS).where(SEATS.c.event == event_id).order_by(SEATS.c.mode).with_for_update(read=True)
        )
        used = {SeatMode(one.mode): one.granted + one.held for one in seats}
        moved = reschedule(state, schedule, used, work.now)
        work.remind(COMPLETE, event_id, moved.announced.ends_at + events.COMPLETES_AFTER)
        return await keep(work, row, moved, EventRescheduled)
