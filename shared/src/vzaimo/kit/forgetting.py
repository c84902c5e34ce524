"""What the kit's tables need no longer is forgotten: a little at a time, by key, whoever else does so at once.

Answers to repeated commands hold for a day. That a fact was handled is known for a year. Streams keep facts for ever,
so one may come again later than that, from a consumer that is fed anew: then the version of the copy says that it is
old, and effects without a copy know by themselves what they have done (``Subscription.effect``).
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, tuple_

from vzaimo.kit import idempotency
from vzaimo.kit.database import Transaction
from vzaimo.kit.tables import FailureRow, IdempotencyRow, InboxRow, table_of
from vzaimo.kit.work import Works

HANDLED = timedelta(days=365)
"""How long it is known that a fact was handled, or could not be."""
BATCH = 1000
"""Rows of one transaction."""
_OLD: tuple[tuple[Any, timedelta], ...] = (
    (table_of(IdempotencyRow).c.created_at, idempotency.KEPT),
    (table_of(InboxRow).c.handled_at, HANDLED),
    (table_of(FailureRow).c.last_at, HANDLED),
)
"""Columns with an index, and how long their rows are kept."""


async def forget(works: Works) -> int:
    """Forget all that is old; return how many rows that was. Killed in between, it goes on the next time."""
    gone = 0
    for moment, kept in _OLD:
        some = BATCH
        while some == BATCH:
            async with works.database.begin() as tx:
                some = await forget_some(tx, moment, works.clock.now() - kept)
            gone += some
            await asyncio.sleep(0)
    return gone


async def forget_some(tx: Transaction, moment: Any, until: datetime) -> int:
    """Delete a batch of the oldest rows of a table. Rows that another replica is deleting are left to it."""
    key = list(moment.table.primary_key.columns)
    old = select(*key).where(moment <= until).order_by(moment).limit(BATCH).with_for_update(skip_locked=True)
    return int((await tx.execute(delete(moment.table).where(tuple_(*key).in_(old)))).rowcount)
