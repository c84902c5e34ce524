"""A restored store takes its events' public state back from its own facts; what is private stays as it is."""

from collections.abc import Sequence

from sqlalchemy import select

from vzaimo.calendar.domain.events import EventState
from vzaimo.calendar.domain.plans import Plan, PlannedSession
from vzaimo.calendar.handlers.keep import keep_places
from vzaimo.calendar.handlers.mark import mark_feeds
from vzaimo.calendar.store import EVENT, event_columns, feed_columns
from vzaimo.contracts.calendar import Event, EventFact
from vzaimo.contracts.event import Fact
from vzaimo.kit.database import insert
from vzaimo.kit.work import Work


async def adopt(work: Work, facts: Sequence[Fact]) -> None:
    """Write the newest state of each event. A plan that the store has lost is made from what is public."""
    for fact in facts:
        if not isinstance(fact, EventFact):
            raise TypeError(type(fact).__name__)
        event = fact.event
        kept = await work.first(select(EVENT.c.plan, EVENT.c.event).where(EVENT.c.id == event.id))
        plan = Plan.model_validate(kept.plan) if kept else _plan(event)
        before = Event.model_validate(kept.event) if kept and kept.event else None
        state = EventState(event.id, event.host, plan, event)
        columns = {**event_columns(state), **feed_columns(event, work.now), "version": fact.aggregate_version}
        statement = insert(work.tx, EVENT).values(**columns, created_at=work.now)
        written = await work.first(
            statement.on_conflict_do_update(
                index_elements=["id"], set_=columns, where=EVENT.c.version < fact.aggregate_version
            ).returning(EVENT.c.id)
        )
        if written is not None:
            await keep_places(work, None, state)
            await mark_feeds(work, [before, event])


def _plan(event: Event) -> Plan:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(event.timezone)
    sessions = []
    for one in event.sessions:
        starts, ends = one.starts_at.astimezone(zone), one.ends_at.astimezone(zone)
        sessions.append(
            PlannedSession(
                id=one.id,
                title=one.title,
                starts=starts.replace(tzinfo=None, fold=0),
                ends=ends.replace(tzinfo=None, fold=0),
                starts_fold=starts.fold or None,
                ends_fold=ends.fold or None,
                site=one.site,
                capacity=one.capacity,
            )
        )
    shared = event.model_dump(include=set(Plan.model_fields) - {"sessions"})
    return Plan.model_validate({**shared, "sessions": sessions})
