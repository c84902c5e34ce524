"""The newest spans of this machine, in one SQLite file: written as they come, read a page or a trace at a time."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vzaimo.local.traces.otlp import Span

KEPT = 50_000
"""Spans (some 25 MB); the oldest traces go first."""
ROOM = 0.95
"""So much of that is left when room is made, so that it is not made with every span."""
A_BATCH = 500
"""Parameters of one statement."""
_MOST_SPANS = 2000
"""Of one trace, as it is shown."""

_TABLES = """
CREATE TABLE IF NOT EXISTS span (
    trace_id TEXT NOT NULL, span_id TEXT NOT NULL, parent TEXT, service TEXT NOT NULL, name TEXT NOT NULL,
    kind TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER NOT NULL, error TEXT, attributes TEXT NOT NULL,
    PRIMARY KEY (trace_id, span_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS trace (
    trace_id TEXT PRIMARY KEY, began INTEGER NOT NULL, ended INTEGER NOT NULL, spans INTEGER NOT NULL,
    errors INTEGER NOT NULL, services TEXT NOT NULL, name TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS trace_began ON trace (began, trace_id);
"""
_SUM_UP = """
INSERT OR REPLACE INTO trace
SELECT trace_id, min(began), max(ended), count(*), count(error), group_concat(DISTINCT service),
       (SELECT name FROM span AS first WHERE first.trace_id = span.trace_id ORDER BY began, parent IS NOT NULL LIMIT 1)
FROM span WHERE trace_id IN ({marks}) GROUP BY trace_id
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which traces are looked for."""

    service: str | None = None
    name: str | None = None
    """Part of the name of any of its spans."""
    errors: bool = False
    least_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """A trace in a list. Times are nanoseconds since 1970."""

    trace_id: str
    began: int
    ended: int
    spans: int
    errors: int
    services: Sequence[str]
    name: str


class Traces:
    """Keeps spans."""

    def __init__(self, path: Path, kept: int = KEPT) -> None:
        self._kept = kept
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        # What a power failure takes are some spans.
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(_TABLES)
        self._count: int = self._db.execute("SELECT count(*) FROM span").fetchone()[0]

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def add(self, spans: Sequence[Span]) -> None:
        """Keep these; one that is sent twice is kept once."""
        if not spans:
            return
        rows = [{**asdict(one), "attributes": json.dumps(one.attributes, ensure_ascii=False)} for one in spans]
        touched = sorted({one.trace_id for one in spans})
        with self._transaction():
            added = self._db.executemany(
                "INSERT OR IGNORE INTO span VALUES (:trace_id, :span_id, :parent, :service, :name, :kind, :began, "
                ":ended, :error, :attributes)",
                rows,
            )
            self._count += added.rowcount
            for start in range(0, len(touched), A_BATCH):
                some = touched[start : start + A_BATCH]
                self._db.execute(_SUM_UP.format(marks=_marks(some)), some)
            if self._count > self._kept:
                self._make_room()

    def newest(self, wanted: Wanted, limit: int, before: tuple[int, str] | None = None) -> list[Summary]:
        """Traces, the newest first; ``before`` is the place of the last one that was seen."""
        conditions, values = ["true"], list[Any]()
        if before is not None:
            conditions.append("(began, trace_id) < (?, ?)")
            values += before
        if wanted.errors:
            conditions.append("errors > 0")
        if wanted.least_ms is not None:
            conditions.append("ended - began >= ?")
            values.append(int(wanted.least_ms * 1e6))
        for column, value, how in (("service", wanted.service, "= ?"), ("name", wanted.name, "LIKE ? ESCAPE '\\'")):
            if value:
                conditions.append(
                    f"EXISTS (SELECT 1 FROM span WHERE span.trace_id = trace.trace_id AND span.{column} {how})"  # noqa: S608 - two names of ours
                )
                values.append(value if column == "service" else f"%{_literal(value)}%")
        rows = self._db.execute(
            f"SELECT trace_id, began, ended, spans, errors, services, name FROM trace WHERE {' AND '.join(conditions)} "  # noqa: S608 - conditions of ours
            "ORDER BY began DESC, trace_id DESC LIMIT ?",
            [*values, limit],
        )
        return [Summary(**{**dict(row), "services": sorted(row["services"].split(","))}) for row in rows]

    def spans(self, trace_id: str) -> list[Span]:
        """The spans of a trace, by their beginning."""
        rows = self._db.execute(
            "SELECT trace_id, span_id, parent, service, name, kind, began, ended, error, attributes FROM span "
            "WHERE trace_id = ? ORDER BY began, parent IS NOT NULL, span_id LIMIT ?",
            (trace_id, _MOST_SPANS),
        )
        return [Span(**{**dict(row), "attributes": json.loads(row["attributes"])}) for row in rows]

    def _make_room(self) -> None:
        """Forget the oldest traces, whole."""
        excess, oldest = self._count - int(self._kept * ROOM), []
        for trace_id, spans in self._db.execute("SELECT trace_id, spans FROM trace ORDER BY began, trace_id"):
            if excess <= 0:
                break
            oldest.append((trace_id,))
            excess -= spans
        self._count -= self._db.executemany("DELETE FROM span WHERE trace_id = ?", oldest).rowcount
        self._db.executemany("DELETE FROM trace WHERE trace_id = ?", oldest)

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._db)


class _Transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
