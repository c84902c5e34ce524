"""The relay against a real nats-server that is killed, frozen and put back to older copies, on both stores."""

import asyncio
import contextlib
import dataclasses
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap

import nats
import pytest
from sqlalchemy import func, select, text, update

from vzaimo.contracts.event import parse
from vzaimo.kit import outbox
from vzaimo.kit.bus import Access, Stream, connect
from vzaimo.kit.cause import Cause
from vzaimo.kit.clock import SystemClock
from vzaimo.kit.database import open_database
from vzaimo.kit.ids import new_id
from vzaimo.kit.metrics import Metrics
from vzaimo.kit.publisher import MOVED, Message, Publisher
from vzaimo.kit.relay import Relay, open_log, reconcile
from vzaimo.kit.relay.healing import heal
from vzaimo.kit.tables import KitModel, OutboxRow, table_of
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.toys import NOTES, TOYS, NoteChanged, NoteErased, ToyMoved
from vzaimo.kit.work import Works

OUTBOX = table_of(OutboxRow)
TOY_STREAM = Stream(TOYS, ("toy.pub.>", "toy.int.toy.>"))
NOTE_STREAM = Stream(NOTES, ("toy.int.note.>",), last_only=True)


async def add(works, *facts):
    async with works.begin(Cause(actor="test")) as work:
        work.add(*facts)


def moves(name, versions):
    return [ToyMoved(aggregate_version=version, name=name, text="x" * 300) for version in versions]


@contextlib.asynccontextmanager
async def running(works, nats_server, outbox=None):
    async def connected(back):
        return await connect(Access(nats_server.url), "toy", back=back)

    relay = Relay(outbox or open_log(works.database), [TOY_STREAM, NOTE_STREAM], connected, SystemClock(), Metrics())
    works.committed.append(relay.wake)
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        works.committed.remove(relay.wake)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def pending(works):
    async with works.database.read() as tx:
        return await tx.scalar(select(func.count()).where(OUTBOX.c.stream_seq.is_(None)))


async def all_published(works):
    await eventually(lambda: none_pending(works), "everything published", patience=60)


async def none_pending(works):
    return await pending(works) == 0


async def stream_ids(nats_server, name=TOYS):
    client = await nats.connect(nats_server.url)
    js = client.jetstream()
    found = []
    newest = (await js.stream_info(name)).state.last_seq
    for seq in range(1, newest + 1):
        with contextlib.suppress(nats.js.errors.NotFoundError):
            message = await js.get_msg(name, seq, direct=True)
            found.append((message.headers["Nats-Msg-Id"], parse(message.data)))
    await client.close()
    return found


async def log_ids(works, name=TOYS):
    async with works.database.read() as tx:
        rows = await tx.all(select(OUTBOX.c.event_id).where(OUTBOX.c.stream == name).order_by(OUTBOX.c.id))
    return [str(row.event_id) for row in rows]


async def check_agreement(works, nats_server):
    published = await stream_ids(nats_server)
    assert sorted(event_id for event_id, _ in published) == sorted(await log_ids(works))
    seen = {}
    for _, event in published:
        assert event.data.aggregate_version == seen.get(event.data.name, 0) + 1, "order of an aggregate"
        seen[event.data.name] = event.data.aggregate_version


async def test_facts_arrive_in_the_order_of_the_log(works, nats_server):
    await add(works, *moves("a", range(1, 701)))
    async with running(works, nats_server):
        await all_published(works)
        await add(works, *moves("a", [701]))
        await all_published(works)
    assert [event_id for event_id, _ in await stream_ids(nats_server)] == await log_ids(works)
    await check_agreement(works, nats_server)


async def test_a_server_that_is_killed_again_and_again_loses_and_doubles_nothing(works, nats_server):
    dice = random.Random(7)
    async with running(works, nats_server):
        versions = dict.fromkeys("abc", 0)
        for _ in range(6):
            for _ in range(12):
                name = dice.choice("abc")
                count = dice.randint(1, 40)
                await add(works, *moves(name, range(versions[name] + 1, versions[name] + count + 1)))
                versions[name] += count
                await asyncio.sleep(dice.random() / 100)
            nats_server.kill()
            await add(works, *moves("c", [versions["c"] + 1]))
            versions["c"] += 1
            nats_server.start()
        await all_published(works)
    await check_agreement(works, nats_server)


async def test_a_server_that_hangs_costs_time_and_nothing_else(works, nats_server, monkeypatch):
    async with running(works, nats_server):
        await add(works, *moves("a", range(1, 50)))
        await all_published(works)
        nats_server.freeze()
        await add(works, *moves("a", range(50, 500)))
        await asyncio.sleep(0.3)
        assert await pending(works) == 450
        nats_server.thaw()
        await all_published(works)
    await check_agreement(works, nats_server)


RELAY_PROCESS = """
    import asyncio, sys
    from vzaimo.kit.bus import Access, Stream, connect
    from vzaimo.kit.clock import SystemClock
    from vzaimo.kit.database import open_database
    from vzaimo.kit.metrics import Metrics
    from vzaimo.kit.relay import Relay, open_log
    from vzaimo.kit.testing.toys import TOYS

    async def main(store, bus):
        database = await open_database(store)
        async def connected(back):
            return await connect(Access(bus), "toy", back=back)
        await Relay(open_log(database), [Stream(TOYS, ("toy.pub.>",))], connected, SystemClock(), Metrics()).run()

    asyncio.run(main(*sys.argv[1:]))
"""


def start_relay(store_url, nats_server):
    return subprocess.Popen((sys.executable, "-c", textwrap.dedent(RELAY_PROCESS), store_url, nats_server.url))


async def test_a_relay_that_is_killed_leaves_nothing_half_done(store_url, nats_server, clock):
    """Killed between publishing and noting, the next one sees in the stream what was done."""
    database = await open_database(store_url)
    await database.in_thread(KitModel.metadata.create_all)
    works = Works(database, clock)
    for start in range(0, 4000, 1000):
        await add(works, *moves("a", range(start + 1, start + 1001)))
    if store_url.startswith("sqlite"):
        await database.close()  # one process a file
    for patience in (0.5, 0.6, 0.7):
        process = start_relay(store_url, nats_server)
        await asyncio.sleep(patience)
        process.send_signal(signal.SIGKILL)
        process.wait()
    if store_url.startswith("sqlite"):
        database = await open_database(store_url)
        works = Works(database, clock)
    async with running(works, nats_server):
        await all_published(works)
    await check_agreement(works, nats_server)
    await database.close()


async def led(works):
    """Whether somebody publishes from this store."""
    async with works.database.read() as tx:
        return await tx.scalar(
            text(
                "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database "
                "WHERE locktype = 'advisory' AND granted AND datname = current_database()"
            )
        )


async def test_who_stands_by_has_nothing_to_publish_when_it_stops(postgres_url, nats_server, clock):
    database = await open_database(postgres_url)
    await database.in_thread(KitModel.metadata.create_all)
    works = Works(database, clock)
    async with running(works, nats_server) as first, running(works, nats_server) as second:
        await eventually(lambda: None not in {first.state.leads, second.state.leads}, "both have asked")
        leader, other = sorted((first, second), key=lambda one: not one.state.leads)
        assert (leader.state.leads, other.state.leads) == (True, False)
        nats_server.stop()
        await add(works, *moves("a", [1]))
        assert await other.drained(0)
        nats_server.start()
        assert await leader.drained(30)
    await database.close()


async def test_of_two_relays_one_publishes_and_the_other_takes_over(postgres_url, nats_server, clock, monkeypatch):
    monkeypatch.setattr("vzaimo.kit.relay.relay.STANDBY", 0.05)
    database = await open_database(postgres_url)
    await database.in_thread(KitModel.metadata.create_all)
    works = Works(database, clock)
    first = start_relay(postgres_url, nats_server)
    await eventually(lambda: led(works), "the first relay leads", patience=60)
    async with running(works, nats_server) as second:
        await eventually(lambda: second.state.leads is False, "the second relay stands by")
        await add(works, *moves("a", range(1, 2001)))
        await all_published(works)
        await add(works, *moves("a", range(2001, 4001)))
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        await add(works, *moves("a", range(4001, 5001)))
        await eventually(lambda: second.state.leads, "the second relay leads")
        await all_published(works)
    await check_agreement(works, nats_server)
    await database.close()


async def test_an_older_copy_of_the_streams_is_filled_up_again(works, nats_server, tmp_path):
    async with running(works, nats_server) as relay:
        await add(works, *moves("a", range(1, 101)))
        await all_published(works)
        nats_server.stop()
        shutil.copytree(nats_server.store_dir, tmp_path / "older")
        nats_server.start()
        await add(works, *moves("a", range(101, 301)))
        await all_published(works)
        nats_server.kill()
        shutil.rmtree(nats_server.store_dir)
        shutil.copytree(tmp_path / "older", nats_server.store_dir)
        nats_server.start()
        await add(works, *moves("a", [301]))
        await eventually(lambda: [one for one in relay.state.healed if one.lost], "healed", patience=30)
        await all_published(works)
    await check_agreement(works, nats_server)


class InHand:
    """A log that has just handed a fact out when an older copy of the streams takes the place of the newer."""

    def __init__(self, log, nats_server, older):
        self._log, self._nats_server, self._older = log, nats_server, older
        self.armed = False

    def __getattr__(self, name):
        return getattr(self._log, name)

    async def pending(self, limit, *, after=0):
        facts = await self._log.pending(limit, after=after)
        if facts and self.armed:
            self.armed = False
            self._nats_server.kill()
            shutil.rmtree(self._nats_server.store_dir)
            shutil.copytree(self._older, self._nats_server.store_dir)
            await asyncio.sleep(0.2)  # the connection is known to be lost: what is published now waits in the client
            asyncio.get_running_loop().call_later(0.2, self._nats_server.start)
        return facts


async def test_a_fact_in_hand_does_not_come_before_those_that_an_older_copy_of_the_streams_lacks(
    works, nats_server, tmp_path
):
    older = tmp_path / "older"
    log = InHand(open_log(works.database), nats_server, older)
    async with running(works, nats_server, log) as relay:
        await add(works, *moves("a", range(1, 11)))
        await all_published(works)
        nats_server.stop()
        shutil.copytree(nats_server.store_dir, older)
        nats_server.start()
        await add(works, *moves("a", range(11, 21)))
        await all_published(works)
        log.armed = True
        await add(works, *moves("a", [21, 22]))
        await eventually(lambda: [one for one in relay.state.healed if one.lost], "healed", patience=30)
        await all_published(works)
    assert [event_id for event_id, _ in await stream_ids(nats_server)] == await log_ids(works)
    await check_agreement(works, nats_server)


async def test_who_leads_no_longer_does_not_come_between(works, nats_server):
    """What a relay published that has lost its leadership meanwhile arrives late: the stream has gone on."""
    async with running(works, nats_server):
        await add(works, *moves("a", range(1, 4)))
        await all_published(works)
        before = Message(str(new_id()), TOYS, "toy.pub.toy.toy_moved.v1.-.-.a", b"{}", after=2)
        client = await connect(Access(nats_server.url), "toy")
        assert await Publisher(client).publish([before]) == [MOVED]
        await client.close()
        await add(works, *moves("a", range(4, 6)))
        await all_published(works)
    assert [event_id for event_id, _ in await stream_ids(nats_server)] == await log_ids(works)


async def test_a_fact_that_its_own_stream_refuses_is_set_aside_and_those_behind_it_keep_their_order(works, nats_server):
    async with running(works, nats_server):
        await add(works, *moves("a", [1]))
        await all_published(works)
    client = await connect(Access(nats_server.url), "toy")
    config = (await client.jetstream().stream_info(TOYS)).config
    await client.jetstream().update_stream(dataclasses.replace(config, max_msg_size=1500))
    await client.close()
    big = ToyMoved(aggregate_version=2, name="a", text="x" * 2000)
    await add(works, *moves("b", [1]), big, *moves("a", [3, 4, 5]))
    async with running(works, nats_server):
        await eventually(lambda: refused(works), "set aside")
        await eventually(lambda: _pending_is(works, 1), "the others are published")
    told = [(event.data.name, event.data.aggregate_version) for _, event in await stream_ids(nats_server)]
    assert told == [("a", 1), ("b", 1), ("a", 3), ("a", 4), ("a", 5)]


async def _pending_is(works, facts):
    return await pending(works) == facts


@pytest.fixture
def forgetful(monkeypatch):
    """A server that knows message ids for a tenth of a second, and whose first answer to the next batch gets lost."""
    monkeypatch.setattr("vzaimo.kit.bus.DUPLICATE_WINDOW", 0.1)
    publish = Publisher.publish

    async def partly(self, messages, **told):
        answers = await publish(self, messages, **told)
        if len(messages) > 1:
            monkeypatch.setattr(Publisher, "publish", publish)
            answers[0] = None
        return answers

    monkeypatch.setattr(Publisher, "publish", partly)


async def test_what_was_answered_in_part_is_recognised_beyond_the_duplicate_window(
    works, nats_server, forgetful, monkeypatch
):
    class Killed(Exception):
        pass

    await add(works, *moves("a", range(1, 6)))
    relay_note = Relay._note

    async def noted(self, *args):
        await relay_note(self, *args)
        raise Killed

    monkeypatch.setattr(Relay, "_note", noted)
    with contextlib.suppress(ExceptionGroup):
        async with running(works, nats_server):
            await asyncio.sleep(0.5)
    monkeypatch.setattr(Relay, "_note", relay_note)
    await asyncio.sleep(0.2)
    async with running(works, nats_server):
        await all_published(works)
    assert [event_id for event_id, _ in await stream_ids(nats_server)] == await log_ids(works)


async def test_an_older_note_is_not_published_over_the_newer_that_the_stream_has(works, nats_server, monkeypatch):
    """Both were published, and the relay died before it noted either; the server has forgotten their ids."""
    monkeypatch.setattr("vzaimo.kit.bus.DUPLICATE_WINDOW", 0.1)
    async with running(works, nats_server):
        await add(works, *(NoteChanged(aggregate_version=version, name="a", text=str(version)) for version in (1, 2)))
        await add(works, NoteChanged(aggregate_version=1, name="b", text="t"))
        await all_published(works)
    async with works.database.begin() as tx:
        await tx.execute(update(OUTBOX).values(stream_seq=None))
    await asyncio.sleep(0.2)
    async with running(works, nats_server) as relay:
        await eventually(lambda: relay.drained(1), "published")
        await eventually(lambda: _noted(works), "noted")
    found = {event.data.name: event.data.aggregate_version for _, event in await stream_ids(nats_server, NOTES)}
    assert found == {"a": 2, "b": 1}


async def _noted(works):
    async with works.database.read() as tx:
        open_rows = select(func.count()).where(OUTBOX.c.stream_seq.is_(None), OUTBOX.c.refused.is_(None))
        return await tx.scalar(open_rows) == 0


async def test_streams_that_are_gone_altogether_are_published_again(works, nats_server):
    async with running(works, nats_server) as relay:
        await add(works, *moves("a", range(1, 301)))
        await all_published(works)
        nats_server.kill()
        shutil.rmtree(nats_server.store_dir)
        nats_server.start()
        await eventually(lambda: [one for one in relay.state.healed if one.lost], "healed", patience=30)
        await all_published(works)
    await check_agreement(works, nats_server)


async def test_what_was_published_but_not_noted_is_recognised_beyond_the_duplicate_window(works, nats_server):
    async with running(works, nats_server):
        await add(works, *moves("a", range(1, 21)))
        await all_published(works)
    async with works.database.begin() as tx:
        await tx.execute(update(OUTBOX).where(OUTBOX.c.stream_seq > 15).values(stream_seq=None))
    client, outbox = await connect(Access(nats_server.url), "toy"), open_log(works.database)
    verdict = await heal(outbox, client.jetstream(), TOY_STREAM)
    await outbox.close()
    assert (verdict.adopted, verdict.lost, verdict.unknown) == (5, 0, None)
    assert await pending(works) == 0
    await client.close()


async def test_a_store_older_than_its_stream_publishes_nothing_until_it_is_reconciled(works, nats_server):
    async with running(works, nats_server):
        await add(works, *moves("a", range(1, 11)), *moves("b", range(1, 6)))
        await all_published(works)
    # What a restored backup looks like: the newest rows are not there.
    async with works.database.begin() as tx:
        await tx.execute(OUTBOX.delete().where(OUTBOX.c.stream_seq > 7))
    await add(works, *moves("c", [1]))
    adopted = {}

    async def adopt(_work, facts):
        adopted.update({fact.name: fact.aggregate_version for fact in facts})

    async with running(works, nats_server) as relay:
        await eventually(lambda: relay.state.behind, "the store is found to be older")
        assert relay.state.behind.unknown == 8
        assert await pending(works) == 1
        client, outbox = await connect(Access(nats_server.url), "toy"), open_log(works.database)
        assert await reconcile(works, outbox, client.jetstream(), TOY_STREAM, adopt) == 8
        await outbox.close()
        await client.close()
        relay.heal_again()
        await all_published(works)
        assert relay.state.behind is None
    assert adopted == {"a": 10, "b": 5}
    assert sorted(event_id for event_id, _ in await stream_ids(nats_server)) == sorted(await log_ids(works))


async def forgotten(works, after):
    """What a restored backup looks like: the newest rows are not there."""
    async with works.database.begin() as tx:
        await tx.execute(OUTBOX.delete().where(OUTBOX.c.stream_seq > after))


async def reconciled(works, nats_server):
    """Reconcile in a process of its own, which no relay hears of."""

    async def adopt(_work, _facts):
        pass

    client, outbox = await connect(Access(nats_server.url), "toy"), open_log(works.database)
    taken = await reconcile(works, outbox, client.jetstream(), TOY_STREAM, adopt)
    await outbox.close()
    await client.close()
    return taken


async def test_a_store_that_is_older_is_known_to_every_replica_and_what_another_reconciles_too(
    postgres_url, nats_server, clock
):
    database = await open_database(postgres_url)
    await database.in_thread(KitModel.metadata.create_all)
    works = Works(database, clock)
    async with running(works, nats_server):
        await add(works, *moves("a", range(1, 11)))
        await all_published(works)
    await forgotten(works, after=7)
    await add(works, *moves("c", [1]))
    async with running(works, nats_server) as first, running(works, nats_server) as second:
        for relay in (first, second):
            await eventually(lambda relay=relay: relay.state.behind, "seen to be older")
            assert (relay.state.behind.stream, relay.state.behind.unknown) == (TOYS, 8)
        assert {first.state.leads, second.state.leads} == {True, False}
        assert await reconciled(works, nats_server) == 3
        for relay in (first, second):
            await eventually(lambda relay=relay: relay.state.behind is None, "reconciled")
        await all_published(works)
    await database.close()


async def test_what_is_reconciled_elsewhere_is_seen(works, nats_server):
    async with running(works, nats_server):
        await add(works, *moves("a", range(1, 6)))
        await all_published(works)
    await forgotten(works, after=3)
    async with running(works, nats_server) as relay:
        await eventually(lambda: relay.state.behind, "seen to be older")
        assert await reconciled(works, nats_server) == 2
        await eventually(lambda: relay.state.behind is None, "reconciled")


async def test_a_message_of_somebody_elses_making_is_named_and_nothing_is_published_behind_it(works, nats_server):
    async with running(works, nats_server) as relay:
        await add(works, *moves("a", [1]))
        await all_published(works)
        client = await connect(Access(nats_server.url), "stranger")
        for headers in (None, {"Nats-Msg-Id": "by hand"}):
            await client.jetstream().publish("toy.pub.toy.toy_moved.v1.-.-.a", b"{}", headers=headers)
        await add(works, *moves("a", [2]))
        await eventually(lambda: relay.state.behind, "seen")
        assert (relay.state.behind.unknown, await pending(works)) == (2, 1)
        for seq in (2, 3):
            await client.jetstream().delete_msg(TOYS, seq)
        await client.close()
        relay.heal_again()
        await all_published(works)
    assert [event.data.aggregate_version for _, event in await stream_ids(nats_server)] == [1, 2]


async def test_contacts_are_healed_by_person_and_the_erased_stay_erased(works, nats_server):
    async with running(works, nats_server) as relay:
        for version in (1, 2):
            await add(works, *(NoteChanged(aggregate_version=version, name=name, text="t") for name in "abc"))
        await all_published(works)
        assert len(await stream_ids(nats_server, NOTES)) == 3
        await add(works, NoteErased(aggregate_version=3, name="a"))
        await all_published(works)
        async with works.database.begin() as tx:  # what erasure does to the log
            await tx.execute(
                update(OUTBOX).where(OUTBOX.c.aggregate_id == "a", OUTBOX.c.aggregate_version < 3).values(body=b"")
            )
        nats_server.kill()
        shutil.rmtree(nats_server.store_dir)
        nats_server.start()
        await eventually(lambda: [one for one in relay.state.healed if one.lost], "healed", patience=30)
        await all_published(works)
    found = {
        event.data.name: (event.data.aggregate_version, event.name) for _, event in await stream_ids(nats_server, NOTES)
    }
    assert found == {"a": (3, "NoteErased"), "b": (2, "NoteChanged"), "c": (2, "NoteChanged")}


async def test_a_contact_that_was_published_but_not_noted_is_no_loss_of_the_others(works, nats_server):
    async with running(works, nats_server):
        await add(works, *(NoteChanged(aggregate_version=1, name=name, text="t") for name in "abc"))
        await all_published(works)
    async with works.database.begin() as tx:
        await tx.execute(update(OUTBOX).where(OUTBOX.c.aggregate_id == "c").values(stream_seq=None))
    client, outbox = await connect(Access(nats_server.url), "toy"), open_log(works.database)
    verdict = await heal(outbox, client.jetstream(), NOTE_STREAM)
    await outbox.close()
    assert (verdict.adopted, verdict.lost, verdict.unknown) == (1, 0, None)
    assert await pending(works) == 0
    await client.close()


async def test_what_was_erased_while_it_waited_is_never_published_and_blocks_nobody(works, nats_server):
    async with running(works, nats_server):
        await add(works, NoteChanged(aggregate_version=1, name="a", text="t"))
        await all_published(works)
    await add(works, *(NoteChanged(aggregate_version=2, name=name, text="t") for name in "ab"))
    async with works.begin(Cause(actor="test")) as work:
        await outbox.blank(work.tx, "note", "a", below=3)
        work.add(NoteErased(aggregate_version=3, name="a"))
    async with works.database.begin() as tx:  # what healing does that read the log before the erasure
        await tx.execute(update(OUTBOX).where(OUTBOX.c.aggregate_version == 1).values(stream_seq=None))
    async with running(works, nats_server) as relay:
        assert await relay.drained(30)
        published = await stream_ids(nats_server, NOTES)
        assert await relay._outbox.backlog() == (0, None)
    assert {(event.data.name, event.name) for _, event in published} == {("a", "NoteErased"), ("b", "NoteChanged")}


async def test_a_store_older_than_an_erasure_learns_of_it_and_brings_nothing_back(works, nats_server):
    async with running(works, nats_server):
        await add(works, *(NoteChanged(aggregate_version=1, name=name, text="t") for name in "abc"))
        await all_published(works)
        await add(works, NoteErased(aggregate_version=2, name="a"), NoteChanged(aggregate_version=2, name="b"))
        await add(works, NoteChanged(aggregate_version=1, name="d"))
        await all_published(works)
    async with works.database.begin() as tx:  # the backup was taken after the third note
        backup = await tx.scalar(select(OUTBOX.c.id).order_by(OUTBOX.c.id).offset(2).limit(1))
        await tx.execute(OUTBOX.delete().where(OUTBOX.c.id > backup))
    adopted = {}

    async def adopt(_work, facts):
        adopted.update({fact.name: type(fact).__name__ for fact in facts})

    async with running(works, nats_server) as relay:
        await eventually(lambda: relay.state.behind, "seen to be older")
        client, log = await connect(Access(nats_server.url), "toy"), open_log(works.database)
        assert await reconcile(works, log, client.jetstream(), NOTE_STREAM, adopt) == 3
        await log.close()
        await client.close()
        relay.heal_again()
        await eventually(lambda: relay.state.behind is None, "healed")
        await all_published(works)
    assert adopted == {"a": "NoteErased", "b": "NoteChanged", "d": "NoteChanged"}
    published = {event.data.name: event.name for _, event in await stream_ids(nats_server, NOTES)}
    assert published == {"a": "NoteErased", "b": "NoteChanged", "c": "NoteChanged", "d": "NoteChanged"}


async def test_a_stream_that_was_lost_long_ago_hides_no_erasure_from_an_older_store(works, nats_server):
    """What was erased keeps its place in the stream that is lost: a higher one than any in the stream that there is."""
    async with running(works, nats_server) as relay:
        await add(works, *(NoteChanged(aggregate_version=version, name="c", text="t") for version in range(1, 6)))
        await add(works, *(NoteChanged(aggregate_version=1, name=name, text="t") for name in "ab"))
        await add(works, NoteErased(aggregate_version=2, name="a"))
        await all_published(works)
        async with works.database.begin() as tx:
            await outbox.blank(tx, "note", "a", below=2)
        nats_server.kill()
        shutil.rmtree(nats_server.store_dir)
        nats_server.start()
        await eventually(lambda: [one for one in relay.state.healed if one.lost], "healed", patience=30)
        await eventually(lambda: _noted(works), "published again")
        await add(works, NoteErased(aggregate_version=2, name="b"))
        await eventually(lambda: _noted(works), "erased")
    async with works.database.begin() as tx:  # the backup was taken before the last erasure
        await tx.execute(OUTBOX.delete().where(OUTBOX.c.id == select(func.max(OUTBOX.c.id)).scalar_subquery()))
    async with running(works, nats_server) as relay:
        await eventually(lambda: relay.state.behind, "seen to be older")
    published = {event.data.name: event.name for _, event in await stream_ids(nats_server, NOTES)}
    assert published == {"a": "NoteErased", "b": "NoteErased", "c": "NoteChanged"}


async def test_a_fact_that_no_stream_takes_is_set_aside_and_blocks_nobody(works, nats_server):
    await add(works, *moves("a", [1, 2, 3]))
    async with works.database.begin() as tx:
        await tx.execute(update(OUTBOX).where(OUTBOX.c.aggregate_version == 2).values(stream="OTHER"))
    async with running(works, nats_server):
        await eventually(lambda: refused(works), "set aside")
    assert [event.data.aggregate_version for _, event in await stream_ids(nats_server)] == [1, 3]


async def refused(works):
    async with works.database.read() as tx:
        rows = await tx.all(select(OUTBOX.c.aggregate_version).where(OUTBOX.c.refused.is_not(None)))
    return [row.aggregate_version for row in rows] == [2]
