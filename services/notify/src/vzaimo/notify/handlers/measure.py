"""How long what has to leave has waited, for those who look at the numbers."""

import asyncio
import logging
from datetime import datetime

from sqlalchemy import func, select

from vzaimo.kit.cancellation import wanted
from vzaimo.kit.database import StoreUnavailable
from vzaimo.kit.metrics import Metrics
from vzaimo.kit.work import Works
from vzaimo.notify.store import DELIVERY, WEBHOOK_DELIVERY

log = logging.getLogger(__name__)

EVERY = 15.0


async def measure_regularly(works: Works, metrics: Metrics) -> None:
    """Until cancelled."""
    while wanted():
        try:
            await measure(works, metrics)
        except StoreUnavailable as error:
            log.warning("numbers wait for the store: %s", error)
        await asyncio.sleep(EVERY)


async def measure(works: Works, metrics: Metrics) -> None:
    """What waits for its time (a digest, the end of quiet hours) is not late; what is tried in vain is."""
    now = works.clock.now()
    for channel, table in (("email", DELIVERY), ("webhook", WEBHOOK_DELIVERY)):
        since = func.min(func.coalesce(table.c.tries_since, table.c.due_at), type_=table.c.due_at.type)
        async with works.database.read() as tx:
            oldest: datetime | None = await tx.scalar(select(since).where(table.c.due_at.is_not(None)))
        age = (now - oldest).total_seconds() if oldest is not None else 0.0
        metrics.waiting_age.labels(channel).set(max(age, 0.0))
