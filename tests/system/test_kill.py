"""Every process is killed with SIGKILL, nats-server included, while 500 commands run; then the books are compared."""

import asyncio
import itertools
import os
import signal
import sqlite3
from collections import Counter
from contextlib import closing
from email import message_from_bytes
from pathlib import Path
from uuid import UUID

import nats
import pytest

from vzaimo.kit.testing import eventually
from vzaimo.local import ground as grounds
from vzaimo.local.client import client
from vzaimo.local.seed import HOST, MODERATOR, deadlines, next_october
from vzaimo.local.status import rows

EVENTS = 56
"""At least; nine commands each, and more as long as the killing goes on."""
GUESTS = ("izhevsk", "tver")
SEATS = 6
ROUNDS = 2
WORKERS = 4
VICTIMS = {
    "bus": "nats-server",
    "registry": "vzaimo.registry",
    "calendar": "vzaimo.calendar",
    "requests": "vzaimo.requests",
    "notify": "vzaimo.notify",
}


def pid_of(parent, name):
    """The process that the launcher, or its nursery, runs for a name, if it runs now."""
    for pid in descendants(parent):
        try:
            called = Path(f"/proc/{pid}/comm").read_text().strip()
        except OSError:
            continue
        if called == VICTIMS[name]:
            return pid
    return None


def descendants(parent):
    try:
        children = [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    except OSError:
        return []
    return [*children, *(pid for child in children for pid in descendants(child))]


async def kill_all(parent):
    """SIGKILL for each in turn; returns how often each was hit."""
    hits = Counter()
    for _ in range(ROUNDS):
        for name in VICTIMS:
            pid = await eventually(lambda name=name: pid_of(parent, name), f"{name} runs again")
            os.kill(pid, signal.SIGKILL)
            hits[name] += 1
            await asyncio.sleep(1.2)
    return hits


async def season(calls, number):
    """Nine commands about one event."""
    day = next_october()
    body = {
        "host": HOST,
        "title": f"Событие {number}",
        "mode": "in_person",
        "audience": ["teacher"],
        "timezone": "Europe/Moscow",
        "sessions": [
            {"title": "День", "starts": f"{day}T10:00", "ends": f"{day}T17:00", "site": {"name": "Школа № 1560"}}
        ],
        "deadlines": deadlines(day, "10:00"),
        "seats": [{"mode": "in_person", "capacity": SEATS}],
    }
    place = {"city": HOST, "name": f"Школа {number}", "kind": "school"}
    await calls.send("POST", "registry", "/organisations", HOST, place)
    event = (await calls.send("POST", "calendar", "/events", HOST, body))["id"]
    await calls.send("POST", "calendar", f"/events/{event}/announce", HOST)
    for city in GUESTS:
        delegates = [{"rank": rank, "name": "Участник (демо)", "role": "teacher"} for rank in range(1, 5)]
        asked = {"event": event, "city": city, "mode": "in_person", "delegates": delegates}
        request = (await calls.send("POST", "requests", "/requests", city, asked))["id"]
        await calls.send("POST", "requests", f"/requests/{request}/submit", city, {"schedule_revision": 1})
        await calls.send("POST", "requests", f"/requests/{request}/decision", HOST, {"verdict": "approve"})


async def quiet(ground, calls):
    """Nothing waits anywhere, and no mail is on its way."""

    async def still():
        found = await rows(ground)
        if any(row.state != "ready" or row.lag or row.outbox or row.parked for row in found):
            return False
        for status in ("queued", "retrying"):
            if (await calls.get("notify", "/deliveries", MODERATOR, status=status))["items"]:
                return False
        return found

    first = await eventually(still, "quiet", patience=100)
    await asyncio.sleep(2.5)  # the lag that is shown may be two seconds old
    assert await eventually(still, "quiet still") == first
    return first


async def in_stream(ground, stream):
    client = await nats.connect(ground.nats)
    js = client.jetstream()
    last = (await js.stream_info(stream)).state.last_seq
    ids = [(await js.get_msg(stream, seq)).headers["Nats-Msg-Id"] for seq in range(1, last + 1)]
    await client.close()
    return ids


def query(ground, service, sql):
    with closing(sqlite3.connect(ground.folder / service / "store.db")) as store:
        return store.execute(sql).fetchall()


def everybody_was_told(ground, before, events, hits):
    """Of each event once, by one mail; a mail twice only where notify was killed over it."""
    told = Counter(query(ground, "notify", "SELECT kind FROM notice"))
    told.subtract(before)
    decided = told[("request-approved",)] + told[("request-waitlisted",)]
    assert told[("event-announced",)] == events
    assert (told[("request-submitted",)], decided) == (events * len(GUESTS),) * 2
    doubled = query(ground, "notify", "SELECT 1 FROM notification GROUP BY notice, person HAVING count(*) > 1")
    assert doubled == []

    sent = query(ground, "notify", "SELECT id FROM delivery WHERE status = 'sent'")
    (all_of_them,) = query(ground, "notify", "SELECT count(*) FROM delivery")[0]
    mails = Counter(
        message_from_bytes(path.read_bytes())["Message-ID"] for path in (ground.folder / "mail").glob("*.eml")
    )
    ours = {name: count for name, count in mails.items() if not name.startswith("<invitation-")}
    assert set(ours) == {f"<{UUID(one)}@vzaimo.city>" for (one,) in sent}
    assert len(sent) == all_of_them
    # A repeat only where notify was killed between the peer's acceptance and our note.
    assert sum(count - 1 for count in ours.values()) <= hits["notify"]


@pytest.mark.timeout(300)
async def test_five_hundred_commands_survive_the_killing_of_every_process(ground):
    ground, process = ground
    calls = client(ground)
    async with calls.http:
        await quiet(ground, calls)  # what the demo told is told before we begin to count
        before = Counter(query(ground, "notify", "SELECT kind FROM notice"))
        killing, numbers = asyncio.create_task(kill_all(process.pid)), itertools.count()

        async def some():
            made = 0
            while not killing.done() or made < EVENTS / WORKERS:
                await season(calls, next(numbers))
                made += 1

        async with asyncio.TaskGroup() as tasks:
            for _ in range(WORKERS):
                tasks.create_task(some())
        hits, events = await killing, next(numbers)
        assert sum(hits.values()) == ROUNDS * len(VICTIMS)
        last = await quiet(ground, calls)
        assert [(row.dead, row.impossible) for row in last] == [(0, 0)] * 4
        streams = {service: await in_stream(ground, service.upper()) for service in grounds.SERVICES}
    process.terminate()
    await asyncio.wait_for(process.wait(), 40)

    for service, ids in streams.items():
        logged = query(ground, service, "SELECT event_id, stream_seq FROM outbox WHERE stream <> 'CONTACTS'")
        assert all(seq is not None for _, seq in logged)
        assert sorted(str(UUID(one)) for one, _ in logged) == sorted(ids), service

    announced = query(
        ground, "calendar", "SELECT count(*) FROM event WHERE mode = 'in_person' AND status = 'announced'"
    )
    assert announced == [(events,)]
    places = query(ground, "registry", "SELECT name, count(*) FROM organisation WHERE name LIKE 'Школа %' GROUP BY 1")
    assert {count for _, count in places} == {1}
    asked = query(ground, "requests", "SELECT event, city, count(*) FROM request GROUP BY event, city")
    assert Counter(count for *_, count in asked) == {1: events * len(GUESTS)}
    decisions = query(ground, "requests", "SELECT DISTINCT json_extract(state, '$.decision_no') FROM request")
    assert decisions == [(1,)]

    seats = "SELECT event, granted, held, waiting FROM {} WHERE mode = 'in_person' ORDER BY event"
    ledgers = query(ground, "requests", seats.format("ledger"))
    assert {(granted, held, waiting) for _, granted, held, waiting in ledgers} == {(SEATS, 0, 2)}
    assert ledgers == query(ground, "calendar", seats.format("seats_copy"))
    summed = query(
        ground, "requests", "SELECT event, sum(json_extract(state, '$.granted')) FROM request GROUP BY event ORDER BY 1"
    )
    assert summed == [(event, granted) for event, granted, *_ in ledgers]
    everybody_was_told(ground, before, events, hits)
