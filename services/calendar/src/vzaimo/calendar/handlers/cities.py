"""What follows for events from where their hosts stand."""

from collections.abc import Mapping

from sqlalchemy import bindparam, select, update

from vzaimo.calendar.domain import events
from vzaimo.calendar.handlers.events import COMPLETE
from vzaimo.calendar.handlers.keep import OVERDUE
from vzaimo.calendar.handlers.mark import mark_feeds
from vzaimo.calendar.store import EVENT, EVENT_FACET, EVENT_TEXT, event_columns, event_of, feed_columns
from vzaimo.contracts.calendar import EventCancelled, EventStatus
from vzaimo.kit import lemmas
from vzaimo.kit.cause import Cause
from vzaimo.kit.work import Work

WITHDRAWN = "host-withdrawn"


async def call_off(work: Work, hosts: Mapping[str, Cause]) -> None:
    """Cancel whatever these cities had announced and not begun; they take part no longer.

    The caller holds their copies' locks, for which an announcement waits: none is missed.
    """
    rows = await work.all(
        select(EVENT)
        .where(EVENT.c.host.in_(hosts), EVENT.c.status == EventStatus.ANNOUNCED, EVENT.c.starts_at > work.now)
        .order_by(EVENT.c.id)
        .with_for_update()
    )
    if not rows:
        return
    changed, cancelled = [], []
    for row in rows:
        state, version = events.cancel(event_of(row), WITHDRAWN, work.now), row.version + 1
        columns = event_columns(state)
        said = {"status": columns["status"], "event": columns["event"], "version": version}
        changed.append({"key": row.id, "capacity_overdue": False, **said, **feed_columns(state.event, work.now)})
        work.add(EventCancelled(aggregate_version=version, event=state.event), cause=hosts[row.host])
        cancelled.append(state.event)
        work.forget(COMPLETE, row.id)
        work.forget(OVERDUE, row.id)
    await work.execute(update(EVENT).where(EVENT.c.id == bindparam("key")), changed)
    ids = [row.id for row in rows]
    await work.execute(update(EVENT_FACET).where(EVENT_FACET.c.event.in_(ids)).values(status=EventStatus.CANCELLED))
    await mark_feeds(work, cancelled)


async def rename(work: Work, names: Mapping[str, str]) -> None:
    """Find these cities' events by their new names."""
    found_by = [{"city": city, "host_words": lemmas.indexed(name)} for city, name in sorted(names.items())]
    await work.execute(update(EVENT_TEXT).where(EVENT_TEXT.c.host == bindparam("city")), found_by)
