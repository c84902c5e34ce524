"""The unit of work: state, facts, timers and the answer to a repeated command, committed together.

``async with works.begin(cause) as work`` opens a transaction; leaving the block commits it and wakes the relay.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row

from vzaimo.contracts.event import Fact
from vzaimo.kit import outbox, timers
from vzaimo.kit.cause import Cause
from vzaimo.kit.clock import Clock
from vzaimo.kit.database import Database, Transaction
from vzaimo.kit.database.base import Parameters
from vzaimo.kit.idempotency import Done, conclude, recall
from vzaimo.kit.roles import ROLE


class Work:
    """An open unit of work."""

    __slots__ = ("_done", "_facts", "_timers", "cause", "changes_roles", "now", "tx")

    def __init__(self, tx: Transaction, now: datetime, cause: Cause) -> None:
        self.tx = tx
        self.now = now
        self.cause = cause
        self.changes_roles = False
        self._done: Done | None = None
        self._facts: list[tuple[Fact, Cause]] = []
        self._timers: list[timers.Change] = []

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Any:
        """Run a statement in this transaction."""
        self._see(statement)
        return await self.tx.execute(statement, parameters)

    async def all(self, statement: Executable, parameters: Parameters = None) -> Sequence[Row[Any]]:
        """Every row of a bounded statement."""
        self._see(statement)
        return await self.tx.all(statement, parameters)

    async def first(self, statement: Executable, parameters: Parameters = None) -> Row[Any] | None:
        """The first row, or nothing."""
        self._see(statement)
        return await self.tx.first(statement, parameters)

    async def scalar(self, statement: Executable, parameters: Parameters = None) -> Any:
        """The first column of the first row, or nothing."""
        self._see(statement)
        return await self.tx.scalar(statement, parameters)

    def _see(self, statement: Executable) -> None:
        # Statements that write name one table; they may return rows as well.
        if getattr(statement, "table", None) is ROLE:
            self.changes_roles = True

    def add(self, *facts: Fact, cause: Cause | None = None) -> None:
        """Publish these facts if, and only if, this work is committed. ``cause``: where one work has several."""
        self._facts.extend((fact, cause or self.cause) for fact in facts)

    def remind(self, kind: str, aggregate_id: object, due_at: datetime, *, revision: int = 0) -> None:
        """Set the timer of this kind for an aggregate, in place of an earlier one."""
        self._timers.append(timers.Change(kind, str(aggregate_id), due_at, revision, self.cause.traceparent))

    def forget(self, kind: str, aggregate_id: object) -> None:
        """Take back the timer of this kind for an aggregate."""
        self._timers.append(timers.Change(kind, str(aggregate_id), None))

    def done(self, aggregate: str, key: object, version: int) -> Done:
        """What the command brought about; kept for 24 h if it came with an Idempotency-Key."""
        self._done = Done(aggregate, str(key), version)
        return self._done

    @property
    def facts(self) -> Sequence[Fact]:
        """What will be published."""
        return [fact for fact, _ in self._facts]

    async def flush(self) -> None:
        """Write what was gathered. Called once, by the block's end."""
        if self._timers:
            await timers.save(self.tx, self._timers)
        if self._facts:
            await outbox.append(self.tx, self._facts, self.now)
        if self.cause.attempt is not None and self._done is not None:
            await conclude(self.tx, self.cause.attempt, self._done, self.now)


@dataclass(slots=True)
class Works:
    """Opens units of work on one store."""

    database: Database
    clock: Clock
    committed: list[Callable[[], None]] = field(default_factory=list)
    """Called after a commit that added facts or timers; the relay and the timers listen."""
    roles_changed: list[Callable[[], None]] = field(default_factory=list)
    """Called after a commit that wrote to the table of roles."""

    @asynccontextmanager
    async def begin(self, cause: Cause) -> AsyncIterator[Work]:
        """A transaction with its facts.

        Raises ``idempotency.Repeated`` when the command was already carried out under its key,
        ``idempotency.KeyReused`` when the key came with another body.
        """
        async with self.database.begin() as tx:
            work = Work(tx, self.clock.now(), cause)
            if cause.attempt is not None:
                await recall(tx, cause.attempt, work.now)
            yield work
            await work.flush()
        for wake in (*self.committed, *(self.roles_changed if work.changes_roles else ())):
            wake()


__all__ = ["Done", "Work", "Works"]
