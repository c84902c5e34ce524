"""The outbox as the relay sees it: what is pending, what was acknowledged where."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

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


@dataclass(frozen=True, slots=True)
class Verdict:
    """``common``: the last sequence up to which stream and log agree. The stream ends there, or goes on with what the
    log lacks: ``unknown`` is the first of those.
    """

    stream: str
    common: int
    lost: int = 0
    adopted: int = 0
    unknown: int | None = None


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

    async def behind(self) -> Verdict | None:
        """What whoever leads has found, if that is a stream which holds more than the log."""
        rows = await self._all("SELECT value FROM mark WHERE name = 'store-restored'")
        if not rows:
            return None
        stream, _, unknown = rows[0][0].partition("/")
        return Verdict(stream, int(unknown) - 1, unknown=int(unknown))

    async def tell_behind(self, found: Verdict | None) -> None:
        """Let every process know of it, or that it is over."""
        if found is None:
            await self._change("DELETE FROM mark WHERE name = 'store-restored'", {})
            return
        await self._change(
            "INSERT INTO mark (name, value) VALUES ('store-restored', :stream) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            {"stream": f"{found.stream}/{found.unknown}"},
        )

    async def backlog(self) -> tuple[int, datetime | None]:
        """How many facts are pending, and since when."""
        row = (await self._all(f"SELECT count(*), min(created_at) FROM outbox WHERE {_PENDING}"))[0]  # noqa: S608
        return int(row[0]), _moment(row[1])

    async def last_acked(self, stream: str) -> Acked | None:
        """The fact with the highest sequence in a stream, but for those that are done with (``refused``)."""
        return await self._one_acked("stream = :stream AND stream_seq IS NOT NULL AND refused IS NULL", stream=stream)

    async def acked_up_to(self, stream: str, seq: int) -> Acked | None:
        """The fact with the highest sequence not above ``seq``."""
        return await self._one_acked("stream = :stream AND stream_seq <= :seq", stream=stream, seq=seq)

    async def forget_after(self, stream: str, seq: int) -> int:
        """These facts are in the stream no longer: they are pending again. Returns how many."""
        return await self._change(
            "UPDATE outbox SET stream_seq = NULL WHERE stream = :stream AND stream_seq > :seq AND length(body) > 0",
            {"stream": stream, "seq": seq},
        )

    async def overtake(self, stream: str) -> None:
        """The stream keeps the last message only: facts that a newer one there has replaced are done with for good."""
        await self._change(
            "UPDATE outbox SET refused = 'overtaken' WHERE stream = :stream AND refused IS NULL AND EXISTS "
            "(SELECT 1 FROM outbox newer WHERE newer.aggregate = outbox.aggregate "
            "AND newer.aggregate_id = outbox.aggregate_id AND newer.aggregate_version > outbox.aggregate_version "
            "AND newer.stream_seq IS NOT NULL)",
            {"stream": stream},
        )

    async def find(self, event_id: str) -> tuple[int, int | None] | None:
        """A fact's place in the log, and its sequence, by its id."""
        try:
            key = self._key(UUID(event_id))
        except ValueError:
            return None  # a message of somebody else's making
        rows = await self._all("SELECT id, stream_seq FROM outbox WHERE event_id = :id", id=key)
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

    def _key(self, event_id: UUID) -> str:
        return str(event_id)


def _uuid(value: Any) -> str:
    return str(value if isinstance(value, UUID) else UUID(value))


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
