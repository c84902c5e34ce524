"""Copies are as good as the streams that they come from: built anew beside the live ones, compared, mended."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from nats.errors import TimeoutError as NatsTimeout
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from sqlalchemy import Column, MetaData, Table, and_, func, or_, select, update
from sqlalchemy.schema import CreateTable, DropTable

from vzaimo.contracts.event import UnknownFact, parse
from vzaimo.kit.database import Transaction, insert
from vzaimo.kit.inbound.copies import Copy
from vzaimo.kit.inbound.subscription import Subscription
from vzaimo.kit.work import Works

BATCH = 500


@dataclass(frozen=True, slots=True)
class Compared:
    """A copy against its stream: rows of the stream that the copy lacks, has in an older version, or has otherwise.

    What was built anew has taken the place of the ``different`` rows, and of all where nothing follows from the copy.
    Where an effect does, ``missing`` and ``older`` rows need their facts again: ``Inbound.rewind``.
    """

    copy: str
    rows: int
    missing: int
    older: int
    different: int

    @property
    def equal(self) -> bool:
        """Whether the copy says what the stream says."""
        return not (self.missing or self.older or self.different)


async def rebuild(works: Works, js: JetStreamContext, subscription: Subscription) -> Compared | None:
    """Build a subscription's copy anew from its stream and compare; nothing for one without a copy."""
    copy = subscription.copy
    if copy is None:
        return None
    shadow = _beside(copy.table)
    async with works.database.begin() as tx:
        await tx.execute(DropTable(shadow, if_exists=True))
        await tx.execute(CreateTable(shadow))
    async for bodies in _bodies(js, subscription.fact.stream, subscription.filter):
        rows = _newest(copy, bodies)
        if rows:
            async with works.database.begin() as tx:
                await _keep(tx, shadow, copy, rows)
    async with works.database.begin() as tx:
        compared = await _compare(tx, copy, shadow)
        if compared.different:
            await _swap(tx, copy, shadow, and_(copy.table.c.version == shadow.c.version, _differs(copy, shadow)))
        if subscription.effect is None and (compared.missing or compared.older):
            await _take(tx, copy, shadow)
        await tx.execute(DropTable(shadow))
    return compared


async def _bodies(js: JetStreamContext, stream: str, subjects: str) -> AsyncIterator[list[bytes]]:
    """Everything that the stream holds now on these subjects, in its order."""
    newest = (await js.stream_info(stream)).state.last_seq
    config = ConsumerConfig(
        ack_policy=AckPolicy.NONE,
        deliver_policy=DeliverPolicy.ALL,
        filter_subject=subjects,
        inactive_threshold=30,
        mem_storage=True,
    )
    pull = await js.pull_subscribe(subjects, stream=stream, config=config)
    try:
        seen = 0
        while seen < newest:
            try:
                messages = await pull.fetch(BATCH, timeout=1)
            except (NatsTimeout, TimeoutError):
                return  # what is left in the stream is about something else
            yield [message.data for message in messages]
            seen = messages[-1].metadata.sequence.stream
            if not messages[-1].metadata.num_pending:
                return
    finally:
        await pull.unsubscribe()


def _newest(copy: Copy, bodies: Sequence[bytes]) -> list[dict[str, Any]]:
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for body in bodies:
        try:
            fact = parse(body).data
        except (UnknownFact, ValueError):
            continue  # it is a dead letter of the live consumer as well
        row = copy.row(fact)
        key = tuple(row[name] for name in copy.key)
        if key not in rows or rows[key]["version"] < row["version"]:
            rows[key] = row
    return list(rows.values())


async def _keep(tx: Transaction, shadow: Table, copy: Copy, rows: Sequence[dict[str, Any]]) -> None:
    statement = insert(tx, shadow)
    new = statement.excluded
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=list(copy.key),
            set_={column.name: new[column.name] for column in shadow.columns if column.name not in copy.key},
            where=new.version > shadow.c.version,
        ),
        rows,
    )


async def _compare(tx: Transaction, copy: Copy, shadow: Table) -> Compared:
    live = copy.table
    joined = shadow.outerjoin(live, _same(copy, shadow))

    async def count(condition: Any) -> int:
        return int(await tx.scalar(select(func.count()).select_from(joined).where(condition)))

    return Compared(
        copy=live.name,
        rows=int(await tx.scalar(select(func.count()).select_from(shadow))),
        missing=await count(live.c[copy.key[0]].is_(None)),
        older=await count(live.c.version < shadow.c.version),
        different=await count(and_(live.c.version == shadow.c.version, _differs(copy, shadow))),
    )


async def _swap(tx: Transaction, copy: Copy, shadow: Table, where: Any) -> None:
    """Rows that are there take what was built anew."""
    values = {name: shadow.c[name] for name in (*_others(copy), "version")}
    await tx.execute(update(copy.table).where(_same(copy, shadow), where).values(values))


async def _take(tx: Transaction, copy: Copy, shadow: Table) -> None:
    """The whole of what was built anew, but for rows that a live fact has made newer meanwhile."""
    await _swap(tx, copy, shadow, copy.table.c.version < shadow.c.version)
    names = [column.name for column in copy.table.columns]
    there = select(copy.table.c.version).where(_same(copy, shadow)).exists()
    await tx.execute(copy.table.insert().from_select(names, select(*(shadow.c[name] for name in names)).where(~there)))


def _same(copy: Copy, shadow: Table) -> Any:
    return and_(*(copy.table.c[name] == shadow.c[name] for name in copy.key))


def _differs(copy: Copy, shadow: Table) -> Any:
    return or_(*(copy.table.c[name].is_distinct_from(shadow.c[name]) for name in _others(copy)))


def _others(copy: Copy) -> list[str]:
    return [column.name for column in copy.table.columns if column.name not in {*copy.key, "version"}]


def _beside(table: Table) -> Table:
    columns = [Column(one.name, one.type, primary_key=one.primary_key, nullable=one.nullable) for one in table.columns]
    return Table(f"{table.name}__rebuilt", MetaData(), *columns)
