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

    def place(self, row: Row[Any]) -> tuple[Any, ...]:
        """The key of a row of the table."""
        return tuple(getattr(row, name) for name in self.key)


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

    Rows are locked in that order, so that two batches do not wait for each other in a circle. What is new is locked
    by being added: of two replicas that hear of it at once, the second sees what the first has stored.
    """
    newest: dict[tuple[Any, ...], tuple[dict[str, Any], Arrival[Fact]]] = {}
    for arrival in arrivals:
        row = copy.row(arrival.fact)
        place = tuple(row[name] for name in copy.key)
        if place not in newest or newest[place][0]["version"] < row["version"]:
            newest[place] = row, arrival
    if not newest:
        return []
    ordered = sorted(newest, key=lambda place: tuple(str(part) for part in place))
    before = await _locked(work, copy, ordered)
    added = await _added(work, copy, [newest[place][0] for place in ordered if place not in before])
    # Somebody else has added the rest of them meanwhile: they are no news.
    before |= await _locked(work, copy, [place for place in ordered if place not in before and place not in added])
    changes = [
        Change(before.get(place), *newest[place])
        for place in ordered
        if place in added or before[place].version < newest[place][0]["version"]
    ]
    await _replace(work, copy, [change.after for change in changes if change.before is not None])
    return changes


async def _locked(work: Work, copy: Copy, places: Sequence[tuple[Any, ...]]) -> dict[tuple[Any, ...], Row[Any]]:
    if not places:
        return {}
    columns = [copy.table.c[name] for name in copy.key]
    query = select(copy.table).where(tuple_(*columns).in_(places)).order_by(*columns).with_for_update()
    return {copy.place(row): row for row in await work.all(query)}


async def _added(work: Work, copy: Copy, rows: Sequence[dict[str, Any]]) -> set[tuple[Any, ...]]:
    """Add rows, and lock them so: what is not there cannot be locked. Waits for others who add one of them."""
    if not rows:
        return set()
    statement = insert(work.tx, copy.table).on_conflict_do_nothing(index_elements=list(copy.key))
    columns = [copy.table.c[name] for name in copy.key]
    return {copy.place(row) for row in await work.all(statement.returning(*columns), rows)}


async def _replace(work: Work, copy: Copy, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    statement = insert(work.tx, copy.table)
    others = [column.name for column in copy.table.columns if column.name not in copy.key]
    await work.execute(
        statement.on_conflict_do_update(
            index_elements=list(copy.key), set_={name: statement.excluded[name] for name in others}
        ),
        [dict(row) for row in rows],
    )
