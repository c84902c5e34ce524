"""The outbox as the relay sees it: what is pending, what was acknowledged where.

On PostgreSQL one process leads, by an advisory lock of the very connection on which it claims and records: with the
connection it loses both at once.
"""

import asyncio
import contextlib
import logging
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import text

from vzaimo.kit.database import Database, StoreUnavailable
from vzaimo.kit.database.postgres import CONNECTION

log = logging.getLogger(__name__)

CHANNEL = "vzaimo_outbox"
_LEAD = zlib.crc32(b"vzaimo relay")
_PENDING = "stream_seq IS NULL AND refused IS NULL"


@dataclass(frozen=True, slots=True)
class Pending:
    """A fact to publish."""

    id: int
    event_id: str
    stream: str
    subject: str
    body: bytes
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Acked:
    """A fact that the stream acknowledged."""

    id: int
    event_id: str
    seq: int


class Log(ABC):
    """Statements on the outbox. Raises ``StoreUnavailable`` when the store is away."""

    async def lead(self) -> bool:
        """Whether this process may publish now."""
        return True

    @abstractmethod
    async def listen(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` when another process added facts, until cancelled."""

    @abstractmethod
    async def close(self) -> None:
        """Give leadership and connections back."""

    @abstractmethod
    async def _all(self, statement: str, **values: Any) -> Sequence[Any]: ...

    @abstractmethod
    async def _change(self, statement: str, *values: dict[str, Any]) -> int: ...

    async def pending(self, limit: int, *, after: int = 0) -> list[Pending]:
        """The oldest facts (with an id above ``after``) that no stream has acknowledged."""
        rows = await self._all(
            "SELECT id, event_id, stream, subject, body, traceparent FROM outbox "  # noqa: S608 - a constant
            f"WHERE id > :key AND {_PENDING} ORDER BY id LIMIT :limit",
            limit=limit,
            key=after,
        )
        return [Pending(row[0], _uuid(row[1]), row[2], row[3], row[4], row[5]) for row in rows]

    async def record(self, acks: Sequence[tuple[int, int]]) -> None:
        """Note for each fact its sequence in the stream."""
        await self._change(
            "UPDATE outbox SET stream_seq = :seq WHERE id = :id", *({"id": key, "seq": seq} for key, seq in acks)
        )

    async def set_aside(self, key: int, reason: str) -> None:
        """Note that the bus will never take a fact."""
        await self._change("UPDATE outbox SET refused = :reason WHERE id = :id", {"id": key, "reason": reason})

    async def backlog(self) -> tuple[int, datetime | None]:
        """How many facts are pending, and since when."""
        row = (await self._all(f"SELECT count(*), min(created_at) FROM outbox WHERE {_PENDING}"))[0]  # noqa: S608
        return int(row[0]), _moment(row[1])

    async def last_acked(self, stream: str) -> Acked | None:
        """The fact with the highest sequence in a stream."""
        return await self._one_acked("stream = :stream AND stream_seq IS NOT NULL", stream=stream)

    async def acked_up_to(self, stream: str, seq: int) -> Acked | None:
        """The fact with the highest sequence not above ``seq``."""
        return await self._one_acked("stream = :stream AND stream_seq <= :seq", stream=stream, seq=seq)

    async def forget_after(self, stream: str, seq: int) -> int:
        """These facts are in the stream no longer: they are pending again. Returns how many."""
        return await self._change(
            "UPDATE outbox SET stream_seq = NULL WHERE stream = :stream AND stream_seq > :seq AND length(body) > 0",
            {"stream": stream, "seq": seq},
        )

    async def find(self, event_id: str) -> tuple[int, int | None] | None:
        """A fact's place in the log, and its sequence, by its id."""
        rows = await self._all("SELECT id, stream_seq FROM outbox WHERE event_id = :id", id=self._key(event_id))
        return (int(rows[0][0]), rows[0][1]) if rows else None

    async def newest_by_subject(
        self, stream: str, after: str, limit: int
    ) -> list[tuple[str, int, str, int | None, int]]:
        """(subject, id, event id, sequence, length of the body) of the newest fact of each subject, by subject."""
        rows = await self._all(
            "SELECT o.subject, o.id, o.event_id, o.stream_seq, length(o.body) FROM outbox o JOIN "
            "(SELECT subject, max(id) AS id FROM outbox WHERE stream = :stream AND subject > :after "
            "GROUP BY subject ORDER BY subject LIMIT :limit) newest ON newest.id = o.id ORDER BY o.subject",
            stream=stream,
            after=after,
            limit=limit,
        )
        return [(row[0], row[1], _uuid(row[2]), row[3], row[4]) for row in rows]

    async def forget(self, key: int) -> None:
        """This fact is pending again."""
        await self._change("UPDATE outbox SET stream_seq = NULL WHERE id = :id", {"id": key})

    async def _one_acked(self, condition: str, **values: Any) -> Acked | None:
        rows = await self._all(
            f"SELECT id, event_id, stream_seq FROM outbox WHERE {condition} "  # noqa: S608 - a constant
            "ORDER BY stream_seq DESC LIMIT 1",
            **values,
        )
        return Acked(rows[0][0], _uuid(rows[0][1]), rows[0][2]) if rows else None

    def _key(self, event_id: str) -> Any:
        return event_id


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

    def _key(self, event_id: str) -> str:
        return UUID(event_id).hex


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


def _uuid(value: Any) -> str:
    return str(value if isinstance(value, UUID) else UUID(value))


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
