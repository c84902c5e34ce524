"""Since when a service was away, so that deadlines which passed meanwhile can be put off.

A mark in the store says when the service was last awake. It is written while timers run, and compared when they start,
or when the store is back. Another mark keeps the last outage, for replicas that start later.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from vzaimo.kit.database import Transaction, insert
from vzaimo.kit.tables import MarkRow, table_of

if TYPE_CHECKING:
    from vzaimo.kit.work import Works

_MARK = table_of(MarkRow)
AWAKE, OUTAGE = "awake", "outage"
BEAT = timedelta(seconds=30)
"""Between two marks."""
SHORTEST = timedelta(minutes=2)
"""An outage; what is shorter nobody could notice."""
LONGEST = timedelta(hours=24)
"""By this a deadline is put off at most."""


@dataclass(frozen=True, slots=True)
class Outage:
    """The service was away from one moment to another."""

    since: datetime
    until: datetime

    def put_off(self, due_at: datetime) -> datetime | None:
        """Until when a deadline holds that passed meanwhile; nothing for any other."""
        if not self.since <= due_at <= self.until:
            return None
        return self.until + min(self.until - self.since, LONGEST)


def noticed(awake: datetime | None, known: Outage | None, now: datetime) -> Outage | None:
    """The last outage, when the service is back now and was last awake then."""
    if awake is None or now - awake < SHORTEST:
        return known
    # Whoever was there for a moment only, between two outages, was not back.
    since = known.since if known is not None and awake - known.until < SHORTEST else awake
    return Outage(since, now)


class Outages:
    """Keeps the marks of one service."""

    def __init__(self) -> None:
        self._last: Outage | None = None
        self._marked: datetime | None = None

    def put_off(self, due_at: datetime, now: datetime) -> datetime | None:
        """Until when a deadline still holds, because it passed during the last outage; else nothing."""
        until = self._last.put_off(due_at) if self._last is not None else None
        return until if until is not None and until > now else None

    async def beat(self, works: "Works", *, back: bool) -> None:
        """Say that the service is awake; ``back``: it may have been away before."""
        now = works.clock.now()
        if not back and self._marked is not None and now - self._marked < BEAT:
            return
        async with works.database.begin() as tx:
            if back:
                rows = await tx.all(select(_MARK).where(_MARK.c.name.in_([AWAKE, OUTAGE])).with_for_update())
                marks = {row.name: row.value for row in rows}
                known = _read(marks.get(OUTAGE))
                awake = datetime.fromisoformat(marks[AWAKE]) if AWAKE in marks else None
                self._last = noticed(awake, known, now)
                if self._last is not None and self._last != known:
                    await _write(tx, OUTAGE, f"{self._last.since.isoformat()}/{self._last.until.isoformat()}")
            await _write(tx, AWAKE, now.isoformat())
        self._marked = now


def _read(value: str | None) -> Outage | None:
    if value is None:
        return None
    since, until = value.split("/")
    return Outage(datetime.fromisoformat(since), datetime.fromisoformat(until))


async def _write(tx: Transaction, name: str, value: str) -> None:
    statement = insert(tx, _MARK).values(name=name, value=value)
    await tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": statement.excluded.value}))
