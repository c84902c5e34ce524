"""An event's new state written, with everything that it is found by, and said."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from vzaimo.calendar.domain.events import ANSWERED_WITHIN, EventState
from vzaimo.calendar.handlers.mark import mark_feeds
from vzaimo.calendar.projections import CITY
from vzaimo.calendar.store import EVENT, EVENT_FACET, EVENT_TEXT, event_columns, event_of, facets_of, feed_columns
from vzaimo.contracts.calendar import Event, EventFact
from vzaimo.kit import lemmas
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import insert as upsert
from vzaimo.kit.work import Done, Work

OVERDUE = "capacity-overdue"


async def keep(
    work: Work, row: Any, state: EventState, fact: type[EventFact] | None, cause: Cause | None = None
) -> Done:
    """Write an event's new state and say so."""
    before, version = event_of(row), row.version + 1
    columns = {**event_columns(state), **feed_columns(state.event, work.now), "version": version}
    if state.awaited != before.awaited:
        columns["capacity_overdue"] = False
        if state.awaited is None:
            work.forget(OVERDUE, row.id)
        else:
            work.remind(OVERDUE, row.id, state.awaited.requested_at + ANSWERED_WITHIN, revision=state.awaited.no)
    await work.execute(update(EVENT).where(EVENT.c.id == row.id).values(**columns))
    if fact is not None and state.event is not None:
        await keep_places(work, before, state)
        work.add(fact(aggregate_version=version, event=state.event), cause=cause)
    # Last: other events' commands may wait for these rows until we commit.
    await mark_feeds(work, [before.event, state.event])
    return work.done("event", row.id, version)


async def keep_places(work: Work, before: EventState | None, state: EventState) -> None:
    """Note what an event is found by, as far as it changed."""
    event, old = state.event, before.event if before else None
    if event is None:
        return
    if old is None or _place(old) != _place(event):
        await work.execute(delete(EVENT_FACET).where(EVENT_FACET.c.event == state.id))
        place = {"status": event.status.value, "starts_at": event.starts_at, "event": state.id}
        await work.execute(insert(EVENT_FACET), [{"facet": facet, **place} for facet in facets_of(event)])
    if before is None or old is None or _texts(before) != _texts(state):
        host = await work.scalar(select(CITY.c.name).where(CITY.c.id == state.host))
        await _keep_words(work, state.id, state.host, lemmas.indexed(*_texts(state)), lemmas.indexed(host or ""))


async def _keep_words(work: Work, event_id: UUID, host: str, words: str, host_words: str) -> None:
    columns = {"host": host, "words": words, "host_words": host_words}
    statement = upsert(work.tx, EVENT_TEXT).values(event=event_id, **columns)
    await work.execute(statement.on_conflict_do_update(index_elements=["event"], set_=columns))


def _place(event: Event) -> object:
    return event.status, event.starts_at, facets_of(event)


def _texts(state: EventState) -> tuple[str, ...]:
    plan = state.plan
    sites = [one.site for one in plan.sessions if one.site is not None]
    return plan.title, plan.summary, *(f"{site.name} {site.address or ''}" for site in sites)
