"""Facts from a real nats-server into both stores: each effect once, whatever dies and whatever comes."""

import asyncio
import contextlib
import dataclasses
import json
import random
from datetime import UTC, datetime, timedelta

import nats
import pytest
from faststream.nats import NatsBroker
from nats.js.api import DeliverPolicy
from sqlalchemy import func, insert, select, text
from sqlmodel import Field, SQLModel

from vzaimo.contracts.event import envelope, parse
from vzaimo.kit.bus import DEADLETTER, Access, Stream, ensure_stream
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import StoreUnavailable, open_database
from vzaimo.kit.forgetting import HANDLED, forget
from vzaimo.kit.ids import new_id
from vzaimo.kit.inbound import Arrival, Copy, Inbound, Subscription, failures, transaction
from vzaimo.kit.inbound.consumer import ACK_WAIT, HELD
from vzaimo.kit.inbound.copies import keep
from vzaimo.kit.inbound.transaction import handle
from vzaimo.kit.metrics import Metrics
from vzaimo.kit.publisher import Message, Publisher
from vzaimo.kit.tables import InboxRow, KitModel, ParkedRow, new_registry, table_of
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.toys import NOTES, TOYS, NoteChanged, NoteFact, ToyFact, ToyMoved
from vzaimo.kit.work import Works


class Model(SQLModel, registry=new_registry()):
    pass


class ToyRow(Model, table=True):
    __tablename__ = "toy"
    name: str = Field(primary_key=True)
    text: str
    version: int


class SeenRow(Model, table=True):
    """One row an effect: a doubled effect is a doubled row."""

    __tablename__ = "seen"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    before: int
    after: int


TOY, SEEN, PARKED, INBOX = map(table_of, (ToyRow, SeenRow, ParkedRow, InboxRow))
COPY = Copy(TOY, lambda fact: {"name": fact.name, "text": fact.text, "version": fact.aggregate_version})


async def note_changes(work, batch):
    rows = []
    for change in batch.changes:
        if change.fact.text == "poison":
            raise ValueError("poison")
        if change.fact.text == "endless":
            await work.execute(text("SET LOCAL statement_timeout = 10"))
            await work.execute(text("SELECT pg_sleep(60)"))
        before = change.before.version if change.before else 0
        rows.append({"name": change.after["name"], "before": before, "after": change.after["version"]})
    if rows:
        await work.execute(insert(SEEN), rows)


TOYS_READ = Subscription(ToyFact, copy=COPY, effect=note_changes)


@pytest.fixture
async def bus(nats_server, database):
    await database.in_thread(Model.metadata.create_all)
    client = await nats.connect(nats_server.url, max_reconnect_attempts=-1, reconnect_time_wait=0.1)
    await ensure_stream(client.jetstream(), Stream(TOYS, ("toy.pub.>",)))
    await ensure_stream(client.jetstream(), Stream(NOTES, ("toy.int.note.>",), last_only=True))
    yield client
    await client.close()


@contextlib.asynccontextmanager
async def consuming(works, nats_server, *subscriptions):
    subscriptions = subscriptions or (TOYS_READ,)
    inbound = Inbound("reader", works, Access(nats_server.url), subscriptions, Metrics())
    task = asyncio.create_task(inbound.run())
    try:
        yield inbound
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def event_of(fact, clock, event_id=None):
    event = envelope(fact, event_id=event_id or new_id(), time=clock.now())
    return fact.subject, str(event.id), event.model_dump_json(exclude_none=True).encode()


async def send(bus, events):
    """As the relay does: again and again until the stream has it."""
    publisher = Publisher(bus)
    missing = [
        Message(event_id, TOYS if "toy_moved" in subject else NOTES, subject, body)
        for subject, event_id, body in events
    ]
    while missing:
        answers = await publisher.publish(missing, patience=1)
        missing = [message for message, answer in zip(missing, answers, strict=True) if answer is None]
        await asyncio.sleep(0.05 if missing else 0)


def toy(name, version, text=""):
    return ToyMoved(aggregate_version=version, name=name, text=text)


async def copies(works):
    async with works.database.read() as tx:
        return {row.name: row.version for row in await tx.all(select(TOY))}


async def effects(works):
    async with works.database.read() as tx:
        return [tuple(row) for row in await tx.all(select(SEEN.c.name, SEEN.c.before, SEEN.c.after))]


async def level(works, expected):
    await eventually(lambda: _equal(works, expected), f"copies {expected}", patience=30)


async def _equal(works, expected):
    return await copies(works) == expected


async def dead_letters(bus):
    js = bus.jetstream()
    info = await js.stream_info(DEADLETTER)
    return [await js.get_msg(DEADLETTER, seq) for seq in range(1, info.state.last_seq + 1)]


async def test_a_fact_changes_the_copy_and_has_its_effect_in_one_transaction(works, bus, nats_server, clock):
    async with consuming(works, nats_server) as inbound:
        await send(bus, [event_of(toy("a", 1), clock), event_of(toy("a", 2), clock)])
        await level(works, {"a": 2})
        await eventually(lambda: inbound.caught_up and inbound.lag["reader-toy"] == 0, "level with the stream")
    steps = await effects(works)
    assert steps[0][1] == 0
    assert steps[-1][2] == 2
    assert all(before < after for _, before, after in steps)


async def test_doubled_and_shuffled_facts_give_the_same_copies_and_no_effect_twice(works, bus, nats_server, clock):
    events = [event_of(toy(name, version), clock) for name in "abcdef" for version in range(1, 30)]
    shuffled = events * 2
    random.Random(3).shuffle(shuffled)
    async with consuming(works, nats_server):
        js = bus.jetstream()
        for number, (subject, _, body) in enumerate(shuffled):
            await js.publish(subject, body, headers={"Nats-Msg-Id": str(number)})
        await level(works, dict.fromkeys("abcdef", 29))
    seen = await effects(works)
    assert len({(name, after) for name, _, after in seen}) == len(seen)
    assert len({(name, before) for name, before, _ in seen}) == len(seen)


async def test_the_older_fact_that_comes_late_changes_nothing(works, bus, nats_server, clock):
    async with consuming(works, nats_server) as inbound:
        await send(bus, [event_of(toy("a", 2, "ended"), clock)])
        await level(works, {"a": 2})
        await send(bus, [event_of(toy("a", 1, "granted"), clock), event_of(toy("b", 1), clock)])
        await level(works, {"a": 2, "b": 1})
        await eventually(lambda: inbound.lag.get("reader-toy") == 0, "handled")
    async with works.database.read() as tx:
        assert await tx.scalar(select(TOY.c.text).where(TOY.c.name == "a")) == "ended"
    assert [step for step in await effects(works) if step[0] == "a"] == [("a", 0, 2)]


async def test_poison_in_the_middle_of_a_batch_delays_nobody_and_is_given_up(
    works, bus, nats_server, clock, monkeypatch
):
    monkeypatch.setattr(failures, "DELAYS", (timedelta(milliseconds=10),) * 4)
    await send(bus, [event_of(toy(f"t{n}", 1, "poison" if n == 128 else ""), clock) for n in range(256)])
    async with consuming(works, nats_server):
        await level(works, {f"t{n}": 1 for n in range(256) if n != 128})
        letters = await eventually(lambda: dead_letters(bus), "a dead letter")
    assert len(letters) == 1
    assert letters[0].subject == "dead.reader.toy"
    assert letters[0].headers["reason"] == "ValueError: poison"
    assert letters[0].headers["consumer"] == "reader-toy"
    assert json.loads(letters[0].data)["data"]["name"] == "t128"
    assert len(await effects(works)) == 255


async def test_what_is_no_fact_or_of_an_unknown_version_is_given_up_at_once(works, bus, nats_server, clock):
    good = event_of(toy("good", 1), clock)
    newer = good[2].replace(b".v1", b".v7")
    js = bus.jetstream()
    await js.publish("toy.pub.toy.toy_moved.v1.-.-.x", b"not json")
    await js.publish("toy.pub.toy.toy_moved.v7.-.-.x", newer)
    await js.publish("toy.pub.toy.toy_moved.v1.-.-.x", good[2].replace(b'"name":"good"', b'"name":7'))
    await send(bus, [good])
    async with consuming(works, nats_server):
        await level(works, {"good": 1})
        await eventually(lambda: _count(bus, 3), "three dead letters")
    reasons = [letter.headers["reason"] for letter in await dead_letters(bus)]
    assert "json_invalid" in reasons[0]
    assert "v7" in reasons[1]
    assert "data.name: string_type" in reasons[2]


async def _count(bus, number):
    return len(await dead_letters(bus)) == number


async def test_contact_data_are_never_put_aside_anywhere(works, bus, nats_server, clock, monkeypatch):
    monkeypatch.setattr(failures, "DELAYS", (timedelta(milliseconds=1),) * 4)

    async def refuse(_work, _batch):
        raise ValueError("no")

    await send(bus, [event_of(NoteChanged(aggregate_version=1, name="a", text="secret"), clock)])
    await bus.jetstream().publish("toy.int.note.note.v1.-.-.b", b"not json")
    async with consuming(works, nats_server, Subscription(NoteFact, effect=refuse)) as inbound:
        await eventually(lambda: inbound.lag.get("reader-note") == 0, "given up", patience=30)
    assert await dead_letters(bus) == []


async def test_a_store_that_is_away_for_ten_minutes_makes_no_dead_letter(works, bus, nats_server, clock, monkeypatch):
    real, away = works.database.begin, True

    def begin():
        if away:
            raise StoreUnavailable("gone")
        return real()

    async with consuming(works, nats_server) as inbound:
        await eventually(lambda: inbound.caught_up, "level")
        monkeypatch.setattr(works.database, "begin", begin)
        await send(bus, [event_of(toy(f"t{n}", 1), clock) for n in range(300)])
        await asyncio.sleep(0.2)
        clock.advance(timedelta(minutes=10))
        await asyncio.sleep(0.2)
        away = False
        await level(works, {f"t{n}": 1 for n in range(300)})
    assert await dead_letters(bus) == []
    assert len(await effects(works)) == 300


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
async def test_a_fact_that_takes_the_store_too_long_each_time_holds_nobody_up(
    works, bus, nats_server, clock, monkeypatch
):
    """The store answers everybody else: it is the fact, not an outage."""
    monkeypatch.setattr(failures, "DELAYS", (timedelta(milliseconds=10),) * 4)
    await send(bus, [event_of(toy(f"t{n}", 1, "endless" if n == 5 else ""), clock) for n in range(10)])
    async with consuming(works, nats_server):
        await level(works, {f"t{n}": 1 for n in range(10) if n != 5})
        letters = await eventually(lambda: dead_letters(bus), "a dead letter")
    assert [letter.headers["reason"] for letter in letters] == ["StatementTimeout: QueryCanceled"]
    assert json.loads(letters[0].data)["data"]["name"] == "t5"


async def needs_a_toy(work, batch):
    """A note is noted when there is a toy of its first name; poison never is."""
    for arrival in batch.arrivals:
        toy_name = arrival.fact.name.partition("-")[0]
        if await work.scalar(select(TOY.c.version).where(TOY.c.name == toy_name)) is None:
            batch.park(arrival, f"toy:{toy_name}")
        elif arrival.fact.text == "poison":
            raise ValueError("poison")
        else:
            await work.execute(insert(SEEN), {"name": arrival.fact.name, "before": 0, "after": 1})


WAITING_FOR_TOYS = Subscription(ToyFact, copy=COPY), Subscription(NoteFact, effect=needs_a_toy)


async def take(works, clock, *facts):
    """Handle facts of one aggregate as a consumer does."""
    arrivals = [Arrival(parse(body), body) for _, _, body in (event_of(fact, clock) for fact in facts)]
    subscription = next(one for one in WAITING_FOR_TOYS if isinstance(facts[0], one.fact))
    by_name = {one.durable("reader"): one for one in WAITING_FOR_TOYS}
    return await handle(works, "reader", subscription, arrivals, by_name)


def note(name, text=""):
    return NoteChanged(aggregate_version=1, name=name, text=text)


async def parked(works):
    async with works.database.read() as tx:
        return {row.needs: row.parked_at for row in await tx.all(select(PARKED))}


async def test_all_that_waits_for_a_fact_is_handled_with_it(works, clock, monkeypatch):
    monkeypatch.setattr(transaction, "UNPARK_AT_ONCE", 3)
    await works.database.in_thread(Model.metadata.create_all)
    await take(works, clock, *(note(f"a-{number}") for number in range(10)))
    assert len(await effects(works)) == 0
    await take(works, clock, toy("a", 1))
    assert len(await effects(works)) == 10
    assert await parked(works) == {}


async def test_a_parked_fact_that_fails_does_not_hold_up_what_it_waited_for(works, clock):
    await works.database.in_thread(Model.metadata.create_all)
    await take(works, clock, note("a-1", "poison"))
    assert await take(works, clock, toy("a", 1)) == 1
    assert await copies(works) == {"a": 1}
    assert await parked(works) == {"toy:a": clock.now()}


async def test_what_waits_for_something_else_afterwards_has_waited_since_it_came(works, clock):
    async def needs_two(_work, batch):
        for arrival in batch.arrivals:
            batch.park(arrival, f"toy:{next(wanted)}")

    await works.database.in_thread(Model.metadata.create_all)
    wanted, came = iter("ab"), clock.now()
    both = WAITING_FOR_TOYS[0], Subscription(NoteFact, effect=needs_two)
    by_name = {one.durable("reader"): one for one in both}
    for subscription, fact in ((both[1], note("x")), (both[0], toy("a", 1))):
        body = event_of(fact, clock)[2]
        await handle(works, "reader", subscription, [Arrival(parse(body), body)], by_name)
        clock.advance(timedelta(minutes=1))
    assert await parked(works) == {"toy:b": came}


async def test_what_arrives_while_a_fact_is_being_parked_for_it_is_not_missed(postgres_url, clock):
    """Of two replicas one parks, the other takes what is needed: neither sees what the other has not committed."""
    replicas = [Works(await open_database(postgres_url), clock) for _ in range(2)]
    for model in (KitModel, Model):
        await replicas[0].database.in_thread(model.metadata.create_all)
    effect, came = WAITING_FOR_TOYS[1].effect, []

    async def slowly(work, batch):
        await effect(work, batch)
        if not came:
            came.append(await take(replicas[1], clock, toy("a", 1)))

    both = WAITING_FOR_TOYS[0], Subscription(NoteFact, effect=slowly)
    body = event_of(note("a-1"), clock)[2]
    await handle(
        replicas[0], "reader", both[1], [Arrival(parse(body), body)], {one.durable("reader"): one for one in both}
    )
    found, left = await effects(replicas[0]), await parked(replicas[0])
    for works in replicas:
        await works.database.close()
    assert (came, found, left) == ([1], [("a-1", 0, 1)], {})


async def test_a_parked_fact_that_comes_again_looks_once_more_for_what_it_needs(works, clock):
    """As when the process that parked it was killed before it looked for itself, and what is needed came meanwhile."""
    await works.database.in_thread(Model.metadata.create_all)
    body = event_of(note("a-1"), clock)[2]
    arrival, by_name = Arrival(parse(body), body), {one.durable("reader"): one for one in WAITING_FOR_TOYS}
    await handle(works, "reader", WAITING_FOR_TOYS[1], [arrival], by_name)
    async with works.begin(Cause(actor="test")) as work:
        await work.execute(insert(TOY), {"name": "a", "text": "", "version": 1})
    assert await handle(works, "reader", WAITING_FOR_TOYS[1], [arrival], by_name) == 0
    assert (await effects(works), await parked(works)) == ([("a-1", 0, 1)], {})


async def test_a_parked_fact_runs_when_what_it_needs_has_come(works, bus, nats_server, clock):
    both = WAITING_FOR_TOYS
    async with consuming(works, nats_server, *both) as inbound:
        await send(bus, [event_of(NoteChanged(aggregate_version=1, name="a"), clock)])
        await eventually(lambda: inbound.parked == 1, "parked")
        assert await effects(works) == []
        await send(bus, [event_of(toy("a", 1), clock)])
        await eventually(lambda: effects(works), "the effect")
    async with works.database.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(PARKED)) == 0


async def test_a_server_that_is_killed_while_facts_flow_doubles_no_effect(works, bus, nats_server, clock):
    async with consuming(works, nats_server):
        for start in range(0, 600, 200):
            await send(bus, [event_of(toy(f"t{n}", 1), clock) for n in range(start, start + 200)])
            nats_server.kill()
            nats_server.start()
        await level(works, {f"t{n}": 1 for n in range(600)})
    assert len(await effects(works)) == 600


async def test_a_reader_that_was_stopped_goes_on_where_it_was(works, bus, nats_server, clock):
    async with consuming(works, nats_server):
        await send(bus, [event_of(toy("a", 1), clock)])
        await level(works, {"a": 1})
    await send(bus, [event_of(toy("b", 1), clock)])
    async with consuming(works, nats_server):
        await level(works, {"a": 1, "b": 1})
    assert sorted(await effects(works)) == [("a", 0, 1), ("b", 0, 1)]


async def test_a_consumer_that_the_server_has_lost_is_made_anew(works, bus, nats_server, clock):
    async with consuming(works, nats_server):
        await send(bus, [event_of(toy("a", 1), clock)])
        await level(works, {"a": 1})
        await bus.jetstream().delete_consumer(TOYS, "reader-toy")
        await send(bus, [event_of(toy("b", 1), clock)])
        await level(works, {"a": 1, "b": 1})
    assert sorted(await effects(works)) == [("a", 0, 1), ("b", 0, 1)]


async def test_two_readers_share_the_work_and_no_effect_is_doubled(bus, works, nats_server, clock):
    await send(bus, [event_of(toy(f"t{n % 50}", n // 50 + 1), clock) for n in range(500)])
    async with consuming(works, nats_server), consuming(works, nats_server):
        await level(works, {f"t{n}": 10 for n in range(50)})
    seen = await effects(works)
    assert len({(name, after) for name, _, after in seen}) == len(seen)
    assert len({(name, before) for name, before, _ in seen}) == len(seen)


async def test_what_comes_again_when_its_handling_is_forgotten_is_known_by_its_version(works, bus, nats_server, clock):
    async with consuming(works, nats_server) as inbound:
        await send(bus, [event_of(toy("a", 1), clock), event_of(toy("b", 1), clock)])
        await level(works, {"a": 1, "b": 1})
        clock.advance(HANDLED)
        assert await forget(works) == 2
        assert await inbound.rewind("reader-toy") == 2
        await eventually(lambda: _known(works, 2), "handled again")
    assert sorted(await effects(works)) == [("a", 0, 1), ("b", 0, 1)]


async def _known(works, facts):
    async with works.database.read() as tx:
        return await tx.scalar(select(func.count()).select_from(INBOX)) == facts


async def test_a_consumer_that_a_replica_makes_anew_meanwhile_is_fed_as_the_operator_said(
    works, bus, nats_server, clock, monkeypatch
):
    """Whoever watches makes a durable that is missing, also in the moment in which it is to begin elsewhere."""
    async with consuming(works, nats_server) as inbound:
        await send(bus, [event_of(toy("a", 1), clock)])
        await level(works, {"a": 1})
        js = await inbound._jetstream()
        usual, delete = (await js.consumer_info(TOYS, "reader-toy")).config, js.delete_consumer

        async def watched(*names):
            await delete(*names)
            monkeypatch.setattr(js, "delete_consumer", delete)
            await js.add_consumer(TOYS, usual)

        async def same():
            return js

        monkeypatch.setattr(inbound, "_jetstream", same)
        monkeypatch.setattr(js, "delete_consumer", watched)
        assert await inbound.rewind("reader-toy", since=datetime.now(UTC) + timedelta(hours=1)) == 0
        config = (await js.consumer_info(TOYS, "reader-toy")).config
        assert config.deliver_policy == DeliverPolicy.BY_START_TIME


async def test_who_is_told_to_end_while_it_subscribes_ends(works, bus, nats_server, monkeypatch):
    """nats-py may swallow the only word of it; nobody hears then that those begun afterwards are to end."""
    begun = asyncio.Event()

    async def swallows(_broker):
        begun.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    monkeypatch.setattr(NatsBroker, "start", swallows)
    reading = asyncio.create_task(Inbound("reader", works, Access(nats_server.url), (TOYS_READ,), Metrics()).run())
    await begun.wait()
    reading.cancel()
    ended, _ = await asyncio.wait({reading}, timeout=10)
    reading.cancel()
    assert ended


async def test_a_reader_that_is_told_to_begin_anew_has_subscribed_first(works, bus, nats_server, clock, monkeypatch):
    """What is made anew while it subscribes, nats-py would make in its own way, and nothing would come."""
    real, may, asked = NatsBroker.start, asyncio.Event(), asyncio.Event()

    async def slowly(broker):
        asked.set()
        await may.wait()
        await real(broker)

    monkeypatch.setattr(NatsBroker, "start", slowly)
    await send(bus, [event_of(toy("a", 1), clock)])
    async with consuming(works, nats_server) as inbound:
        await asked.wait()
        rewinding = asyncio.create_task(inbound.rewind())
        done, _ = await asyncio.wait({rewinding}, timeout=0.2)
        assert not done
        may.set()
        assert await rewinding <= 1
        await level(works, {"a": 1})


async def test_a_service_without_copies_has_nothing_to_rebuild(works, nats_server):
    assert await Inbound("owner", works, Access(nats_server.url), (), Metrics()).rebuild() == []


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def test_two_replicas_that_hear_of_something_new_at_once_act_one_after_the_other(postgres_url, clock):
    """Whoever is second sees what the first has stored; else both would take it for news."""
    database = await open_database(postgres_url)
    await database.in_thread(Model.metadata.create_all)
    works, cause, stored = Works(database, clock), Cause(actor="test"), asyncio.Event()

    async def hear(version):
        arrival = Arrival(parse(event_of(toy("a", version), clock)[2]), b"")
        async with works.begin(cause) as work:
            changes = await keep(work, COPY, [arrival])
            if version == 1:
                stored.set()
                await eventually(waiting, "the second waits for the first")
        return [(change.before and change.before.version, change.after["version"]) for change in changes]

    async def waiting():
        async with database.read() as tx:
            return await tx.scalar(text(WAITING))

    first = asyncio.create_task(hear(1))
    await stored.wait()
    assert await hear(2) == [(1, 2)]
    assert await first == [(None, 1)]
    await database.close()


async def test_a_consumer_of_an_earlier_release_takes_the_present_settings_and_keeps_its_place(
    works, bus, nats_server, clock
):
    async with consuming(works, nats_server):
        await send(bus, [event_of(toy("a", 1), clock)])
        await level(works, {"a": 1})
    js = bus.jetstream()
    config = (await js.consumer_info(TOYS, "reader-toy")).config
    await js.add_consumer(TOYS, dataclasses.replace(config, ack_wait=30, max_ack_pending=10))
    async with consuming(works, nats_server):
        await send(bus, [event_of(toy("b", 1), clock)])
        await level(works, {"a": 1, "b": 1})
    info = await js.consumer_info(TOYS, "reader-toy")
    assert (info.config.ack_wait, info.config.max_ack_pending, info.delivered.consumer_seq) == (ACK_WAIT, HELD, 2)
