"""Copies of other services' aggregates: only ever replaced by a newer version, never deleted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Table, select, tuple_

from vzaimo.contracts.event import Fact
from vzaimo.kit.database import insert
from vzaimo.kit.inbound.arrival import Arrival
from vzaimo.kit.work import Work


@dataclass(frozen=True, slots=True)
class Copy:
    """A table that follows an aggregate. ``row`` gives all its columns: the key, ``version``, and what is copied."""

    table: Table
    row: Callable[[Any], dict[str, Any]]

    @property
    def key(self) -> tuple[str, ...]:
        """The names of the key's columns."""
        return tuple(column.name for column in self.table.primary_key.columns)


@dataclass(frozen=True, slots=True)
class Change:
    """A copy that became newer: what was stored before, what is stored now, and the fact that brought it."""

    before: Row[Any] | None
    after: Mapping[str, Any]
    arrival: Arrival[Any]

    @property
    def fact(self) -> Any:
        """The fact."""
        return self.arrival.fact


async def keep(work: Work, copy: Copy, arrivals: Sequence[Arrival[Fact]]) -> list[Change]:
    """Store what is newer; one change a key, with the highest version, in the order of the keys.

    Rows are locked in that order, so that two batches never wait for each other in a circle.
    """
    newest: dict[tuple[Any, ...], tuple[dict[str, Any], Arrival[Fact]]] = {}
    for arrival in arrivals:
        row = copy.row(arrival.fact)
        place = tuple(row[name] for name in copy.key)
        if place not in newest or newest[place][0]["version"] < row["version"]:
            newest[place] = row, arrival
    if not newest:
        return []
    table = copy.table
    columns = [table.c[name] for name in copy.key]
    ordered = sorted(newest, key=lambda place: tuple(str(part) for part in place))
    stored = await work.all(select(table).where(tuple_(*columns).in_(ordered)).order_by(*columns).with_for_update())
    before = {tuple(getattr(row, name) for name in copy.key): row for row in stored}
    changes = [
        Change(before.get(place), *newest[place])
        for place in ordered
        if place not in before or before[place].version < newest[place][0]["version"]
    ]
    if changes:
        statement = insert(work.tx, table)
        excluded = statement.excluded
        await work.execute(
            statement.on_conflict_do_update(
                index_elements=list(copy.key),
                set_={column.name: excluded[column.name] for column in table.columns if column.name not in copy.key},
                where=excluded.version > table.c.version,
            ),
            [dict(change.after) for change in changes],
        )
    return changes
