"""Who did what, when: the service's log of facts for the moderator, and a city's part of it for its coordinators."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from sqlalchemy import or_, select

from vzaimo.contracts.event import Slug
from vzaimo.kit.http.calls import Member
from vzaimo.kit.http.pages import Cursor, Page, keyset, page_of
from vzaimo.kit.identity import NotAllowed
from vzaimo.kit.tables import OutboxRow, table_of

_LOG = table_of(OutboxRow)
_SHOWN = [
    _LOG.c[name]
    for name in (
        *("id", "event_id", "event_type", "aggregate", "aggregate_id", "aggregate_version"),
        *("city", "other_city", "actor", "created_at", "traceparent", "stream_seq"),
    )
]


class AuditEntry(BaseModel):
    """A fact without its contents. ``actor``: a person's reference, ``fact:<id>``, ``timer``, or who else acts here."""

    id: int
    event: UUID
    fact: str
    aggregate: str
    aggregate_id: str
    version: int
    city: str | None
    other_city: str | None
    actor: str
    at: datetime
    trace: str | None
    published: bool

    @classmethod
    def of(cls, row: Any) -> Self:
        """From the log's row."""
        return cls(
            id=row.id,
            event=row.event_id,
            fact=row.event_type.rsplit(".", 2)[-2],
            aggregate=row.aggregate,
            aggregate_id=row.aggregate_id,
            version=row.aggregate_version,
            city=row.city,
            other_city=row.other_city,
            actor=row.actor,
            at=row.created_at,
            trace=row.traceparent[3:35] if row.traceparent else None,
            published=row.stream_seq is not None,
        )


router = APIRouter(tags=["audit"])


@router.get("/audit", response_model=Page[AuditEntry])
async def audit(
    call: Member,
    cursor: Cursor,
    city: Slug | None = None,
    aggregate: Annotated[str | None, Query(pattern=r"^[a-z_]{1,40}$")] = None,
    aggregate_id: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,120}$")] = None,
) -> Response:
    """The newest first. A coordinator names the own ``city``; the moderator may leave it out."""
    if not (call.actor.moderates or (city is not None and call.actor.coordinates(city))):
        raise NotAllowed
    query = select(*_SHOWN).where(keyset([_LOG.c.id], cursor, descending=True))
    if city is not None:
        query = query.where(or_(_LOG.c.city == city, _LOG.c.other_city == city))
    if aggregate is not None:
        query = query.where(_LOG.c.aggregate == aggregate)
    if aggregate_id is not None:
        query = query.where(_LOG.c.aggregate_id == aggregate_id)
    async with call.gate.database.read() as tx:
        rows = await tx.all(query.order_by(_LOG.c.id.desc()).limit(cursor.limit + 1))
    return call.listed(page_of(rows, cursor, [_LOG.c.id], AuditEntry.of))
