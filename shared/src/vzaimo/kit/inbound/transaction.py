"""A batch of facts in one transaction: inbox, copies, effect, and whoever waited for them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from vzaimo.contracts.event import parse
from vzaimo.kit.database import Conflict
from vzaimo.kit.inbound.arrival import Arrival
from vzaimo.kit.inbound.copies import keep
from vzaimo.kit.inbound.subscription import Batch, Subscription
from vzaimo.kit.tables import InboxRow, ParkedRow, table_of
from vzaimo.kit.work import Work, Works

INBOX, PARKED = table_of(InboxRow), table_of(ParkedRow)
UNPARK_AT_ONCE = 500


async def handle(
    works: Works,
    service: str,
    subscription: Subscription,
    arrivals: Sequence[Arrival[Any]],
    others: Mapping[str, Subscription],
) -> int:
    """Commit what is new among the arrivals; return how many that were.

    Raises whatever the effect raises; then nothing of the batch is committed.
    """
    consumer = subscription.durable(service)
    async with works.begin(arrivals[0].cause) as work:
        new = await _take(work, consumer, arrivals)
        if not new:
            return 0
        changes = await keep(work, subscription.copy, new) if subscription.copy else []
        await _run(work, consumer, subscription, Batch(new, changes))
        await _unpark(work, sorted({arrival.place for arrival in new}), others)
    return len(new)


async def _take(work: Work, consumer: str, arrivals: Sequence[Arrival[Any]]) -> list[Arrival[Any]]:
    by_id = {arrival.event.id: arrival for arrival in arrivals}
    rows = await work.all(
        select(INBOX.c.event_id).where(INBOX.c.consumer == consumer, INBOX.c.event_id.in_(list(by_id)))
    )
    for row in rows:
        del by_id[row.event_id]
    if by_id:
        noted = [
            {"consumer": consumer, "event_id": event_id, "handled_at": work.now} for event_id in sorted(by_id, key=str)
        ]
        try:
            await work.execute(insert(INBOX), noted)
        except IntegrityError as error:
            # Another replica was handed the same fact and was faster: see what is new now.
            raise Conflict("inbox") from error
    return list(by_id.values())


async def _run(work: Work, consumer: str, subscription: Subscription, batch: Batch) -> None:
    if subscription.effect is None:
        return
    await subscription.effect(work, batch)
    if batch.parked:
        await work.execute(
            insert(PARKED),
            [
                {
                    "consumer": consumer,
                    "event_id": arrival.event.id,
                    "needs": needs,
                    "body": arrival.body,
                    "parked_at": work.now,
                }
                for arrival, needs in batch.parked
            ],
        )


async def _unpark(work: Work, places: Sequence[str], others: Mapping[str, Subscription]) -> None:
    waiting = await work.all(
        select(PARKED).where(PARKED.c.needs.in_(places)).order_by(PARKED.c.event_id).limit(UNPARK_AT_ONCE)
    )
    for consumer in sorted({row.consumer for row in waiting}):
        rows = [row for row in waiting if row.consumer == consumer]
        await work.execute(
            delete(PARKED).where(PARKED.c.consumer == consumer, PARKED.c.event_id.in_([row.event_id for row in rows]))
        )
        batch = Batch([Arrival(parse(row.body), row.body) for row in rows])
        await _run(work, consumer, others[consumer], batch)
