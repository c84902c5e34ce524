"""From an announcement over HTTP to the row in notify's inbox, at 50 a second, beside the same way on raw drivers."""

import asyncio
import contextlib
import json
import sqlite3
import time
from datetime import UTC, datetime, timedelta

import psycopg
from bench.common import Row, bus, city_facts, exchange, percentiles, publish, request, service
from bench.http import raw

from vzaimo.kit.bus import Access, connect

RATE = 50
COUNT = 300


def plan(number):
    """A plan that can be announced."""
    start = (datetime.now(UTC) + timedelta(days=60)).replace(tzinfo=None, microsecond=0)
    moments = ("apply_opens", "apply_closes", "decide_by", "confirm_by", "roster_freeze")
    now = datetime.now(UTC)
    return {
        "host": "moskva",
        "title": f"Событие {number}",
        "mode": "in_person",
        "audience": ["teacher"],
        "timezone": "Europe/Moscow",
        "sessions": [
            {
                "title": "День",
                "starts": start.isoformat(),
                "ends": (start + timedelta(hours=6)).isoformat(),
                "site": {"name": "Школа № 1560"},
            }
        ],
        "deadlines": {name: (now + timedelta(days=day - 1)).isoformat() for day, name in enumerate(moments, 1)},
        "seats": [{"mode": "in_person", "capacity": 60}],
    }


async def measure(kind, folder, make):
    """One row: how long after the announcement was sent the row is there."""
    notify_url = make(kind, "notify")
    mail = {"VZAIMO_SMTP_HOST": "127.0.0.1", "VZAIMO_SMTP_PORT": "9", "VZAIMO_PORTAL_URL": "http://127.0.0.1"}
    with bus(folder) as server:
        await publish(server, [*city_facts("moskva", "host"), *city_facts("tver", "boris")])
        async with (
            service("calendar", make(kind, "calendar"), server, folder) as port,
            service("notify", notify_url, server, folder, **mail),
        ):
            ours = await _announce(port, notify_url)
    limit = await _bare(kind, folder, make)
    (p50, p99), (bare50, bare99) = percentiles(ours), percentiles(limit)
    good = p50 <= 2 * bare50 and p99 <= 3 * bare99
    said, beside = f"p50 {p50:.1f} p99 {p99:.0f} ms", f"p50 {bare50:.1f} p99 {bare99:.0f} ms"
    return [Row("announce → inbox at 50/s", kind, said, beside, p50 / bare50, "p50 ≤ 2 ×, p99 ≤ 3 ×", good)]


async def _announce(port, url):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    events = []
    for number in range(COUNT):
        body = json.dumps(plan(number)).encode()
        _, made = await exchange(reader, writer, request("POST", "/v1/events", "host", body))
        events.append(json.loads(made)["id"])
    sent = {}
    began = time.perf_counter()
    seen = asyncio.create_task(
        _watch(url, set(events), "SELECT event FROM notice JOIN notification ON notice = notice.id")
    )
    for number, event in enumerate(events):
        await asyncio.sleep(max(0, began + number / RATE - time.perf_counter()))
        sent[event] = time.perf_counter()
        await exchange(reader, writer, request("POST", f"/v1/events/{event}/announce", "host"))
    writer.close()
    arrived = await seen
    return [(arrived[event] - sent[event]) * 1000 for event in events]


async def _watch(url, wanted, query):
    """When each appeared, by looking every two milliseconds."""
    arrived = {}
    with _open(url) as store:
        while wanted - arrived.keys():
            now = time.perf_counter()
            rows = store.execute(query).fetchall()
            for (one,) in rows:
                arrived.setdefault(_plain(one), now)
            await asyncio.sleep(0.002)
    return arrived


def _plain(one):
    text = str(one).replace("-", "")
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@contextlib.contextmanager
def _open(url):
    if url.startswith("sqlite"):
        store = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    else:
        store = psycopg.connect(url, autocommit=True)
    try:
        yield store
    finally:
        store.close()


async def _bare(kind, folder, make):
    """HTTP and commit behind the bare server, publish with an ack, consume, commit on the raw driver."""
    target = make(kind, "bare")
    with bus(folder) as server:
        await publish(server, [])
        client = await connect(Access(server.url), "bench-bare")
        js = client.jetstream()
        arrived, done = {}, asyncio.Event()
        if kind == "sqlite":
            import pathlib

            pathlib.Path(target.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        with _open(target) as store:
            if kind == "sqlite":
                store.execute("PRAGMA journal_mode=WAL")
            store.execute("CREATE TABLE inbox (id TEXT PRIMARY KEY, body TEXT)")
            mark = "?" if kind == "sqlite" else "%s"

            async def consume(message):
                store.execute(f"INSERT INTO inbox VALUES ({mark}, {mark})", (message.headers["number"], "x" * 500))
                arrived[int(message.headers["number"])] = time.perf_counter()
                await message.ack()
                if len(arrived) == COUNT:
                    done.set()

            await js.subscribe("calendar.bench", stream="CALENDAR", cb=consume, manual_ack=True)
            async with raw(kind, make(kind, "raw")) as port:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                sent, began = [], time.perf_counter()
                body = json.dumps(plan(0)).encode()
                for number in range(COUNT):
                    await asyncio.sleep(max(0, began + number / RATE - time.perf_counter()))
                    sent.append(time.perf_counter())
                    await exchange(reader, writer, request("POST", "/", None, body))
                    await js.publish("calendar.bench", body, headers={"number": str(number)})
                writer.close()
            await asyncio.wait_for(done.wait(), 10)
        await client.close()
    return [(arrived[number] - sent[number]) * 1000 for number in range(COUNT)]
