"""Relay: a backlog of 50,000 facts, beside our batch publisher alone with the same bytes."""

import asyncio
import contextlib
import time

from bench.common import Row, bus, event_of, publish
from sqlalchemy import select

from vzaimo.contracts.calendar import EventAnnounced
from vzaimo.kit.bus import Access, Stream, connect
from vzaimo.kit.cause import Cause
from vzaimo.kit.clock import SystemClock
from vzaimo.kit.database import open_database
from vzaimo.kit.metrics import Metrics
from vzaimo.kit.publisher import Message, Publisher
from vzaimo.kit.relay import Relay, open_log
from vzaimo.kit.relay.relay import BATCH
from vzaimo.kit.tables import KitModel, OutboxRow, table_of
from vzaimo.kit.work import Works

FACTS = 50_000
OUTBOX = table_of(OutboxRow)


async def measure(kind, folder, make):
    """One row."""
    database = await open_database(make(kind, "relay"))
    await database.in_thread(KitModel.metadata.create_all)
    works = Works(database, SystemClock())
    fact = EventAnnounced(aggregate_version=1, event=event_of())
    for _ in range(FACTS // 1000):
        async with works.begin(Cause(actor="bench")) as work:
            work.add(*[fact] * 1000)
    with bus(folder) as server:
        await publish(server, [])

        async def connected(back):
            return await connect(Access(server.url), "bench-relay", back=back)

        relay = Relay(open_log(database), [Stream("CALENDAR", ("calendar.>",))], connected, SystemClock(), Metrics())
        began = time.perf_counter()
        task = asyncio.create_task(relay.run())
        while await _pending(database):
            await asyncio.sleep(0.02)
        ours = FACTS / (time.perf_counter() - began)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    async with database.read() as tx:
        rows = await tx.all(select(OUTBOX.c.event_id, OUTBOX.c.subject, OUTBOX.c.body).limit(10_000))
    messages = [Message(str(row.event_id), "CALENDAR", row.subject, bytes(row.body)) for row in rows]
    with bus(folder) as server:
        await publish(server, [])
        client = await connect(Access(server.url), "bench-publisher")
        publisher = Publisher(client)
        began = time.perf_counter()
        for start in range(0, len(messages), BATCH):
            await publisher.publish(messages[start : start + BATCH])
        limit = len(messages) / (time.perf_counter() - began)
        await client.close()
    await database.close()
    ratio = ours / limit
    return [Row("relay, backlog of 50,000", kind, f"{ours:,.0f}/s", f"{limit:,.0f}/s", ratio, "≥ 0.5", ratio >= 0.5)]


async def _pending(database):
    async with database.read() as tx:
        return await tx.scalar(select(OUTBOX.c.id).where(OUTBOX.c.stream_seq.is_(None)).limit(1))
