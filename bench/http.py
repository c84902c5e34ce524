"""Gateways: commands beside the same transaction on the raw driver; pages beside static JSON of the same bytes."""

import contextlib
import json
import subprocess
import sys

from bench.common import Row, bus, city_facts, event_of, load, percentiles, publish, ready, request, service
from sqlalchemy import insert

from vzaimo.calendar.domain.events import EventState
from vzaimo.calendar.domain.plans import Plan
from vzaimo.calendar.main import parts
from vzaimo.calendar.store import EVENT, event_columns
from vzaimo.kit.database import open_database
from vzaimo.kit.migrations import migrate
from vzaimo.kit.testing.nats import free_port

COMMANDS = 4000
PAGES = 1500
GOALS = {"commands": {"sqlite": 0.45, "postgresql": 0.6}, "pages": {"sqlite": 0.35, "postgresql": 0.2}}
PLAN = {"host": "moskva", "title": "Событие", "mode": "in_person", "timezone": "Europe/Moscow"}


async def measure(kind, folder, make):
    """Commands, then pages out of 1,000 and of 10,000 events."""
    url = make(kind, "http")
    with bus(folder) as server:
        await publish(server, city_facts("moskva", "anna"))
        async with service("calendar", url, server, folder) as port:
            message = request("POST", "/v1/events", "anna", json.dumps(PLAN).encode())
            await load(port, [message] * 200)
            ours, latencies, statuses = await load(port, [message] * COMMANDS)
            if set(statuses) != {201}:
                raise RuntimeError(f"statuses {set(statuses)}")
    async with raw(kind, make(kind, "raw")) as port:
        message = request("POST", "/", None, json.dumps(PLAN).encode())
        await load(port, [message] * 200)
        limit, _, _ = await load(port, [message] * COMMANDS)
    p50, p99 = percentiles(latencies)
    ratio, goal = ours / limit, GOALS["commands"][kind]
    said = f"{ours:,.0f}/s, p50 {p50:.0f} p99 {p99:.0f} ms"
    rows = [Row("commands over HTTP", kind, said, f"{limit:,.0f}/s", ratio, f"≥ {goal}", ratio >= goal)]
    return [*rows, await _pages(kind, folder, make, 1000), await _pages(kind, folder, make, 10_000)]


async def _pages(kind, folder, make, events):
    url = make(kind, "pages")
    database = await open_database(url)
    await migrate(database, parts().schemas)
    plan = Plan(title="Событие", mode="in_person", timezone="Europe/Moscow", summary="Двухдневный визит.")
    for start in range(0, events, 500):
        rows = []
        for number in range(start, start + 500):
            event = event_of(number)
            state = EventState(event.id, event.host, plan, event)
            rows.append({**event_columns(state), "created_at": event.announced_at, "version": 1})
        async with database.begin() as tx:
            await tx.execute(insert(EVENT), rows)
    await database.close()
    message = request("GET", "/v1/events?limit=50")
    with bus(folder) as server:
        await publish(server, [])
        async with service("calendar", url, server, folder) as port:
            await load(port, [message] * 50, 8)
            ours, latencies, _ = await load(port, [message] * PAGES, 8)
            (folder / "page.json").write_bytes(await _body(port, message))
    async with static(folder / "page.json") as port:
        await load(port, [request("GET", "/")] * 50, 8)
        limit, _, _ = await load(port, [request("GET", "/")] * PAGES, 8)
    p50, p99 = percentiles(latencies)
    ratio, goal = ours / limit, GOALS["pages"][kind]
    said = f"{ours:,.0f}/s, p50 {p50:.0f} p99 {p99:.0f} ms"
    figure = f"page of 50 events out of {events:,}"
    return Row(figure, kind, said, f"{limit:,.0f}/s", ratio, f"≥ {goal}", ratio >= goal)


async def _body(port, message):
    import asyncio

    from bench.common import exchange

    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    _, body = await exchange(reader, writer, message)
    writer.close()
    return body


@contextlib.asynccontextmanager
async def raw(kind, url):
    """The limit's server for commands."""
    async with _limit("transaction", kind, url) as port:
        yield port


@contextlib.asynccontextmanager
async def static(path):
    """The limit's server for pages."""
    async with _limit("static", str(path)) as port:
        yield port


@contextlib.asynccontextmanager
async def _limit(*arguments):
    port = free_port()
    process = subprocess.Popen((sys.executable, "-m", "bench.limits", str(port), *arguments))
    try:
        await ready(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(20)
