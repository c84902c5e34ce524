"""A batch of facts in one transaction: inbox, copies, effect, and whoever waited for them."""

import contextlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, literal, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from vzaimo.contracts.event import parse
from vzaimo.kit.database import Conflict, StoreUnavailable
from vzaimo.kit.inbound.arrival import Arrival
from vzaimo.kit.inbound.copies import keep
from vzaimo.kit.inbound.subscription import Batch, Subscription
from vzaimo.kit.tables import InboxRow, ParkedRow, table_of
from vzaimo.kit.work import Work, Works

INBOX, PARKED = table_of(InboxRow), table_of(ParkedRow)
log = logging.getLogger(__name__)
UNPARK_AT_ONCE = 500
"""Parked facts that are read at once; all that wait for the same are handled in one transaction."""


class _WaitingFailed(Exception):
    """An effect of a parked fact failed: that is not the fault of the fact which it waited for."""


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
    cause = arrivals[0].cause
    try:
        new, needs = await _commit(works, service, subscription, arrivals, others)
    except _WaitingFailed as failed:
        # It stays parked, for a person to look at, and holds up nobody.
        log.exception("%s: a parked fact fails, and goes on waiting", service, exc_info=failed.__cause__)
        new, needs = await _commit(works, service, subscription, arrivals, {})
    if needs:
        # What they need may have come while they were being parked; neither transaction has seen the other.
        with contextlib.suppress(_WaitingFailed):
            async with works.begin(cause) as work:
                await _unpark(work, needs, others)
    return new


async def _commit(
    works: Works,
    service: str,
    subscription: Subscription,
    arrivals: Sequence[Arrival[Any]],
    others: Mapping[str, Subscription],
) -> tuple[int, list[str]]:
    """How many arrivals were new, and what those need that were parked. Without ``others`` nobody is unparked."""
    consumer = subscription.durable(service)
    async with works.begin(arrivals[0].cause) as work:
        new = await _take(work, consumer, arrivals)
        if not new:
            return 0, await _needed(work, consumer, arrivals)
        changes = await keep(work, subscription.copy, new) if subscription.copy else []
        batch = Batch(new, changes)
        if subscription.effect is not None:
            await subscription.effect(work, batch)
        if batch.parked:
            await _park(work, consumer, batch)
        if others:
            await _unpark(work, sorted({arrival.place for arrival in new}), others)
    return len(new), sorted({needs for _, needs in batch.parked})


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


async def _needed(work: Work, consumer: str, arrivals: Sequence[Arrival[Any]]) -> list[str]:
    """What those need that were parked before: whoever parked them may have been killed before it looked once more."""
    ids = [arrival.event.id for arrival in arrivals]
    parked = select(PARKED.c.needs).where(PARKED.c.consumer == consumer, PARKED.c.event_id.in_(ids))
    return sorted({row.needs for row in await work.all(parked)})


async def _park(work: Work, consumer: str, batch: Batch) -> None:
    rows = [
        {
            "consumer": consumer,
            "event_id": arrival.event.id,
            "needs": needs,
            "body": arrival.body,
            "parked_at": work.now,
        }
        for arrival, needs in batch.parked
    ]
    await work.execute(insert(PARKED), rows)


async def _unpark(work: Work, places: Sequence[str], others: Mapping[str, Subscription]) -> None:
    """Handle all that waits for these places, in its order. A replica that does the same waits, and finds the rest."""
    key = tuple_(PARKED.c.event_id, PARKED.c.consumer)
    waiting = select(PARKED).where(PARKED.c.needs.in_(places), PARKED.c.consumer.in_(list(others)))
    waiting = waiting.order_by(*key.clauses).limit(UNPARK_AT_ONCE)
    rows = await work.all(waiting.with_for_update())
    while rows:
        for consumer in sorted({row.consumer for row in rows}):
            await _try_again(work, others[consumer], consumer, [row for row in rows if row.consumer == consumer])
        last = rows[-1]
        beyond = key > tuple_(literal(last.event_id, PARKED.c.event_id.type), literal(last.consumer))
        rows = await work.all(waiting.where(beyond).with_for_update()) if len(rows) == UNPARK_AT_ONCE else []


async def _try_again(work: Work, subscription: Subscription, consumer: str, rows: Sequence[Any]) -> None:
    """The effect of parked facts. Those that wait on, for this or for something else, have waited since they came."""
    batch = Batch([Arrival(parse(row.body), row.body) for row in rows])
    if subscription.effect is not None:
        try:
            await subscription.effect(work, batch)
        except (StoreUnavailable, Conflict):
            raise
        except Exception as error:
            raise _WaitingFailed from error
    needs = {arrival.event.id: place for arrival, place in batch.parked}
    done = [row.event_id for row in rows if row.event_id not in needs]
    theirs = PARKED.c.consumer == consumer
    await work.execute(delete(PARKED).where(theirs, PARKED.c.event_id.in_(done)))
    for place in sorted(set(needs.values())):
        same = [event_id for event_id, needed in needs.items() if needed == place]
        await work.execute(update(PARKED).where(theirs, PARKED.c.event_id.in_(same)).values(needs=place))
