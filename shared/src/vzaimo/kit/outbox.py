"""The outbox: the service's own log of facts, appended in the transaction of the state."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, update

from vzaimo.contracts.event import NOBODY, Fact, envelope
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import Transaction
from vzaimo.kit.ids import new_id
from vzaimo.kit.tables import OutboxRow, table_of

MAX_BODY = 512 * 1024
"""Bytes. The server's own limit is 1 MiB; half of it leaves room for headers and for growth by addition."""

_SUBJECT = re.compile(r"[a-z_]+\.(?:pub|party|int)\.[a-z_]+\.[a-z_]+\.v[0-9]+(?:\.[A-Za-z0-9_-]+){3}")
_OUTBOX = table_of(OutboxRow)


class UnpublishableFact(ValueError):
    """A fact that the bus would refuse: its transaction must not commit."""


async def append(tx: Transaction, facts: Sequence[tuple[Fact, Cause]], now: datetime) -> None:
    """Write facts, each with its cause, to the log, in order. Raises ``UnpublishableFact``."""
    rows = []
    for fact, cause in facts:
        event = envelope(fact, event_id=new_id(), time=now, traceparent=cause.traceparent)
        body = event.model_dump_json(exclude_none=True).encode()
        subject = fact.subject
        if not _SUBJECT.fullmatch(subject):
            raise UnpublishableFact(f"{subject!r} is no subject of eight tokens")
        if len(body) > MAX_BODY:
            raise UnpublishableFact(f"{event.type} of {fact.key} has {len(body)} bytes; {MAX_BODY} is the most")
        rows.append(
            {
                "event_id": event.id,
                "stream": fact.stream,
                "subject": subject,
                "event_type": event.type,
                "aggregate": fact.aggregate,
                "aggregate_id": fact.key,
                "aggregate_version": fact.aggregate_version,
                **cities_of(fact),
                "body": body,
                "traceparent": cause.traceparent,
                "actor": cause.actor,
                "created_at": now,
            }
        )
    # One statement a fact on SQLite, one for all on PostgreSQL: SQLAlchemy chooses by the driver.
    await tx.execute(insert(_OUTBOX), rows)


async def blank(tx: Transaction, aggregate: str, key: str, *, below: int) -> None:
    """Erase what was said of an aggregate below a version: rows stay without a body, and none is published (again).

    ``refused`` covers them all, also those that were acknowledged: healing may take an acknowledgement back.
    """
    await tx.execute(
        update(_OUTBOX)
        .where(_OUTBOX.c.aggregate == aggregate, _OUTBOX.c.aggregate_id == key, _OUTBOX.c.aggregate_version < below)
        .values(body=b"", refused="erased")
    )


def cities_of(fact: Fact) -> dict[str, str | None]:
    """The cities that a fact names, as columns of the log."""
    city, other = (None if one == NOBODY else one for one in fact.parties)
    return {"city": city, "other_city": other}
