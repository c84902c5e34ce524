"""The log in either store.

On PostgreSQL one process leads, by an advisory lock of the very connection on which it claims and records: with the
connection it loses both at once.
"""

import asyncio
import contextlib
import logging
import zlib
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import text

from vzaimo.kit.database import Database, StoreUnavailable
from vzaimo.kit.database.postgres import CONNECTION
from vzaimo.kit.relay.log import Log

log = logging.getLogger(__name__)

CHANNEL = "vzaimo_outbox"
_LEAD = zlib.crc32(b"vzaimo relay")


class SqliteLog(Log):
    """Over the service's own store: its one process leads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def listen(self, wake: Callable[[], None]) -> None:  # noqa: ARG002 - there is no other process
        """Nothing to hear."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """The store is closed by whoever opened it."""

    async def _all(self, statement: str, **values: Any) -> Sequence[Any]:
        async with self._database.read() as tx:
            return await tx.all(text(statement), values)

    async def _change(self, statement: str, *values: dict[str, Any]) -> int:
        async with self._database.begin() as tx:
            return int((await tx.execute(text(statement), list(values))).rowcount)

    def _key(self, event_id: UUID) -> str:
        return event_id.hex


class PostgresLog(Log):
    """Over a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._leads = False
        self._connecting = asyncio.Lock()

    async def lead(self) -> bool:
        """Take the lock, or see that it is still ours."""
        if self._leads:
            return self._connection is not None and not self._connection.closed
        rows = await self._all("SELECT pg_try_advisory_lock(:key)", key=_LEAD)
        self._leads = bool(rows[0][0])
        return self._leads

    async def listen(self, wake: Callable[[], None]) -> None:
        """LISTEN on a connection of its own; a lost one is opened again, and the poll is the net meanwhile."""
        lost = False
        while True:
            try:
                async with await self._connect() as connection:
                    await connection.execute(f"LISTEN {CHANNEL}".encode())
                    if lost:
                        log.info("the store is back")
                    lost = False
                    async for _ in connection.notifies():
                        wake()
            except psycopg.Error as error:
                if not lost:  # once an outage: it is tried every second
                    log.warning("the store is away, it is tried again every second: %s", type(error).__name__)
                lost = True
            await asyncio.sleep(1)

    async def record(self, acks: Sequence[tuple[int, int]]) -> None:
        """One statement for the batch."""
        keys, seqs = [key for key, _ in acks], [seq for _, seq in acks]
        await self._run(
            "UPDATE outbox SET stream_seq = a.seq FROM unnest(%(keys)s::bigint[], %(seqs)s::bigint[]) AS a(id, seq) "
            "WHERE outbox.id = a.id",
            {"keys": keys, "seqs": seqs},
        )

    async def close(self) -> None:
        """Close the connection, and with it the leadership."""
        self._leads = False
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    async def _all(self, statement: str, **values: Any) -> Sequence[Any]:
        rows: Sequence[Any] = await (await self._run(_named(statement), values)).fetchall()
        return rows

    async def _change(self, statement: str, *values: dict[str, Any]) -> int:
        changed = 0
        for one in values:
            changed += (await self._run(_named(statement), one)).rowcount
        return changed

    async def _run(self, statement: str, values: dict[str, Any]) -> Any:
        try:
            async with self._connecting:
                connection = self._connection = self._connection or await self._connect()
            # Binary: bodies need not be read from hex.
            return await connection.execute(statement.encode(), values, binary=True)
        except psycopg.Error as error:
            await self._drop()
            raise StoreUnavailable(type(error).__name__) from error
        except asyncio.CancelledError:
            # A statement in flight may still take effect on the server; with the connection goes the leadership.
            await self._drop()
            raise

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(self._url, autocommit=True, **CONNECTION)

    async def _drop(self) -> None:
        with contextlib.suppress(psycopg.Error):
            await self.close()


def open_log(database: Database) -> Log:
    """The log in a service's store."""
    return SqliteLog(database) if database.dialect == "sqlite" else PostgresLog(_libpq(database.url))


def _libpq(url: str) -> str:
    return "postgresql://" + url.partition("://")[2]


def _named(statement: str) -> str:
    words = ("limit", "id", "seq", "reason", "stream", "after", "key")
    for word in words:
        statement = statement.replace(f":{word}", f"%({word})s")
    return statement
