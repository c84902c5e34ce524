"""Consumers: facts into copies, live and rebuilt, beside a raw prefetching pull with decoding and bulk rows."""

import asyncio
import contextlib
import time

from bench.common import Row, bus, publish
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from sqlalchemy import delete, insert

from vzaimo.calendar.consumers import SUBSCRIPTIONS
from vzaimo.calendar.main import parts
from vzaimo.calendar.projections import CITIES, CITY
from vzaimo.contracts.event import parse
from vzaimo.contracts.registry import City, CityFact, CityStatus, CityUpdated
from vzaimo.kit.bus import Access, connect
from vzaimo.kit.clock import SystemClock
from vzaimo.kit.database import open_database
from vzaimo.kit.inbound import Inbound, Subscription
from vzaimo.kit.inbound.rebuild import rebuild
from vzaimo.kit.metrics import Metrics
from vzaimo.kit.migrations import migrate
from vzaimo.kit.work import Works

LIVE = 20_000
REBUILT = 100_000


def facts(count):
    """So many cities."""
    return [
        CityUpdated(
            aggregate_version=1,
            city=City(
                id=f"city-{number}", name="Город", region="—", timezone="Europe/Moscow", status=CityStatus.ACTIVE
            ),
        )
        for number in range(count)
    ]


async def measure(kind, folder, make):
    """Two rows."""
    with bus(folder) as server:
        await publish(server, facts(REBUILT))
        client = await connect(Access(server.url), "bench-consume")
        js = client.jetstream()
        database = await open_database(make(kind, "consume"))
        await migrate(database, parts().schemas)
        works = Works(database, SystemClock())
        began = time.perf_counter()
        await rebuild(works, js, Subscription(CityFact, CITIES), "bench")
        rebuilt = REBUILT / (time.perf_counter() - began)
        async with database.begin() as tx:
            await tx.execute(delete(CITY))  # what was built anew is in its place
        raw = await _raw(js, works)
        await database.close()
        await client.close()
    with bus(folder) as server:
        await publish(server, facts(LIVE))
        database = await open_database(make(kind, "consume"))
        await migrate(database, parts().schemas)
        cities = [one for one in SUBSCRIPTIONS if one.fact is CityFact]
        inbound = Inbound("calendar", Works(database, SystemClock()), Access(server.url), cities, Metrics())
        began = time.perf_counter()
        task = asyncio.create_task(inbound.run())
        while not inbound.caught_up:
            await asyncio.sleep(0.02)
        live = LIVE / (time.perf_counter() - began)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await database.close()
    ratio = rebuilt / raw
    good = ratio >= 0.5 and rebuilt >= 10_000
    return [
        Row("rebuild from 100,000", kind, f"{rebuilt:,.0f}/s", f"{raw:,.0f}/s", ratio, "≥ 0.5, ≥ 10,000/s", good),
        Row("live consumption", kind, f"{live:,.0f}/s", f"{raw:,.0f}/s", live / raw, "≥ 3,000/s", live >= 3000),
    ]


async def _raw(js, works):
    """Pull, decode, and the same rows in bulk."""
    config = ConsumerConfig(ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.ALL, mem_storage=True)
    pull = await js.pull_subscribe("registry.pub.city.>", stream="REGISTRY", config=config)
    began, seen = time.perf_counter(), 0
    while seen < REBUILT:
        messages = await pull.fetch(1000, timeout=2)
        rows = [CITIES.row(parse(message.data).data) for message in messages]
        async with works.database.begin() as tx:
            await tx.execute(insert(CITY), rows)
        seen += len(messages)
    await pull.unsubscribe()
    return REBUILT / (time.perf_counter() - began)
