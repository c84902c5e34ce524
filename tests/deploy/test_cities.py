"""What a city may do on the bus: take and acknowledge what its own consumers hold. Nothing else."""

import asyncio

import pytest
from nats.js.errors import NotFoundError
from typer.testing import CliRunner

from vzaimo.kit.bus import Access
from vzaimo.kit.testing import eventually
from vzaimo.local.bus import cities, files
from vzaimo.local.bus.permissions import CITY_API, durables
from vzaimo.local.cli import app

FACTS = {
    "requests.party.request.request_approved.v1.izhevsk.moskva.a": {"izhevsk", "moskva"},
    "requests.party.request.request_approved.v1.tver.moskva.b": {"tver", "moskva"},
    "requests.pub.ledger.seats_changed.v1.moskva.-.c": {"izhevsk", "tver", "moskva"},
    "requests.int.answer.capacity_applied.v1.moskva.-.d": set(),
}


@pytest.fixture
async def granted(bus):
    """Izhevsk and Tver may read."""
    requests = await bus.come("requests")
    for subject in FACTS:
        await requests.jetstream().publish(subject, subject.encode(), timeout=5)
    access = Access(bus.url, "operator", bus.passwords["operator"])
    for city in ("izhevsk", "tver"):
        await cities.prepare(access, city)
        bus.passwords[city] = files.admit(bus.secrets, city)
    await bus.reload()
    for city in ("izhevsk", "tver"):
        await eventually(lambda city=city: bus.lets_in(city), f"{city} is let in")
    return bus


async def read(client, city):
    """All that a city's durables of REQUESTS hold."""
    js, found = client.jetstream(prefix=CITY_API), set()
    for one in durables(city):
        while one.stream == "REQUESTS" and (await js.consumer_info(one.stream, one.name)).num_pending:
            bound = await js.pull_subscribe_bind(consumer=one.name, stream=one.stream)
            for message in await bound.fetch(1, timeout=5):
                found.add(message.data.decode())
                await message.ack_sync()
            await bound.unsubscribe()
    return found


@pytest.mark.parametrize("city", ["izhevsk", "tver"])
async def test_a_city_reads_public_facts_and_its_own_and_not_anothers(granted, city):
    client = await granted.come(city)
    assert await read(client, city) == {subject for subject, parties in FACTS.items() if city in parties}
    assert await read(client, city) == set()
    assert client.refusals == []


FORBIDDEN = [
    *("calendar.pub.event.event_announced.v1.izhevsk.-.e", "requests.party.request.request_approved.v1.a.b.c"),
    *(f"{api}.STREAM.{act}.REQUESTS" for api in ("$JS.API", CITY_API) for act in ("MSG.GET", "INFO", "DELETE")),
    *(f"{api}.DIRECT.GET.REQUESTS" for api in ("$JS.API", CITY_API)),
    *(f"{api}.CONSUMER.CREATE.REQUESTS.x.requests.pub.>" for api in ("$JS.API", CITY_API)),
    *(f"{api}.CONSUMER.CREATE.REQUESTS.x" for api in ("$JS.API", CITY_API)),
    *(f"{api}.CONSUMER.DURABLE.CREATE.REQUESTS.x" for api in ("$JS.API", CITY_API)),
    *(f"{api}.CONSUMER.MSG.NEXT.REQUESTS.city-tver-own" for api in ("$JS.API", CITY_API)),
    *(f"{CITY_API}.CONSUMER.{act}.REQUESTS.city-izhevsk-own" for act in ("DELETE", "CREATE")),
    *("$JS.ACK.REQUESTS.city-tver-own.1.1.1.1.1", "_INBOX_tver.x", "deliver.notify-request", "dead.notify.city"),
]


async def test_a_city_may_do_nothing_else(granted):
    client = await granted.come("izhevsk")
    assert [subject for subject in FORBIDDEN if await client.may_publish(subject, b"{}")] == []


async def test_a_city_hears_its_own_inbox_alone(granted):
    client = await granted.come("izhevsk")
    assert await client.may_hear("_INBOX_izhevsk.x")
    for subject in ("_INBOX_tver.>", "_INBOX.>", "requests.>", "requests.pub.>", "$JS.>", ">"):
        assert not await client.may_hear(subject), subject


@pytest.mark.parametrize("target", ["$JS.API.STREAM.DELETE.REQUESTS", "requests.pub.x.y.v1.-.-.1", "_INBOX_tver.x"])
async def test_an_answer_that_a_city_sends_elsewhere_gets_nowhere(granted, target):
    """In one account it would: JetStream answers wherever it is told to, and an empty answer deletes a stream."""
    client, operator = await granted.come("izhevsk"), await granted.come("operator")
    tver = await granted.come("tver")
    overheard = []
    listener = tver if "tver" in target else operator

    async def hear(message):
        overheard.append(message.subject)

    await listener.subscribe(target, cb=hear)
    await listener.flush()
    before = (await operator.jetstream().stream_info("REQUESTS")).state.messages
    durable = durables("izhevsk")[-1]
    for _ in range(6):  # more often than there are facts: the last answers are empty
        await client.publish(
            f"{CITY_API}.CONSUMER.MSG.NEXT.{durable.stream}.{durable.name}", b'{"batch":1,"no_wait":true}', reply=target
        )
    # The same connection's own request comes after those; its answer says that they are done.
    await client.request(f"{CITY_API}.CONSUMER.INFO.{durable.stream}.{durable.name}", timeout=5)
    await listener.flush()
    assert overheard == []
    assert (await operator.jetstream().stream_info("REQUESTS")).state.messages == before


async def test_a_city_that_is_revoked_is_put_out_at_once(granted):
    client = await granted.come("izhevsk")
    files.expel(granted.secrets, "izhevsk")
    await cities.clear(Access(granted.url, "operator", granted.passwords["operator"]), "izhevsk")
    await granted.reload()
    await eventually(lambda: client.is_closed, "put out")
    assert not await granted.lets_in("izhevsk")
    assert await granted.lets_in("tver")
    operator = await granted.come("operator")
    with pytest.raises(NotFoundError):
        await operator.jetstream().consumer_info("REQUESTS", "city-izhevsk-own")


async def test_the_commands_grant_and_revoke(bus):
    told = ["--url", bus.url, "--folder", str(bus.secrets), "--password", bus.passwords["operator"]]
    granted = await asyncio.to_thread(CliRunner().invoke, app, ["bus", "grant", "izhevsk", *told])
    assert granted.exit_code == 0, granted.output
    (password,) = (line.split()[1] for line in granted.stdout.splitlines() if line.startswith("password"))
    bus.passwords["izhevsk"] = password
    await bus.reload()
    await eventually(lambda: bus.lets_in("izhevsk"), "let in")
    assert password not in (bus.secrets / "cities.conf").read_text()
    assert (bus.secrets / "cities.conf").stat().st_mode & 0o077 == 0
    revoked = await asyncio.to_thread(CliRunner().invoke, app, ["bus", "revoke", "izhevsk", *told])
    assert revoked.stdout == "izhevsk may read no longer\n"
    wrong = await asyncio.to_thread(CliRunner().invoke, app, ["bus", "grant", "Иж", *told])
    assert (wrong.exit_code, "no city's slug" in wrong.output) == (1, True)
