"""What cannot be handled: counted by us, retried with growing delay, given up into the DEADLETTER stream."""

import logging
from datetime import timedelta

from nats.js import JetStreamContext
from sqlalchemy import delete

from vzaimo.kit.bus import DEADLETTER
from vzaimo.kit.database import insert
from vzaimo.kit.tables import FailureRow, table_of
from vzaimo.kit.work import Works

log = logging.getLogger(__name__)
FAILURE = table_of(FailureRow)

TRIES = 5
DELAYS = (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2))


async def count(works: Works, consumer: str, event_id: str, reason: str) -> int:
    """Note one more failed try, and return how many there were."""
    async with works.database.begin() as tx:
        statement = insert(tx, FAILURE).values(
            consumer=consumer, event_id=event_id, attempts=1, reason=reason, last_at=works.clock.now()
        )
        tries = await tx.scalar(
            statement.on_conflict_do_update(
                index_elements=["consumer", "event_id"],
                set_={
                    "attempts": FAILURE.c.attempts + 1,
                    "reason": statement.excluded.reason,
                    "last_at": statement.excluded.last_at,
                },
            ).returning(FAILURE.c.attempts)
        )
    return int(tries)


async def forget(works: Works, consumer: str, event_id: str) -> None:
    """A fact that had failed is handled, or given up."""
    async with works.database.begin() as tx:
        await tx.execute(delete(FAILURE).where(FAILURE.c.consumer == consumer, FAILURE.c.event_id == event_id))


async def give_up(
    js: JetStreamContext, *, consumer: str, message_id: str, body: bytes, headers: dict[str, str]
) -> None:
    """Put a fact into the DEADLETTER stream and wait for its acknowledgement. Raises what NATS raises."""
    service, _, aggregate = consumer.partition("-")
    await js.publish(
        f"dead.{service}.{aggregate}",
        body,
        timeout=5,
        stream=DEADLETTER,
        headers={**headers, "Nats-Msg-Id": f"{consumer}:{message_id}", "consumer": consumer},
    )
