"""Commands about events."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from vzaimo.calendar.domain import events
from vzaimo.calendar.domain.events import EventState
from vzaimo.calendar.domain.plans import Plan
from vzaimo.calendar.domain.refusals import CityNotActive, UnknownEvent, UnknownPractice
from vzaimo.calendar.projections import CITY, PRACTICE
from vzaimo.calendar.store import EVENT, EVENT_TOPIC, event_columns, event_of, feed_columns, locked
from vzaimo.contracts.calendar import (
    CapacityRequested,
    EventAnnounced,
    EventCancelled,
    EventCompleted,
    EventDetailsChanged,
    EventFact,
    EventStatus,
    SeatPlan,
)
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, NotAllowed, check_version
from vzaimo.kit.timers import Due
from vzaimo.kit.work import Done, Work, Works

COMPLETE = "complete-event"


def may_write(actor: Actor, host: str) -> bool:
    """Who plans and announces a city's events."""
    return actor.coordinates(host) or actor.serves(host, "events")


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
async def revise(event_id: UUID, plan: Plan, version: int | None, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The host changes its draft, or the details of an announced event."""
    async with works.begin(cause) as work:
        row = await _own(work, event_id, actor)
        check_version(row.version, version)
        state = events.revise(event_of(row), plan)
        if state.event is not None:
            await _check_practices(work, plan)
        return await keep(work, row, state, EventDetailsChanged if state.event else None)


@retry_conflicts
async def announce(event_id: UUID, version: int | None, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The host makes its draft public. Only an active city may."""
    async with works.begin(cause) as work:
        row = await _own(work, event_id, actor)
        check_version(row.version, version)
        await _check_active(work, row.host)
        await _check_practices(work, event_of(row).plan)
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
        return await keep(work, row, events.cancel(event_of(row), reason), EventCancelled)


@retry_conflicts
async def complete(event_id: UUID, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The host says that it took place."""
    async with works.begin(cause) as work:
        row = await _own(work, event_id, actor)
        work.forget(COMPLETE, event_id)
        return await keep(work, row, events.complete(event_of(row), work.now), EventCompleted)


async def complete_by_itself(work: Work, due: Due) -> None:
    """Fourteen days after its end an announced event has taken place."""
    row = await work.first(locked(UUID(due.aggregate_id)))
    if row is not None and row.status == EventStatus.ANNOUNCED:
        await keep(work, row, events.complete(event_of(row), work.now), EventCompleted)


@retry_conflicts
async def request_capacity(
    event_id: UUID, seats: tuple[SeatPlan, ...], version: int | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """The host asks the ledger for other seats. Only an active city may have more."""
    async with works.begin(cause) as work:
        row = await _own(work, event_id, actor)
        check_version(row.version, version)
        state = event_of(row)
        if events.raises_capacity(state.announced, seats):
            await _check_active(work, row.host)
        return await keep(work, row, events.request_capacity(state, seats, work.now), CapacityRequested)


async def keep(
    work: Work, row: Any, state: EventState, fact: type[EventFact] | None, cause: Cause | None = None
) -> Done:
    """Write an event's new state and say so."""
    version = row.version + 1
    columns = {**event_columns(state), **feed_columns(state.event, work.now), "version": version}
    await work.execute(update(EVENT).where(EVENT.c.id == row.id).values(columns))
    if fact is not None and state.event is not None:
        await keep_topics(work, row.id, state.event.topics)
        work.add(fact(aggregate_version=version, event=state.event), cause=cause)
    return work.done("event", row.id, version)


async def keep_topics(work: Work, event_id: UUID, topics: tuple[str, ...]) -> None:
    """Note what an event is about, for the list by topic."""
    await work.execute(delete(EVENT_TOPIC).where(EVENT_TOPIC.c.event == event_id))
    rows = [{"topic": topic, "event": event_id} for topic in sorted(set(topics))]
    if rows:
        await work.execute(insert(EVENT_TOPIC), rows)


async def _own(work: Work, event_id: UUID, actor: Actor) -> Any:
    row = await work.first(locked(event_id))
    if row is None or (row.event is None and not (actor.views(row.host) or may_write(actor, row.host))):
        raise UnknownEvent(event_id)
    if not may_write(actor, row.host):
        raise NotAllowed
    return row


async def _check_active(work: Work, city: str) -> None:
    status = await work.scalar(select(CITY.c.status).where(CITY.c.id == city).with_for_update(read=True))
    if status != "active":
        raise CityNotActive(city, status or "unknown")


async def _check_practices(work: Work, plan: Plan) -> None:
    wanted = set(plan.practices)
    if not wanted:
        return
    rows = await work.all(
        select(PRACTICE.c.id)
        .where(PRACTICE.c.id.in_(wanted), PRACTICE.c.status == "published")
        .order_by(PRACTICE.c.id)
        .with_for_update(read=True)
    )
    for practice in sorted(wanted - {row.id for row in rows}):
        raise UnknownPractice(practice)
