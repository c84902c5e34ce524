"""All four services as processes under load: each replica is replaced, or their PostgreSQL goes away and comes back.

Nothing is lost, nothing happens twice.
"""

import asyncio
from collections import Counter
from uuid import UUID

import httpx2
import pytest

from vzaimo.kit.testing import postgres

CALLERS = 3


async def in_stream(js, stream):
    last = (await js.stream_info(stream)).state.last_seq
    return [(await js.get_msg(stream, seq)).headers["Nats-Msg-Id"] for seq in range(1, last + 1)]


async def copies_are_equal(fleet):
    """Each service's copies, built anew from the streams."""
    async with httpx2.AsyncClient(timeout=60, headers={"Authorization": f"Bearer {fleet.operator}"}) as client:
        for service, (replica, *_) in fleet.replicas.items():
            for copy in (await client.post(f"{replica.url}/operator/rebuild")).raise_for_status().json():
                assert (copy["missing"], copy["older"], copy["different"]) == (0, 0, 0), (service, copy)


async def logs_are_equal(fleet):
    """What each service said is in its stream, once; nothing waits and nothing was given up."""
    async with fleet.jetstream() as js:
        for service in fleet.replicas:
            logged = fleet.query(service, "SELECT event_id, stream_seq FROM outbox WHERE stream <> 'CONTACTS'")
            assert all(seq is not None for _, seq in logged)
            assert sorted(str(one) for one, _ in logged) == sorted(await in_stream(js, service.upper())), service
            assert fleet.query(service, "SELECT count(*) FROM parked") == [(0,)]
        assert (await js.stream_info("DEADLETTER")).state.messages == 0


def effects_are_single(fleet, seasons, seats, asked):
    """Of each command one effect, of each seat one holder."""
    counted = {
        "registry": "SELECT count(*), count(DISTINCT name) FROM organisation",
        "calendar": "SELECT count(*), count(DISTINCT event->>'title') FROM event WHERE status = 'announced'",
    }
    for service, sql in counted.items():
        assert fleet.query(service, sql) == [(seasons, seasons)]
    requests = fleet.query("requests", "SELECT count(*), count(DISTINCT (event, city)) FROM request")
    assert requests == [(2 * seasons, 2 * seasons)]
    assert fleet.query("requests", "SELECT DISTINCT state->>'decision_no' FROM request") == [("1",)]
    ledgers = fleet.query(
        "requests", "SELECT event, granted, held, waiting FROM ledger WHERE mode = 'in_person' ORDER BY 1"
    )
    assert {row[1:] for row in ledgers} == {(seats, 0, 2 * asked - seats)}
    assert ledgers == fleet.query(
        "calendar", "SELECT event, granted, held, waiting FROM seats_copy WHERE mode = 'in_person' ORDER BY 1"
    )
    summed = "SELECT event, sum((state->>'granted')::int)::int FROM request GROUP BY 1 ORDER BY 1"
    assert fleet.query("requests", summed) == [row[:2] for row in ledgers]


def everybody_was_told(fleet, seasons):
    """In the inbox, once; the mails that came, by their Message-IDs."""
    told = Counter(dict(fleet.query("notify", "SELECT kind, count(*) FROM notice GROUP BY 1")))
    decided = told["request-approved"] + told["request-waitlisted"]
    assert (told["event-announced"], told["request-submitted"], decided) == (seasons, 2 * seasons, 2 * seasons)
    assert fleet.query("notify", "SELECT 1 FROM notification GROUP BY notice, person HAVING count(*) > 1") == []
    sent = [one for (one,) in fleet.query("notify", "SELECT id FROM delivery WHERE status = 'sent'")]
    assert fleet.query("notify", "SELECT count(*) FROM delivery") == [(len(sent),)]
    mails = [one["Message-ID"] for one in fleet.smtp.mails if not one["Message-ID"].startswith("<invitation-")]
    assert set(mails) == {f"<{UUID(str(one))}@vzaimo.city>" for one in sent}
    return mails


async def books_agree(fleet, seasons):
    await fleet.quiet()
    await logs_are_equal(fleet)
    effects_are_single(fleet, seasons, *fleet.seats)
    await copies_are_equal(fleet)


@pytest.mark.timeout(1200)
async def test_no_request_fails_while_every_replica_is_replaced(store, fleet_of):
    fleet = await fleet_of(store.uri, replicas=2)
    load = asyncio.create_task(fleet.load(CALLERS))
    async with asyncio.TaskGroup() as leaving:
        for service, replicas in list(fleet.replicas.items()):
            for old in list(replicas):
                await fleet.add(service)
                leaving.create_task(fleet.leave(service, old))
    seasons = await fleet.whole(load)
    assert {what for _, what in fleet.answers} == {"ok"}
    await books_agree(fleet, seasons)
    mails = everybody_was_told(fleet, seasons)
    assert len(mails) == len(set(mails))


@pytest.fixture
def store(tmp_path):
    server = postgres.Interrupted(tmp_path / "postgres")
    yield server
    server.close()


@pytest.mark.timeout(1200)
async def test_a_store_that_is_away_is_an_answer_and_nothing_else(store, fleet_of):
    """Callers hear when to come again; a command that they repeat under its key is carried out once."""
    fleet = await fleet_of(store.uri, replicas=1)
    fleet.patient = True
    load = asyncio.create_task(fleet.load(CALLERS))
    for mode in ("immediate", "fast"):
        await asyncio.to_thread(store.stop, mode)
        await fleet.answer(503)
        await asyncio.to_thread(store.start)
        await fleet.answer(200)
    seasons = await fleet.whole(load)
    assert {what for _, what in fleet.answers} <= {"ok", "unavailable"}
    await books_agree(fleet, seasons)
    everybody_was_told(fleet, seasons)
    for (replica,) in fleet.replicas.values():
        assert "Traceback" not in replica.log.read_text()
        assert await replica.stop() == 0
