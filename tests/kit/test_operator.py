"""What an operator may tell a service."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text, update

from vzaimo.calendar.main import parts
from vzaimo.calendar.projections import CITY
from vzaimo.contracts.event import envelope
from vzaimo.contracts.registry import City, CityActivated
from vzaimo.kit.bus import DEADLETTER, Access, connect
from vzaimo.kit.cause import Cause
from vzaimo.kit.idempotency import Attempt
from vzaimo.kit.ids import new_id
from vzaimo.kit.inbound import failures
from vzaimo.kit.inbound.transaction import INBOX
from vzaimo.kit.settings import Settings
from vzaimo.kit.tables import IdempotencyRow, table_of
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.services import running

TOKEN = "o" * 40
IDEMPOTENCY = table_of(IdempotencyRow)


@pytest.fixture
async def calendar(foreign, settings_of, clock):
    await foreign.city("tver", "boris")
    await foreign.city("perm", "galina")
    settings = settings_of(Settings, operator_token=TOKEN)
    async with running(parts(), settings, clock) as service:
        await service.known("boris", "galina")
        await eventually(lambda: service.service.inbound.caught_up, "level")
        yield service


@pytest.fixture
def operate(calendar):
    async def send(method, path, token=TOKEN):
        return await calendar.client.request(method, f"/operator{path}", headers={"Authorization": f"Bearer {token}"})

    return send


async def test_keys_of_commands_are_forgotten_after_a_day(foreign, settings_of, clock, monkeypatch):
    monkeypatch.setattr("vzaimo.kit.service.service.SWEEP_EVERY", 0.02)
    async with running(parts(), settings_of(Settings), clock) as service:
        works = service.service.works
        for key in ("old", "new"):
            clock.advance(timedelta(hours=12))
            async with works.begin(Cause(actor="anna", attempt=Attempt("scope", key, "print"))) as work:
                work.done("toy", "a", 1)
        clock.advance(timedelta(hours=12))

        async def forgotten():
            async with works.database.read() as tx:
                return [row.key for row in await tx.all(select(IDEMPOTENCY))] == ["new"]

        await eventually(forgotten, "the end of the older key")


async def cities(calendar):
    async with calendar.service.works.database.read() as tx:
        return {row.id: row.status for row in await tx.all(select(CITY))}


async def test_nobody_else_operates(operate):
    assert (await operate("POST", "/rebuild", "x" * 40)).status_code == 401
    assert (await operate("GET", "/dead-letters", "")).status_code == 401


async def test_without_a_token_there_is_no_such_address(foreign, settings_of, clock):
    async with running(parts(), settings_of(Settings), clock) as service:
        assert (await service.client.post("/operator/rebuild")).status_code == 404


async def test_a_process_serves_on_when_another_one_upgrades_the_store(calendar):
    async with calendar.service.works.database.begin() as tx:
        await tx.execute(text("UPDATE calendar_revision SET version_num = '9999'"))
    answer = await calendar.client.get("/readyz")
    (schema,) = (one for one in answer.json()["checks"] if one["name"] == "schema")
    assert (answer.status_code, schema["degraded"]) == (200, True)
    assert "the store was upgraded" in schema["detail"]


async def test_copies_that_are_equal_are_said_to_be(operate):
    found = {one.pop("copy_of"): one for one in (await operate("POST", "/rebuild")).json()}
    assert found["city_copy"] == {"rows": 2, "missing": 0, "older": 0, "different": 0}
    assert found["role"] == {"rows": 2, "missing": 0, "older": 0, "different": 0}


@pytest.mark.parametrize("handled", [True, False])
async def test_copies_that_differ_are_mended(calendar, operate, handled):
    async with calendar.service.works.database.begin() as tx:
        if not handled:
            await tx.execute(delete(INBOX).where(INBOX.c.consumer == "calendar-city"))
        await tx.execute(update(CITY).where(CITY.c.id == "tver").values(status="withdrawn"))
        await tx.execute(CITY.delete().where(CITY.c.id == "perm"))
    found = {one["copy_of"]: one for one in (await operate("POST", "/rebuild")).json()}
    assert (found["city_copy"]["missing"], found["city_copy"]["different"]) == (1, 1)
    await eventually(lambda: _both(calendar), "both cities")


async def test_a_consumer_takes_its_facts_again_and_only_what_was_lost_has_an_effect(calendar, operate):
    async with calendar.service.works.database.begin() as tx:
        await tx.execute(CITY.delete().where(CITY.c.id == "perm"))
        await tx.execute(delete(INBOX).where(INBOX.c.consumer == "calendar-city"))
    answer = await operate("POST", "/replay?consumer=calendar-city")
    assert answer.json() == {"facts": 2}
    await eventually(lambda: _both(calendar), "both cities")
    later = "/replay?consumer=calendar-city&since=2199-01-01T00:00:00Z"
    assert (await operate("POST", later)).json() == {"facts": 0}
    unknown = await operate("POST", "/replay?consumer=calendar-nothing")
    assert (unknown.status_code, "calendar-city" in unknown.json()["detail"]) == (404, True)


async def _both(calendar):
    return await cities(calendar) == {"tver": "active", "perm": "active"}


async def test_dead_letters_are_listed_replayed_and_dropped(calendar, operate, foreign, nats_server):
    client = await connect(Access(nats_server.url), "test-dead")
    js = client.jetstream()
    city = City(id="omsk", name="Омск", region="—", timezone="Asia/Omsk", status="active")
    fact = CityActivated(aggregate_version=1, city=city)
    event = envelope(fact, event_id=new_id(), time=calendar.service.works.clock.now())
    for consumer, message, body in (
        ("calendar-city", str(event.id), event.model_dump_json().encode()),
        ("calendar-city", "other", b"not a fact"),
        ("notify-city", "foreign", b"not ours"),
    ):
        await failures.give_up(js, consumer=consumer, message_id=message, body=body, headers={"reason": "a bug"})
    letters = (await operate("GET", "/dead-letters")).json()
    assert [(one["consumer"], one["reason"]) for one in letters] == [("calendar-city", "a bug")] * 2
    assert (await operate("GET", f"/dead-letters/{letters[0]['seq']}")).json() == letters[0]
    assert (await operate("POST", f"/dead-letters/{letters[0]['seq']}/replay")).status_code == 200
    assert (await cities(calendar))["omsk"] == "active"
    assert (await operate("POST", "/dead-letters/3/replay")).status_code == 404
    assert (await operate("DELETE", f"/dead-letters/{letters[1]['seq']}")).status_code == 200
    assert (await operate("GET", "/dead-letters")).json() == []
    assert (await js.stream_info(DEADLETTER)).state.messages == 1
    await client.close()


async def test_without_the_bus_an_operator_is_told_so_soon(calendar, operate, nats_server, caplog, monkeypatch):
    monkeypatch.setattr("vzaimo.kit.service.operator.PATIENCE", 0.2)
    nats_server.kill()
    await eventually(lambda: not calendar.service.relay.state.connected, "the bus is missed", patience=30)
    for method, path in (("GET", "/dead-letters"), ("POST", "/rebuild")):
        answer = await operate(method, path)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (503, "bus-away"), path
        assert answer.headers["retry-after"] == "5"
    assert "calendar-relay: the connection to NATS is lost" in caplog.text
    assert "Traceback" not in caplog.text


async def test_commands_are_refused_while_the_copy_of_roles_is_too_old_to_rest_on(calendar, monkeypatch):
    inbound = calendar.service.inbound
    draft = {"host": "tver", "title": "Семинар", "mode": "remote", "timezone": "Europe/Moscow"}
    for age, status in ((30, 201), (90, 503)):
        monkeypatch.setattr(inbound, "lag", {"calendar-role": 1})
        monkeypatch.setattr(inbound, "behind_since", {"calendar-role": time.monotonic() - age})
        answer = await calendar.call("POST", "/events", "boris", draft)
        assert answer.status_code == status
    assert (answer.json()["reason"], answer.headers["retry-after"]) == ("roles-behind", "5")
    assert (await calendar.call("GET", "/events", "boris")).is_success
