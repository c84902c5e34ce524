"""Public feeds marked as changed."""

import secrets
from collections.abc import Iterable

from vzaimo.calendar.store import FEED_MARK, feeds_of
from vzaimo.contracts.calendar import Event
from vzaimo.kit.database import insert
from vzaimo.kit.work import Work

SHARDS = 8
_BITS = 53
"""Of a mark: the sum of all shards still is an integer in either store."""


async def mark_feeds(work: Work, events: Iterable[Event | None]) -> None:
    """Draw new marks for the feeds that these events are, or were, in.

    Drawn, not counted: a store that was restored from a backup never comes by the marks that readers know. Rows are
    written in one order, so that nobody waits for somebody who waits for them.
    """
    touched = {(feed, event.id.int % SHARDS) for event in events if event for feed in feeds_of(event)}
    if not touched:
        return
    rows = [{"feed": feed, "shard": shard, "mark": secrets.randbits(_BITS)} for feed, shard in sorted(touched)]
    statement = insert(work.tx, FEED_MARK).values(rows)
    await work.execute(
        statement.on_conflict_do_update(index_elements=["feed", "shard"], set_={"mark": statement.excluded.mark})
    )
