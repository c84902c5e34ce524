"""What both stores offer: short transactions whose end is the commit, and a thread for long work."""

import asyncio
import functools
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, ParamSpec, TypeVar

from sqlalchemy import Connection, Executable, Row, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
Dialect = Literal["sqlite", "postgresql"]
T = TypeVar("T")
P = ParamSpec("P")

CONFLICT_TRIES = 3
_CONFLICT_STATES = frozenset({"40001", "40P01"})
"""SQLSTATE of a serialization failure and of a deadlock: the whole handler is run again."""

_POSTGRES_OUTAGES = ("08", "25006", "53", "55P03", "57", "58")
"""Beginnings of SQLSTATEs that the server is to blame for: no connection; a standby; no room, memory or slot; a lock or
a statement that waits too long, a server that goes or comes; an error of the disk. What was to be done may be good."""
_STATEMENT_TIMEOUT = "57014"
_SQLITE_OUTAGES = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_CANTOPEN", "SQLITE_READONLY")
"""What the file or the disk is to blame for; every other error of SQLite is the statement's."""


class StoreUnavailable(Exception):
    """The store does not answer, or is locked by another. Nothing was changed; try again later."""


class StatementTimeout(StoreUnavailable):
    """A statement took longer than any may. An outage to whoever calls; where the store goes on answering others, it
    is what was asked of it that never will be done.
    """


class Conflict(Exception):
    """The transaction lost against a concurrent one and was rolled back. Run the handler again."""


class Transaction(ABC):
    """An open transaction. Only the store may be awaited while it is open."""

    dialect: Dialect

    @abstractmethod
    async def execute(self, statement: Executable, parameters: Parameters = None) -> Any:
        """Run a statement; its result is buffered (SQLAlchemy's ``CursorResult``)."""

    async def all(self, statement: Executable, parameters: Parameters = None) -> Sequence[Row[Any]]:
        """Every row. The caller bounds the statement by a page or a batch."""
        rows: Sequence[Row[Any]] = (await self.execute(statement, parameters)).all()
        return rows

    async def first(self, statement: Executable, parameters: Parameters = None) -> Row[Any] | None:
        """The first row, or nothing."""
        row: Row[Any] | None = (await self.execute(statement, parameters)).first()
        return row

    async def scalar(self, statement: Executable, parameters: Parameters = None) -> Any:
        """The first column of the first row, or nothing."""
        return (await self.execute(statement, parameters)).scalar()


class Database(ABC):
    """A service's own store."""

    url: str
    dialect: Dialect
    commits: int = 0
    """Transactions of this process that were committed: what was read from the store before may be out of date."""

    @abstractmethod
    def begin(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that writes: leaving the block commits, an exception rolls back.

        Raises ``Conflict`` when it lost against another, ``StoreUnavailable`` when the store is away.
        """

    @abstractmethod
    def read(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that only reads, at one snapshot on SQLite, statement by statement on PostgreSQL."""

    @abstractmethod
    async def in_thread(self, work: Callable[[Connection], T]) -> T:
        """Run long work (exports, statistics, rebuild) in the maintenance thread, in one transaction."""

    @abstractmethod
    async def look(self, work: Callable[[Connection], T]) -> T:
        """A short look into the store, behind nobody: neither a crowd nor long work. Raises as ``read`` does."""

    async def answers(self) -> None:
        """Whether the store answers, however many wait for their turn. Raises as ``read`` does."""
        await self.look(lambda connection: connection.scalar(select(1)))

    @abstractmethod
    async def close(self) -> None:
        """Give back connections and locks."""


def insert(tx: Transaction, table: Table) -> Any:
    """An INSERT that knows ``on_conflict_do_update`` and ``on_conflict_do_nothing`` of the store in use."""
    return sqlite.insert(table) if tx.dialect == "sqlite" else postgresql.insert(table)


def translated(error: Exception) -> Exception:
    """What a driver's error means to us: ``Conflict``, ``StoreUnavailable``, or the error itself."""
    if isinstance(error, PoolTimeout):
        return StoreUnavailable("no connection to the store became free in time")
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        if state in _CONFLICT_STATES:
            return Conflict(state)
        if (state or "").startswith(_POSTGRES_OUTAGES) or error.connection_invalidated:
            meaning = StatementTimeout if state == _STATEMENT_TIMEOUT else StoreUnavailable
            return meaning(type(error.orig).__name__)
        name = getattr(error.orig, "sqlite_errorname", None)
        if name is not None:
            return StoreUnavailable(name) if name.startswith(_SQLITE_OUTAGES) else error
        if isinstance(error, OperationalError) and state is None:
            return StoreUnavailable(str(error.orig))
    return error


def retry_conflicts(handler: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Run a whole handler again, at most three times, when its transaction lost against another."""

    @functools.wraps(handler)
    async def again(*args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(1, CONFLICT_TRIES):
            try:
                return await handler(*args, **kwargs)
            except Conflict:
                await asyncio.sleep(0.005 * attempt)
        return await handler(*args, **kwargs)

    return again
