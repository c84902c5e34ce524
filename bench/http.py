"""Gateways: commands beside the same transaction on the raw driver; pages beside static JSON of the same bytes."""

import asyncio
import contextlib
import json
import subprocess
import sys

from bench.common import (
    Row,
    bus,
    city_facts,
    event_of,
    exchange,
    load,
    percentiles,
    publish,
    ready,
    request,
    service,
)
from sqlalchemy import insert

from vzaimo.calendar.domain.events import EventState
from vzaimo.calendar.domain.plans import Plan
from vzaimo.calendar.main import parts
from vzaimo.calendar.store import EVENT, event_columns, feed_columns
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
    feeds = []
    for events in (1000, 10_000, 100_000):
        pages, rate, said = await _pages(kind, folder, make, events)
        feeds.append(rate)
        flat = rate / feeds[0]
        beside = f"{feeds[0]:,.0f}/s out of 1,000"
        rows += [*pages, Row(f"feed of {events:,} events, 304", kind, said, beside, flat, "≥ 0.5", flat >= 0.5)]
    return rows


async def _pages(kind, folder, make, events):
    """A page of the list, and a feed that the reader has already, out of so many events."""
    url = make(kind, "pages")
    database = await open_database(url)
    await migrate(database, parts().schemas)
    plan = Plan(title="Событие", mode="in_person", timezone="Europe/Moscow", summary="Двухдневный визит.")
    for start in range(0, events, 500):
        rows = []
        for number in range(start, start + 500):
            event = event_of(number)
            state = EventState(event.id, event.host, plan, event)
            entered = feed_columns(event, event.announced_at)
            rows.append({**event_columns(state), **entered, "created_at": event.announced_at, "version": 1})
        async with database.begin() as tx:
            await tx.execute(insert(EVENT), rows)
    await database.close()
    message = request("GET", "/v1/events?limit=50")
    with bus(folder) as server:
        await publish(server, [])
        async with service("calendar", url, server, folder) as port:
            await load(port, [message] * 50, 8)
            ours, latencies, _ = await load(port, [message] * PAGES, 8)
            # Whoever wants to see their own write is not answered from what is kept.
            own = request("GET", "/v1/events?limit=50", Vzaimo_Position="none/none/1")
            anew, slower, _ = await load(port, [own] * PAGES, 8)
            (folder / "page.json").write_bytes(await _body(port, message))
            feed = "/v1/feeds/events.ics"
            tag = await _tag(port, request("GET", feed))
            known = request("GET", feed, If_None_Match=tag)
            await load(port, [known] * 50, 8)
            again, waits, statuses = await load(port, [known] * PAGES, 8)
            if set(statuses) != {304}:
                raise RuntimeError(f"statuses {set(statuses)}")
    async with static(folder / "page.json") as port:
        await load(port, [request("GET", "/")] * 50, 8)
        limit, _, _ = await load(port, [request("GET", "/")] * PAGES, 8)
    goal, beside = GOALS["pages"][kind], f"{limit:,.0f}/s"
    pages = []
    for figure, rate, times in (("", ours, latencies), (", read anew", anew, slower)):
        p50, p99 = percentiles(times)
        said, ratio = f"{rate:,.0f}/s, p50 {p50:.0f} p99 {p99:.0f} ms", rate / limit
        name = f"page of 50 events out of {events:,}{figure}"
        pages.append(Row(name, kind, said, beside, ratio, f"≥ {goal}", ratio >= goal))
    p50, p99 = percentiles(waits)
    said = f"{again:,.0f}/s, p50 {p50:.0f} p99 {p99:.0f} ms"
    return pages, again, said


async def _body(port, message):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    _, body = await exchange(reader, writer, message)
    writer.close()
    return body


async def _tag(port, message):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(message)
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    writer.close()
    return next(line[5:].strip() for line in head.split("\r\n") if line.lower().startswith("etag:"))


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
