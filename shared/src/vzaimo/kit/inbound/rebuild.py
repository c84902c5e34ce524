"""Copies are as good as the streams that they come from: built anew beside the live ones, compared, mended."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from nats.errors import TimeoutError as NatsTimeout
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from sqlalchemy import Column, MetaData, Table, Uuid, and_, func, not_, or_, select, true, update
from sqlalchemy.schema import CreateTable, DropTable

from vzaimo.contracts.event import UnknownFact, parse
from vzaimo.kit.database import Transaction, insert
from vzaimo.kit.inbound.copies import Copy
from vzaimo.kit.inbound.subscription import Subscription
from vzaimo.kit.inbound.transaction import INBOX
from vzaimo.kit.work import Works

BATCH = 500
_FACT = "of_fact"
"""The column, beside those of the copy, of the fact that a row comes from."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A copy against its stream: rows of the stream that the copy lacks, has in an older version, or has otherwise.

    What was built anew has taken their place, but for ``unhandled`` rows: an effect follows from the copy, and the
    inbox does not know their facts, which so are to be taken again (``Inbound.rewind``).
    """

    copy: str
    rows: int
    missing: int
    older: int
    different: int
    unhandled: int = 0

    @property
    def equal(self) -> bool:
        """Whether the copy says what the stream says."""
        return not (self.missing or self.older or self.different)


async def rebuild(works: Works, js: JetStreamContext, subscription: Subscription, consumer: str) -> Compared | None:
    """Build a consumer's copy anew from its stream and compare; nothing for one without a copy."""
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
        handled = true() if subscription.effect is None else _handled(shadow, consumer)
        compared = await _compare(tx, copy, shadow, handled)
        if not compared.equal:
            await _take(tx, copy, shadow, handled)
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
            event = parse(body)
        except (UnknownFact, ValueError):
            continue  # it is a dead letter of the live consumer as well
        row = {**copy.row(event.data), _FACT: event.id}
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


async def _compare(tx: Transaction, copy: Copy, shadow: Table, handled: Any) -> Compared:
    live = copy.table
    joined = shadow.outerjoin(live, _same(copy, shadow))
    missing, older = live.c[copy.key[0]].is_(None), live.c.version < shadow.c.version

    async def count(condition: Any) -> int:
        return int(await tx.scalar(select(func.count()).select_from(joined).where(condition)))

    return Compared(
        copy=live.name,
        rows=int(await tx.scalar(select(func.count()).select_from(shadow))),
        missing=await count(missing),
        older=await count(older),
        different=await count(and_(live.c.version == shadow.c.version, _differs(copy, shadow))),
        unhandled=await count(and_(or_(missing, older), not_(handled))),
    )


async def _take(tx: Transaction, copy: Copy, shadow: Table, handled: Any) -> None:
    """What was built anew, in place of older and different rows; a live fact may have made some newer meanwhile."""
    live, same = copy.table, _same(copy, shadow)
    worse = or_(
        and_(live.c.version < shadow.c.version, handled),
        and_(live.c.version == shadow.c.version, _differs(copy, shadow)),
    )
    values = {name: shadow.c[name] for name in (*_others(copy), "version")}
    await tx.execute(update(live).where(same, worse).values(values))
    names = [column.name for column in live.columns]
    there = select(live.c.version).where(same).exists()
    lacking = select(*(shadow.c[name] for name in names)).where(~there, handled)
    await tx.execute(live.insert().from_select(names, lacking))


def _handled(shadow: Table, consumer: str) -> Any:
    return select(INBOX.c.event_id).where(INBOX.c.consumer == consumer, INBOX.c.event_id == shadow.c[_FACT]).exists()


def _same(copy: Copy, shadow: Table) -> Any:
    return and_(*(copy.table.c[name] == shadow.c[name] for name in copy.key))


def _differs(copy: Copy, shadow: Table) -> Any:
    return or_(*(copy.table.c[name].is_distinct_from(shadow.c[name]) for name in _others(copy)))


def _others(copy: Copy) -> list[str]:
    return [column.name for column in copy.table.columns if column.name not in {*copy.key, "version"}]


def _beside(table: Table) -> Table:
    columns = [Column(one.name, one.type, primary_key=one.primary_key, nullable=one.nullable) for one in table.columns]
    return Table(f"{table.name}__rebuilt", MetaData(), *columns, Column(_FACT, Uuid))
