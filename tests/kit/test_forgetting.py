"""What is old is forgotten, and nothing else: in bounded steps, by the index, beside others who do the same."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite

from vzaimo.kit import forgetting
from vzaimo.kit.database import open_database
from vzaimo.kit.forgetting import HANDLED, forget, forget_some
from vzaimo.kit.tables import FailureRow, IdempotencyRow, InboxRow, KitModel, table_of
from vzaimo.kit.work import Works

INBOX, FAILURE, IDEMPOTENCY = map(table_of, (InboxRow, FailureRow, IdempotencyRow))


async def handled(works, count, at, consumer="reader-toy"):
    rows = [{"consumer": consumer, "event_id": UUID(int=number), "handled_at": at} for number in range(count)]
    async with works.database.begin() as tx:
        await tx.execute(insert(INBOX), rows)


async def left(works, table):
    async with works.database.read() as tx:
        return await tx.scalar(select(func.count()).select_from(table))


async def test_what_was_handled_is_known_for_a_year_and_then_forgotten_in_bounded_steps(works, clock, monkeypatch):
    monkeypatch.setattr(forgetting, "BATCH", 10)
    await handled(works, 25, clock.now())
    clock.advance(timedelta(seconds=1))
    await handled(works, 5, clock.now(), consumer="reader-note")
    clock.advance(HANDLED - timedelta(seconds=2))
    assert await forget(works) == 0
    clock.advance(timedelta(seconds=1))
    commits = works.database.commits
    assert await forget(works) == 25
    assert works.database.commits - commits == len((IDEMPOTENCY, FAILURE)) + len((10, 10, 5))
    assert await left(works, INBOX) == 5


async def test_each_table_is_forgotten_after_its_own_time(works, clock):
    await handled(works, 1, clock.now())
    async with works.database.begin() as tx:
        failed = {"consumer": "reader-toy", "event_id": "x", "attempts": 1, "reason": "", "last_at": clock.now()}
        await tx.execute(insert(FAILURE), failed)
        kept = {"scope": "s", "key": "k", "fingerprint": "f", "outcome": {}, "created_at": clock.now()}
        await tx.execute(insert(IDEMPOTENCY), kept)
    clock.advance(timedelta(days=1))
    await forget(works)
    assert [await left(works, table) for table in (IDEMPOTENCY, INBOX, FAILURE)] == [0, 1, 1]
    clock.advance(HANDLED)
    await forget(works)
    assert [await left(works, table) for table in (IDEMPOTENCY, INBOX, FAILURE)] == [0, 0, 0]


async def test_of_two_replicas_one_leaves_to_the_other_what_it_is_deleting(postgres_url, clock, monkeypatch):
    monkeypatch.setattr(forgetting, "BATCH", 10)
    first, second = [Works(await open_database(postgres_url), clock) for _ in range(2)]
    await first.database.in_thread(KitModel.metadata.create_all)
    await handled(first, 30, clock.now())
    clock.advance(HANDLED)
    async with first.database.begin() as tx, asyncio.timeout(10):
        assert await forget_some(tx, INBOX.c.handled_at, clock.now()) == 10
        assert await forget(second) == 20
    assert await left(first, INBOX) == 0
    for works in (first, second):
        await works.database.close()


ROWS = {
    IDEMPOTENCY: lambda n, at: {"scope": "s", "key": str(n), "fingerprint": "f", "outcome": {}, "created_at": at},
    INBOX: lambda n, at: {"consumer": "reader-toy", "event_id": UUID(int=n), "handled_at": at},
    FAILURE: lambda n, at: {"consumer": "c", "event_id": str(n), "attempts": 1, "reason": "", "last_at": at},
}


class Noted:
    """A transaction, and what is said in it."""

    def __init__(self, tx):
        self._tx, self.said = tx, []

    async def execute(self, statement):
        self.said.append(statement)
        return await self._tx.execute(statement)


@pytest.mark.parametrize("moment", [moment for moment, _ in forgetting._OLD], ids=str)
async def test_no_table_is_read_from_end_to_end(works, clock, moment):
    table, make = moment.table, ROWS[moment.table]
    async with works.database.begin() as tx:
        await tx.execute(insert(table), [make(n, clock.now() + timedelta(seconds=n)) for n in range(5000)])
        await tx.execute(text(f"ANALYZE {table.name}"))
    async with works.database.begin() as tx:
        noted = Noted(tx)
        assert await forget_some(noted, moment, clock.now()) == 1
        dialect, explain = {
            "postgresql": (postgresql.dialect(), "EXPLAIN"),
            "sqlite": (sqlite.dialect(), "EXPLAIN QUERY PLAN"),
        }[works.database.dialect]
        words = str(noted.said[0].compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        plan = "\n".join(map(str, await tx.all(text(f"{explain} {words}".replace(":", "\\:")))))
    assert f"ix_{table.name}_{moment.name}" in plan
    assert "Seq Scan" not in plan
    assert "SCAN" not in plan
