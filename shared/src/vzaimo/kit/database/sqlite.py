"""SQLite as a service's store: WAL, ``synchronous=FULL``, ``BEGIN IMMEDIATE``, one process a file.

Statements run on the event loop itself: they are bounded by a page or a batch, and a hop to a thread costs
ten times what they do. So a transaction never gives way to other tasks, which ``_Watch`` checks. What takes
longer goes through ``in_thread``.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

from sqlalchemy import Connection, Engine, Executable, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from vzaimo.kit.database.base import Database, Dialect, Parameters, StoreUnavailable, Transaction, translated

T = TypeVar("T")
log = logging.getLogger(__name__)

BUSY_PATIENCE = 5.0
"""Seconds that a writer waits for the maintenance thread's transaction before it gives up."""

STRICT = os.environ.get("VZAIMO_STRICT") == "1"
"""In tests: a transaction that awaits something else than the store is an error, not a warning."""


class SqliteTransaction(Transaction):
    """A transaction on the event loop."""

    dialect: Dialect = "sqlite"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Any:
        """Run a statement at once; the result reads from the open cursor, within the transaction."""
        try:
            return self._connection.execute(statement, parameters)
        except OperationalError as error:
            raise translated(error) from error


class SqliteDatabase(Database):
    """One file, one process. A lock file beside it keeps a second process out."""

    dialect: Dialect = "sqlite"

    def __init__(self, url: str) -> None:
        self.url = url
        path = make_url(url).database
        if not path or path == ":memory:":
            raise ValueError("SQLite needs a file: sqlite:////var/lib/vzaimo/registry.db")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock_file = _hold(Path(path + ".lock"))
        self._writing = _engine(url, "BEGIN IMMEDIATE")
        self._reading = _engine(url, "BEGIN")
        self._writer: Connection | None = None
        self._readers: list[Connection] = []
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-maintenance")

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """One writer at a time; the commit is on disk when the block is left."""
        async with self._turn:
            if self._writer is None:
                self._writer = self._writing.connect()
            connection = self._writer
            await _begin_immediate(connection)
            watch = _Watch()
            try:
                yield SqliteTransaction(connection)
                connection.commit()
                self.commits += 1
            except OperationalError as error:
                raise translated(error) from error
            finally:
                self._roll_back(connection)
                watch.close()

    @staticmethod
    def _roll_back(connection: Connection) -> None:
        """Take back what was not committed. A commit that failed is over for SQLAlchemy, and not for SQLite."""
        if connection.closed:
            return
        connection.rollback()
        driver = connection.connection.driver_connection
        if driver is not None and driver.in_transaction:
            driver.rollback()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A snapshot; readers never wait for the writer (WAL)."""
        async with self._snapshot() as connection:
            yield SqliteTransaction(connection)

    @asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[Connection]:
        connection = self._readers.pop() if self._readers else self._reading.connect()
        try:
            yield connection
        finally:
            connection.rollback()
            if self._lock_file.closed:
                connection.close()
            else:
                self._readers.append(connection)

    async def in_thread(self, work: Callable[[Connection], T]) -> T:
        """In the maintenance thread, on a connection of its own; a writer meanwhile waits in patience."""

        def run() -> T:
            with self._reading.begin() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    async def look(self, work: Callable[[Connection], T]) -> T:
        """On the event loop, where long work is not."""
        async with self._snapshot() as connection:
            return work(connection)

    async def close(self) -> None:
        """Close every connection and let the file go; whoever still reads closes the own one afterwards."""
        self._thread.shutdown(wait=True)
        with contextlib.ExitStack() as last:
            last.callback(self._lock_file.close)
            for connection in (*self._readers, *filter(None, (self._writer,))):
                last.callback(connection.close)
        self._readers.clear()
        self._writer = None
        self._writing.dispose()
        self._reading.dispose()


class _Watch:
    """Notices when a transaction gave way to the event loop: another task then waits for its lock."""

    def __init__(self) -> None:
        self._left = False
        self._handle = asyncio.get_running_loop().call_soon(self._leave)

    def _leave(self) -> None:
        self._left = True

    def close(self) -> None:
        self._handle.cancel()
        if not self._left:
            return
        message = "a transaction awaited something else than the store"
        if STRICT:
            raise AssertionError(message)
        log.warning(message, stack_info=True)


async def _begin_immediate(connection: Connection) -> None:
    loop = asyncio.get_running_loop()
    deadline, pause = loop.time() + BUSY_PATIENCE, 0.001
    while True:
        try:
            connection.begin()
        except OperationalError as error:
            if "locked" not in str(error.orig) or loop.time() > deadline:
                raise translated(error) from error
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.1)
        else:
            return


def _engine(url: str, begin: str) -> Engine:
    # Parameters may be somebody's name, and errors go to the log.
    engine = create_engine(
        url, poolclass=NullPool, connect_args={"check_same_thread": False, "timeout": 0}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        # The driver's own BEGIN is deferred: two read-modify-write transactions would lose updates silently.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        # What is erased must not stay in pages that are free.
        connection.execute("PRAGMA secure_delete=ON")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        # Past SQLAlchemy, which takes four times as long to say these words.
        driver = connection.connection.driver_connection
        if driver is not None:
            driver.execute(begin)

    return engine


def _hold(path: Path) -> IO[str]:
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise StoreUnavailable(
            f"{path} is held by another process: SQLite serves one process a service; "
            "stop the other one, or use PostgreSQL"
        ) from None
    return file
