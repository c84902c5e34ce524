"""PostgreSQL as a service's store, by psycopg 3: any replicas, short transactions, bounded waits."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from vzaimo.kit.database.base import Database, Dialect, Parameters, Transaction, translated

T = TypeVar("T")

CONNECT_TIMEOUT = 5
"""Seconds to wait for a connection from the server."""
TURN_TIMEOUT = 30
"""Seconds to wait for a connection of the pool: a crowd that wants one event's seats is served in turn, not refused."""
ASIDE = 2
"""Connections beside the pool, for long work."""
LOOKING = 1
"""And one to learn whether the store answers while a crowd waits for the others."""

LIVENESS = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}
"""A server whose machine is gone says nothing: without these its silence lasts for hours (libpq's parameters)."""

SESSION = {
    "lock_timeout": "5s",
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "30s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
"""Every wait has an end. Maintenance work lifts the second for itself. The last three are for our own machine's end:
the server then lets go of what we hold within half a minute, the relay's leadership before all."""

CONNECTION: dict[str, Any] = {
    "connect_timeout": CONNECT_TIMEOUT,
    "options": " ".join(f"-c {name}={value}" for name, value in SESSION.items()),
    **LIVENESS,
}
"""What every connection of a service says."""


class PostgresTransaction(Transaction):
    """A transaction on one connection of the pool."""

    dialect: Dialect = "postgresql"

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Any:
        """Run a statement and buffer its result."""
        try:
            return await self._connection.execute(statement, parameters)
        except DBAPIError as error:
            raise translated(error) from error


class PostgresDatabase(Database):
    """A database and a role of the service's own."""

    dialect: Dialect = "postgresql"

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        self.engine = _engine(url, pool_size)
        self._aside = _engine(url, ASIDE)
        self._looking = _engine(url, LOOKING)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """READ COMMITTED: handlers lock the rows that they rely on."""
        try:
            async with self.engine.begin() as connection:
                yield PostgresTransaction(connection)
            self.commits += 1
        except (DBAPIError, PoolTimeout) as error:
            raise translated(error) from error

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """On one connection; without BEGIN and ROLLBACK, which would be two more ways to the server and back."""
        try:
            async with self.engine.connect() as connection:
                # Not an option of the engine: a cancellation that hits while it is set would lose the connection.
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                yield PostgresTransaction(connection)
        except (DBAPIError, PoolTimeout) as error:
            raise translated(error) from error

    async def in_thread(self, work: Callable[[Connection], T]) -> T:
        """Long work, apart from the crowd's connections; here the loop is free anyway, so it needs no thread."""

        def run(connection: Connection) -> T:
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            return work(connection)

        return await _within(self._aside, run)

    async def look(self, work: Callable[[Connection], T]) -> T:
        """By a connection that is there for nothing else."""
        return await _within(self._looking, work)

    async def close(self) -> None:
        """Close every connection: idle ones now, whatever the loop's state, and others as they are given back."""
        # In no task of its own: a loop that ends cancels such before they begin. And nothing here waits for the server.
        for engine in (self.engine, self._aside, self._looking):
            event.listen(engine.sync_engine, "checkin", _closed)
            await engine.dispose()


async def _within(engine: AsyncEngine, work: Callable[[Connection], T]) -> T:
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    except (DBAPIError, PoolTimeout) as error:
        raise translated(error) from error


def _discreetly(context: ExceptionContext) -> None:
    """Leave out PostgreSQL's DETAIL: it repeats the row, and rows have names; errors go to the log."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None:
            error.args = (str(context.original_exception).partition("\n")[0],)


def _closed(connection: Any, _record: object) -> None:
    """Close a connection that comes back when the pool is gone; none comes where it was lost."""
    if connection is not None:
        connection.close()


def _engine(url: str, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=TURN_TIMEOUT,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={**CONNECTION, "prepare_threshold": 2},
    )
    event.listen(engine.sync_engine, "handle_error", _discreetly)
    return engine
