"""A city holds one of its events once more."""

from datetime import date
from uuid import UUID

from sqlalchemy import insert

from vzaimo.calendar.domain.clone import clone
from vzaimo.calendar.handlers.access import check_active, host_status, own
from vzaimo.calendar.store import EVENT, event_columns, event_of
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor
from vzaimo.kit.ids import new_id
from vzaimo.kit.work import Done, Works


@retry_conflicts
async def again(event_id: UUID, source: UUID, first_day: date, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """Draft an event from another one, wherever that stands. Only an active city may."""
    async with works.begin(cause) as work:
        status = await host_status(work, source)
        row = await own(work, source, actor)
        check_active(row.host, status)
        state = event_of(row)
        sessions = [new_id() for _ in state.plan.sessions]
        copied = clone(state, event_id, sessions, first_day, work.now)
        await work.execute(insert(EVENT), {**event_columns(copied), "created_at": work.now, "version": 1})
        return work.done("event", event_id, 1)
