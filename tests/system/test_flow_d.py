"""Flow D: doubled, shuffled and late facts change nothing in the end."""

import asyncio
import contextlib
import random

import nats
import pytest
from sqlalchemy import select

from vzaimo.contracts.event import parse
from vzaimo.kit.database import open_database
from vzaimo.kit.inbound import Arrival
from vzaimo.kit.inbound.transaction import handle
from vzaimo.kit.migrations import migrate
from vzaimo.kit.testing import eventually
from vzaimo.kit.work import Works

APPROVE = {"verdict": "approve"}


async def visit(world):
    """Fixed commands; returns the event and the outcome: status and seats of each city."""
    event = await world.announce()
    requests = {}
    for city, count in (("izhevsk", 30), ("tver", 25), ("perm", 20)):
        requests[city] = await world.ask(event, city, count)
    for request in requests.values():
        await world.done("requests", "POST", f"/requests/{request}/decision", "moskva", APPROVE)
    await world.done("requests", "POST", f"/requests/{requests['izhevsk']}/withdraw", "izhevsk")
    views = [await world.see("requests", f"/requests/{request}", city) for city, request in requests.items()]
    return event, [(view["status"], view["granted"], view["waiting"]) for view in views]


OUTCOME = [("withdrawn", 0, 0), ("approved", 25, 0), ("approved", 20, 0)]


async def dump(database, subscriptions):
    """Every copy of a service, row by row."""
    found = {}
    async with database.read() as tx:
        for one in subscriptions:
            if one.copy is not None:
                rows = await tx.all(select(one.copy.table).order_by(*one.copy.table.primary_key.columns))
                found[one.copy.table.name] = [tuple(row) for row in rows]
    return found


async def facts_of(js, subscription):
    info = await js.stream_info(subscription.fact.stream)
    bodies = []
    for seq in range(1, info.state.last_seq + 1):
        with contextlib.suppress(nats.js.errors.NotFoundError):
            message = await js.get_msg(subscription.fact.stream, seq)
            if message.subject.split(".")[2] == subscription.fact.aggregate:
                bodies.append(message.data)
    return bodies


@pytest.mark.parametrize("name", ["calendar", "requests", "notify"])
async def test_flow_D_copies_from_doubled_and_shuffled_facts_equal_those_of_a_clean_run(world, fresh_url, name):
    await world.settle_cities("moskva", "izhevsk", "tver", "perm")
    await visit(world)
    await world.quiet()
    service = world.services[name].service
    clean = await dump(service.works.database, service.parts.subscriptions)
    client = await nats.connect(world.nats.url)
    chance = random.Random(20260927)
    arrivals = []
    for subscription in service.parts.subscriptions:
        for body in await facts_of(client.jetstream(), subscription):
            arrivals += [(subscription, Arrival(parse(body), body))] * chance.randint(1, 3)
    await client.close()
    chance.shuffle(arrivals)
    database = await open_database(fresh_url(name))
    try:
        await migrate(database, service.parts.schemas)
        works = Works(database, world.clock)
        others = {one.durable(name): one for one in service.parts.subscriptions}
        for subscription, arrival in arrivals:
            await handle(works, name, subscription, [arrival], others)
        assert await dump(database, service.parts.subscriptions) == clean
    finally:
        await database.close()


async def gremlin(world, chance, pranks, done):
    """Hands out again what is in the streams, older after newer, as a server does that has heard no acknowledgement.

    Not by publishing it again: in a stream, a relay lets nobody's message stand between its own.
    """
    client = await nats.connect(world.nats.url)
    js = client.jetstream()
    while not done.is_set():
        for name in ("calendar", "requests", "notify"):
            subscription = chance.choice(world.services[name].service.parts.subscriptions)
            stream, durable = subscription.fact.stream, subscription.durable(name)
            last = (await js.stream_info(stream)).state.last_seq
            for seq in [chance.randint(1, last) for _ in range(3) if last]:
                with contextlib.suppress(nats.js.errors.NotFoundError):
                    message = await js.get_msg(stream, seq)
                    if message.subject.split(".")[2] == subscription.fact.aggregate:
                        pranks.append(message.subject)
                        acknowledged = f"$JS.ACK.{stream}.{durable}.2.{seq}.{seq}.0.0"
                        await client.publish(f"deliver.{durable}", message.data, acknowledged, message.headers)
        await asyncio.sleep(0.01)
    await client.close()


async def test_flow_D_the_closed_loop_comes_out_the_same_under_duplication_and_reordering(world):
    await world.settle_cities("moskva", "izhevsk", "tver", "perm")
    pranks, done = [], asyncio.Event()
    mischief = asyncio.create_task(gremlin(world, random.Random(5), pranks, done))
    try:
        for enough in (30, 60):
            event, outcome = await visit(world)
            assert outcome == OUTCOME
            await world.agreed(event, (45, 0, 0))
            await world.hears("tver", event, "event-announced", "request-approved")
            await world.hears("perm", event, "event-announced", "request-approved", "request-promoted")
            await eventually(lambda enough=enough: len(pranks) > enough, "mischief")
            assert await world.seats(event) == (45, 0, 0)
    finally:
        done.set()
        await mischief
    await world.quiet()
    for person in ("izhevsk", "tver", "perm", "moskva"):
        ids = [mail["Message-ID"] for mail in world.mails(person)]
        assert len(ids) == len(set(ids))
