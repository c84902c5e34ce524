"""Both stores behind one interface: what a transaction promises."""

import asyncio
import os
import re
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import traceback

import psycopg
import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from vzaimo.kit.database import Conflict, StoreUnavailable, open_database, retry_conflicts
from vzaimo.kit.migrations import KIT, check, migrate
from vzaimo.kit.tables import KitModel, MarkRow, table_of

MARK = table_of(MarkRow)


async def value(database, name="n"):
    async with database.read() as tx:
        return await tx.scalar(select(MARK.c.value).where(MARK.c.name == name))


async def put(database, name="n", given="0"):
    async with database.begin() as tx:
        await tx.execute(insert(MARK), {"name": name, "value": given})


async def test_leaving_the_block_commits_and_an_exception_rolls_back(database):
    await put(database)
    with pytest.raises(RuntimeError):
        async with database.begin() as tx:
            await tx.execute(update(MARK).values(value="1"))
            raise RuntimeError
    assert await value(database) == "0"


CHECKED_AT_COMMIT = (
    "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
    "CREATE TABLE child (id INTEGER REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)",
)


async def test_a_commit_that_fails_leaves_nothing_and_blocks_nobody(database):
    async with database.begin() as tx:
        for statement in CHECKED_AT_COMMIT:
            await tx.execute(text(statement))
    with pytest.raises(IntegrityError):
        async with database.begin() as tx:
            await tx.execute(text("INSERT INTO child VALUES (1)"))
    await put(database)
    async with database.read() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM child")) == 0
    assert await value(database) == "0"


async def test_a_disk_that_is_full_at_the_commit_is_an_outage_and_no_bug(tmp_path, monkeypatch):
    database = await open_database(f"sqlite:///{tmp_path / 'x.db'}")
    await database.in_thread(MARK.metadata.create_all)
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorname = "SQLITE_FULL"

    def commit(_connection):
        raise full

    with monkeypatch.context() as patch:
        patch.setattr(database._writing.dialect, "do_commit", commit)
        with pytest.raises(StoreUnavailable, match="SQLITE_FULL"):
            await put(database)
    assert await value(database) is None
    await put(database)
    assert await value(database) == "0"
    await database.close()


async def test_a_cancelled_transaction_leaves_nothing_and_blocks_nobody(database):
    await put(database)

    async def change():
        async with database.begin() as tx:
            await tx.execute(update(MARK).values(value="1"))
            raise asyncio.CancelledError

    task = asyncio.create_task(change())
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.begin() as tx:
        await tx.execute(update(MARK).values(value="2"))
    assert await value(database) == "2"


async def test_concurrent_read_modify_write_loses_no_update(database):
    await put(database)

    async def add_one():
        async with database.begin() as tx:
            found = await tx.scalar(select(MARK.c.value).where(MARK.c.name == "n").with_for_update())
            await tx.execute(update(MARK).values(value=str(int(found) + 1)))

    await asyncio.gather(*(add_one() for _ in range(40)))
    assert await value(database) == "40"


async def test_a_reader_sees_what_was_committed_only(database):
    await put(database)
    async with database.begin() as tx:
        await tx.execute(update(MARK).values(value="1"))
        if database.dialect == "postgresql":
            assert await value(database) == "0"
    assert await value(database) == "1"


async def test_long_work_runs_in_a_transaction_of_its_own(database):
    await put(database)

    def change(connection):
        connection.execute(update(MARK).values(value="3"))
        return connection.execute(select(MARK.c.value)).scalar()

    assert await database.in_thread(change) == "3"
    assert await value(database) == "3"


async def test_a_store_answers_whoever_asks_while_a_crowd_has_every_connection(postgres_url):
    database = await open_database(postgres_url, pool_size=2)
    async with database.begin() as one, database.begin() as other:
        assert (await one.scalar(select(1)), await other.scalar(select(1))) == (1, 1)
        async with asyncio.timeout(10):
            await database.answers()
            assert await database.in_thread(lambda connection: connection.scalar(select(2))) == 2
    await database.close()
    with pytest.raises(StoreUnavailable):
        await (await open_database("postgresql://nobody@127.0.0.1:1/none")).answers()


async def test_a_store_answers_whoever_asks_while_long_work_has_every_connection_for_it(store_url):
    """Exports and feeds of visitors are long work: many of them must not make a service look as if it had no store."""
    database, done = await open_database(store_url), threading.Event()
    await migrate(database, [KIT])

    def long_work(connection):
        if database.dialect == "sqlite":
            done.wait(30)
        else:
            connection.exec_driver_sql("SELECT pg_sleep(30)")

    at_work = [asyncio.create_task(database.in_thread(long_work)) for _ in range(4)]
    try:
        await asyncio.sleep(0.1)
        async with asyncio.timeout(5):
            await database.answers()
            await check(database, [KIT])
        assert not any(task.done() for task in at_work)
    finally:
        done.set()
        for task in at_work:
            task.cancel()
        await asyncio.wait(at_work)
        await database.close()


async def test_a_second_process_is_kept_out_of_an_sqlite_file(tmp_path):
    first = await open_database(f"sqlite:///{tmp_path / 'x.db'}")
    with pytest.raises(StoreUnavailable, match="held by another process"):
        await open_database(f"sqlite:///{tmp_path / 'x.db'}")
    await first.close()
    await (await open_database(f"sqlite:///{tmp_path / 'x.db'}")).close()


async def test_a_url_of_another_store_is_refused():
    with pytest.raises(ValueError, match="must begin with sqlite:/// or postgresql://"):
        await open_database("mysql://x/y")


async def test_an_sqlite_transaction_that_awaits_something_else_is_found_out(tmp_path):
    database = await open_database(f"sqlite:///{tmp_path / 'x.db'}")
    with pytest.raises(AssertionError, match="awaited something else"):
        async with database.begin():
            await asyncio.sleep(0)
    await database.close()


async def test_a_store_that_is_not_there_is_told_apart_from_a_bug():
    database = await open_database("postgresql://nobody@127.0.0.1:9/nothing?connect_timeout=1")
    with pytest.raises(StoreUnavailable):
        async with database.read() as tx:
            await tx.scalar(text("SELECT 1"))
    await database.close()


@pytest.mark.parametrize("state", ["53100", "53200", "53300", "57014", "57P01", "58030", "08006", "55P03", "25006"])
async def test_what_the_server_is_to_blame_for_is_an_outage_and_no_bug(postgres_url, state):
    """Else a full disk, a statement that waits too long or a standby would make dead letters of good facts."""
    database = await open_database(postgres_url)
    with pytest.raises(StoreUnavailable):
        async with database.begin() as tx:
            await tx.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"))
    await database.close()


async def test_a_slow_statement_and_a_standby_are_outages(postgres_url):
    database = await open_database(postgres_url)
    for setting, statement in (
        ("statement_timeout = 10", "SELECT pg_sleep(5)"),
        ("transaction_read_only = on", "CREATE TABLE x (id INTEGER)"),
    ):
        with pytest.raises(StoreUnavailable):
            async with database.begin() as tx:
                await tx.execute(text(f"SET LOCAL {setting}"))
                await tx.execute(text(statement))
    await database.close()


async def test_a_deadlock_runs_the_handler_again(postgres_url):
    database = await open_database(postgres_url)
    await database.in_thread(MARK.metadata.create_all)
    await put(database, "a")
    await put(database, "b")
    both, tries = asyncio.Barrier(2), []

    @retry_conflicts
    async def change(first, second):
        tries.append(first)
        async with database.begin() as tx:
            await tx.execute(update(MARK).where(MARK.c.name == first).values(value="1"))
            if len(tries) <= 2:
                await both.wait()
            await tx.execute(update(MARK).where(MARK.c.name == second).values(value="1"))

    await asyncio.gather(change("a", "b"), change("b", "a"))
    # Whoever lost may lose once more, if it is back before the other one has woken up.
    assert len(tries) in {3, 4}
    await database.close()


async def test_a_handler_that_always_loses_gives_up_after_three_tries():
    tries = []

    @retry_conflicts
    async def lose():
        tries.append(1)
        raise Conflict("x")

    with pytest.raises(Conflict):
        await lose()
    assert len(tries) == 3


CHILD = """
    import asyncio, sys
    from sqlalchemy import insert
    from vzaimo.kit.cause import Cause
    from vzaimo.kit.clock import SystemClock
    from vzaimo.kit.database import open_database
    from vzaimo.kit.tables import KitModel, MarkRow, table_of
    from vzaimo.kit.testing.toys import ToyMoved
    from vzaimo.kit.work import Works

    async def main(url):
        works = Works(await open_database(url), SystemClock())
        for number in range(1, 100_000):
            async with works.begin(Cause(actor="child")) as work:
                await work.execute(insert(table_of(MarkRow)), {"name": str(number), "value": ""})
                work.add(ToyMoved(aggregate_version=number, name="a"))
            if number == 20:
                print("started", flush=True)

    asyncio.run(main(sys.argv[1]))
"""


async def test_a_process_killed_in_mid_transaction_leaves_state_and_fact_together_or_neither(database, store_url):
    if database.dialect == "sqlite":
        await database.close()
    child = subprocess.Popen(
        (sys.executable, "-c", textwrap.dedent(CHILD), store_url), stdout=subprocess.PIPE, env=os.environ
    )
    with child.stdout:
        child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        child.wait()
    after = database if database.dialect == "postgresql" else await open_database(store_url)
    async with after.read() as tx:
        states = await tx.scalar(text("SELECT count(*) FROM mark"))
        facts = await tx.scalar(text("SELECT count(*) FROM outbox"))
    assert states == facts >= 20
    await after.close()


async def test_an_error_of_the_store_tells_no_values(database):
    """What is written may be somebody's name; errors go to the log."""
    for row in ({"name": "n", "value": "Анна"}, {"name": "Борис", "value": None}):
        with pytest.raises(IntegrityError) as caught:
            async with database.begin() as tx:
                await tx.execute(insert(MARK), [row, row])
        told = "".join(traceback.format_exception(caught.value))
        assert "mark" in told
        assert not re.search("Анна|Борис", told)


@pytest.mark.parametrize("asked", ["ON", "OFF"])
async def test_what_is_overwritten_or_deleted_is_gone_from_the_file(tmp_path, asked):
    """Whatever SQLite's builder chose: with the pragma off the same test finds what was erased."""
    database = await open_database(f"sqlite:///{tmp_path / 'store.db'}")
    await database.in_thread(KitModel.metadata.create_all)
    for name, given in (("kept", "Вера"), ("overwritten", "Анна"), ("deleted", "Борис")):
        await put(database, name, given * 500)
    async with database.begin() as tx:
        if asked == "OFF":
            await tx.execute(text("PRAGMA secure_delete=OFF"))
        await tx.execute(update(MARK).where(MARK.c.name == "overwritten").values(value="удалено"))
        await tx.execute(delete(MARK).where(MARK.c.name == "deleted"))
    await database.close()
    left = (tmp_path / "store.db").read_bytes()
    assert [name.encode() in left for name in ("Вера", "Анна", "Борис")] == [True, asked == "OFF", asked == "OFF"]


@pytest.fixture
def connections(monkeypatch):
    """Every connection to PostgreSQL that is made from here on."""
    made, begin = [], psycopg.AsyncConnection.__init__

    def noted(self, *args, **told):
        begin(self, *args, **told)
        made.append(self)

    monkeypatch.setattr(psycopg.AsyncConnection, "__init__", noted)
    yield made
    for one in made:
        one.pgconn.finish()


async def turn(times):
    for _ in range(times):
        await asyncio.sleep(0)


async def interrupted(closing, turns):
    """Closing is cancelled as soon as it has begun, or so many turns later."""
    await turn(turns + 1)
    closing.cancel()
    await asyncio.wait([closing])


async def insisted(closing, turns):
    """It is cancelled twice."""
    await turn(1)
    closing.cancel()
    await turn(turns)
    closing.cancel()
    await asyncio.wait([closing])


async def abandoned(_closing, turns):
    """The loop ends, and cancels whatever there is, when closing has begun."""
    await turn(turns + 1)


@pytest.mark.parametrize("end", [interrupted, insisted, abandoned])
@pytest.mark.parametrize("told", [True, False], ids=["cancelled", "unaware"])
def test_whatever_interrupts_the_closing_every_connection_is_closed(postgres_url, connections, end, told):
    """Two are idle, two in transactions that are cancelled, or go on to their end because nobody told them."""

    async def live(turns):
        database, all_in = await open_database(postgres_url, pool_size=4), asyncio.Barrier(5)

        async def meet(then):
            async with database.begin() as tx:
                await tx.scalar(select(1))
                await all_in.wait()
                await tx.scalar(text(f"SELECT pg_sleep({then})"))

        working = [asyncio.create_task(meet(then)) for then in (0, 0, 0.05, 0.05)]
        await all_in.wait()
        await asyncio.wait(working[:2])
        for task in working[2:]:
            if told:
                task.cancel()
        await end(asyncio.create_task(database.close()), turns)
        if not told:
            await asyncio.gather(*working)

    left = {}
    for turns in range(6):
        asyncio.run(live(turns))
        left[turns] = sum(not one.closed for one in connections)
    assert len(connections) >= 4 * len(left)
    assert left == dict.fromkeys(left, 0)


@pytest.mark.parametrize("way", ["read", "begin"])
@pytest.mark.parametrize("before", [0, 1], ids=["a new connection", "one of the pool"])
async def test_whoever_is_cancelled_at_any_turn_gives_the_connection_back(postgres_url, monkeypatch, way, before):
    """The driver lets others run at each of its steps, as it does where a loop is busy: there a cancellation hits."""
    monkeypatch.setattr(psycopg.waiting, "MAX_BUSY_TIME", 0)

    async def look():
        async with getattr(database, way)() as tx:
            await tx.scalar(select(1))

    for turns in range(20):
        database = await open_database(postgres_url, pool_size=1)
        for _ in range(before):
            await look()
        looking = asyncio.create_task(look())
        await turn(turns)
        looking.cancel()
        await asyncio.wait([looking])
        assert (turns, database.engine.pool.checkedout()) == (turns, 0)
        await database.close()


async def test_who_reads_while_the_store_is_closed_leaves_nothing_open(tmp_path):
    database = await open_database(f"sqlite:///{tmp_path / 'x.db'}")
    async with database.read() as reader, database.begin() as writer:
        await database.close()
    assert [one._connection.closed for one in (reader, writer)] == [True, True]
    await (await open_database(f"sqlite:///{tmp_path / 'x.db'}")).close()
