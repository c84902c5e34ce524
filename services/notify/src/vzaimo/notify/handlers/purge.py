"""What was sent to webhooks is forgotten after a month."""

import asyncio
import logging

from sqlalchemy import delete, select

from vzaimo.kit.cancellation import wanted
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import Conflict, StoreUnavailable
from vzaimo.kit.work import Works
from vzaimo.notify.domain.webhooks import KEPT
from vzaimo.notify.store import WEBHOOK_DELIVERY, WEBHOOK_EVENT

log = logging.getLogger(__name__)

EVERY = 3600.0
MOST_AT_ONCE = 1000


async def purge_regularly(works: Works) -> None:
    """Until cancelled."""
    while wanted():
        try:
            await purge(works)
        except (StoreUnavailable, Conflict) as error:
            log.warning("what is old waits for the store: %s", error)
        await asyncio.sleep(EVERY)


async def purge(works: Works) -> None:
    """Deliveries first: what they carry came with them, or earlier."""
    for table, moment in (
        (WEBHOOK_DELIVERY, WEBHOOK_DELIVERY.c.created_at),
        (WEBHOOK_EVENT, WEBHOOK_EVENT.c.at),
    ):
        gone = MOST_AT_ONCE
        while gone == MOST_AT_ONCE:
            async with works.begin(Cause(actor="webhooks")) as work:
                old = select(table.c.id).where(moment <= work.now - KEPT).limit(MOST_AT_ONCE)
                gone = (await work.execute(delete(table).where(table.c.id.in_(old)))).rowcount
