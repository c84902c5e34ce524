"""Commands about events."""

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import insert, select

from vzaimo.calendar.domain import events
from vzaimo.calendar.domain.plans import Plan, Writing
from vzaimo.calendar.domain.refusals import UnknownEvent
from vzaimo.calendar.domain.rooms import check_rooms, smaller
from vzaimo.calendar.handlers.access import check_active, check_practices, host_status, may_write, own
from vzaimo.calendar.handlers.keep import keep
from vzaimo.calendar.projections import GRANT
from vzaimo.calendar.store import EVENT, event_columns, event_of, locked
from vzaimo.contracts.calendar import EventAnnounced, EventCancelled, EventCompleted, EventDetailsChanged, EventStatus
from vzaimo.kit import lemmas
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, NotAllowed, check_version
from vzaimo.kit.timers import Due
from vzaimo.kit.work import Done, Work, Works

COMPLETE = "complete-event"


@retry_conflicts
async def draft(event_id: UUID, host: str, plan: Plan, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """A city begins to plan an event."""
    if not may_write(actor, host):
        raise NotAllowed
    async with works.begin(cause) as work:
        state = events.draft(event_id, host, plan)
        await work.execute(insert(EVENT), {**event_columns(state), "created_at": work.now, "version": 1})
        return work.done("event", event_id, 1)


@retry_conflicts
async def revise(
    event_id: UUID, written: Writing, version: int | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """The host changes its draft; of an announced event the details, or puts deadlines off."""
    await lemmas.ready()
    async with works.begin(cause) as work:
        row = await own(work, event_id, actor)
        check_version(row.version, version)
        before = event_of(row)
        state = events.revise(before, written(before.plan.sessions), work.now)
        if state.event is not None:
            await check_practices(work, state.plan)
            await _check_rooms(work, event_id, smaller(before.plan, state.plan))
        return await keep(work, row, state, EventDetailsChanged if state.event else None)


@retry_conflicts
async def announce(event_id: UUID, version: int | None, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The host makes its draft public. Only an active city may."""
    await lemmas.ready()
    async with works.begin(cause) as work:
        status = await host_status(work, event_id)
        row = await own(work, event_id, actor)
        check_version(row.version, version)
        check_active(row.host, status)
        await check_practices(work, event_of(row).plan)
        state = events.announce(event_of(row), work.now)
        work.remind(COMPLETE, event_id, state.announced.ends_at + events.COMPLETES_AFTER)
        return await keep(work, row, state, EventAnnounced)


@retry_conflicts
async def cancel(event_id: UUID, reason: str, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The host, or the moderator, calls it off."""
    async with works.begin(cause) as work:
        row = await work.first(locked(event_id))
        if row is None or (row.event is None and not may_write(actor, row.host)):
            raise UnknownEvent(event_id)
        if not (actor.moderates or may_write(actor, row.host)):
            raise NotAllowed
        work.forget(COMPLETE, event_id)
        return await keep(work, row, events.cancel(event_of(row), reason, work.now), EventCancelled)


@retry_conflicts
async def complete(event_id: UUID, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The host says that it took place."""
    async with works.begin(cause) as work:
        row = await own(work, event_id, actor)
        work.forget(COMPLETE, event_id)
        return await keep(work, row, events.complete(event_of(row), work.now), EventCompleted)


async def complete_by_itself(work: Work, due: Due) -> None:
    """Fourteen days after its end an announced event has taken place."""
    row = await work.first(locked(UUID(due.aggregate_id)))
    if row is not None and row.status == EventStatus.ANNOUNCED:
        await keep(work, row, events.complete(event_of(row), work.now), EventCompleted)


async def _check_rooms(work: Work, event_id: UUID, rooms: Mapping[UUID, tuple[int, int]]) -> None:
    if not rooms:
        return
    rows = await work.all(select(GRANT.c.assigned).where(GRANT.c.event == event_id, GRANT.c.assigned.is_not(None)))
    assigned: Counter[UUID] = Counter()
    for row in rows:
        assigned.update({UUID(session): people for session, people in row.assigned.items()})
    check_rooms(rooms, assigned)
