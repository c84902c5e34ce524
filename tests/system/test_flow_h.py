"""Flow H: a service is away for the whole flow and comes back; a store is away for ten minutes."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from vzaimo.kit.bus import DEADLETTER, Access, connect
from vzaimo.kit.database import StoreUnavailable
from vzaimo.kit.testing import eventually

APPROVE = {"verdict": "approve"}
SEATED = "Запрос одобрен"
"""Of the subject of a mail that says that a city has seats."""


async def visit(world, event):
    """Two cities ask, are decided, one confirms, one leaves."""
    requests = {city: await world.ask(event, city, 40) for city in ("izhevsk", "tver")}
    for request in requests.values():
        await world.done("requests", "POST", f"/requests/{request}/decision", "moskva", APPROVE)
    confirmed = requests["izhevsk"]
    await world.done("requests", "POST", f"/requests/{confirmed}/confirm", "izhevsk", {"schedule_revision": 1})
    await world.done("requests", "POST", f"/requests/{confirmed}/withdraw", "izhevsk")
    assert await world.seats(event) == (40, 0, 0)


HEARD = {
    "izhevsk": ["event-announced", "request-approved"],
    "tver": ["event-announced", "request-approved", "request-promoted"],
    "moskva": ["request-submitted"] * 2 + ["request-confirmed", "request-withdrawn"],
}


@pytest.mark.parametrize("away", ["registry", "calendar", "notify"])
async def test_flow_H_whoever_was_away_catches_up_nothing_lost_and_nothing_twice(world, away):
    await world.settle_cities("moskva", "izhevsk", "tver")
    if away == "notify":
        await world.stop(away)
    event = await world.announce()
    await eventually(lambda: _open(world, event), "the ledger")
    if away != "notify":
        await world.quiet()
        await world.stop(away)
    await visit(world, event)
    await world.start(away)
    await world.agreed(event, (40, 0, 0))
    for person, kinds in HEARD.items():
        await world.hears(person, event, *kinds)
    await world.mailed("tver", len(HEARD["tver"]) + 1)  # and one that the city takes part
    await world.mailed("moskva", len(HEARD["moskva"]) + 1)
    # Whoever has withdrawn is mailed of seats only if that left before.
    assert len(world.mails("izhevsk")) - len(world.mails("izhevsk", SEATED)) == len(HEARD["izhevsk"])
    assert len(world.mails("izhevsk", SEATED)) <= 1


async def test_flow_H_a_ledger_that_was_away_answers_the_announcement_when_it_is_back(world):
    await world.settle_cities("moskva", "izhevsk", "tver")
    await world.stop("requests")
    event = await world.announce()
    shown = await world.see("calendar", f"/events/{event}")
    assert (shown["capacity_requested"]["no"], shown["seats"]) == (1, [])
    await world.start("requests")
    await visit(world, event)
    await world.agreed(event, (40, 0, 0))
    settled = await world.see("calendar", f"/events/{event}")
    assert (settled["capacity_no"], settled["capacity_applied"], settled["capacity_requested"]) == (1, True, None)


async def _open(world, event):
    return (await world.call("requests", "GET", f"/events/{event}/seats")).is_success


@asynccontextmanager
async def store_away(service, monkeypatch):
    """Every transaction of a service fails as it does when the store does not answer."""

    @asynccontextmanager
    async def nothing():
        raise StoreUnavailable("away")
        yield

    database = service.service.works.database
    with monkeypatch.context() as patch:
        patch.setattr(database, "begin", nothing)
        patch.setattr(database, "read", nothing)
        yield


@pytest.mark.parametrize("away", ["calendar", "requests", "notify"])
async def test_flow_H_a_store_away_for_ten_minutes_makes_no_dead_letter(world, away, monkeypatch):
    await world.settle_cities("moskva", "izhevsk", "tver")
    event = await world.announce()
    await eventually(lambda: _open(world, event), "the ledger")
    await world.quiet()
    service = world.services[away]
    async with store_away(service, monkeypatch):
        answer = await world.call(away, "GET", "/inbox" if away == "notify" else f"/events/{event}", "tver")
        assert answer.status_code in {404, 503}
        if away == "requests":
            await world.done("calendar", "POST", f"/events/{event}/cancel", "moskva", {"reason": "force-majeure"})
        elif away == "notify":
            await visit(world, event)
        else:
            request = await world.ask(event, "tver", 3)
            await world.done("requests", "POST", f"/requests/{request}/decision", "moskva", APPROVE)
        await asyncio.sleep(0.5)
        world.clock.advance(timedelta(minutes=10))
        await asyncio.sleep(0.5)
    if away == "requests":
        await eventually(lambda: _closed(world, event), "the end")
    elif away == "notify":
        await world.hears("tver", event, *HEARD["tver"])
    else:
        await world.agreed(event, (3, 0, 0))
    await world.quiet()
    client = await connect(Access(world.nats.url), "test-letters")
    assert (await client.jetstream().stream_info(DEADLETTER)).state.messages == 0
    await client.close()


async def _closed(world, event):
    answer = await world.call("requests", "GET", f"/events/{event}/seats")
    told = [fact for fact in await world.services["requests"].facts("SeatsChanged") if fact.data.ledger.closed]
    return answer.is_success and told
