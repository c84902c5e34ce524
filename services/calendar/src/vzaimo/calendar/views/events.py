"""Events and plans as they are shown."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from vzaimo.calendar.domain.refusals import UnknownEvent
from vzaimo.calendar.projections import SEATS
from vzaimo.calendar.shapes.events import EventFilter, EventView, PlanView, SeatsView
from vzaimo.calendar.store import EVENT, EVENT_TOPIC
from vzaimo.contracts.calendar import EventStatus
from vzaimo.kit.database import Transaction
from vzaimo.kit.http import Cursor, Page, keyset, page_of
from vzaimo.kit.identity import Actor


async def events(tx: Transaction, cursor: Cursor, wanted: EventFilter) -> Page[EventView]:
    """Announced events (or those that were) in the order of their start."""
    order = [EVENT.c.starts_at, EVENT.c.id]
    query = select(EVENT).where(EVENT.c.status == wanted.status, EVENT.c.event.is_not(None), keyset(order, cursor))
    if wanted.host is not None:
        query = query.where(EVENT.c.host == wanted.host)
    if wanted.mode is not None:
        query = query.where(EVENT.c.mode == wanted.mode)
    if wanted.topic is not None:
        query = query.join(EVENT_TOPIC, EVENT_TOPIC.c.event == EVENT.c.id).where(EVENT_TOPIC.c.topic == wanted.topic)
    if wanted.starts_from is not None:
        query = query.where(EVENT.c.starts_at >= wanted.starts_from)
    if wanted.starts_before is not None:
        query = query.where(EVENT.c.starts_at < wanted.starts_before)
    rows = await tx.all(query.order_by(*order).limit(cursor.limit + 1))
    seats = await _seats(tx, [row.id for row in rows])
    return page_of(rows, cursor, order, lambda row: EventView.of(row, seats.get(row.id, [])))


async def event(tx: Transaction, event_id: UUID) -> tuple[EventView, list[int]]:
    """One announced event, and the versions of what else it shows. Raises ``UnknownEvent``, also for a draft."""
    row = await tx.first(select(EVENT).where(EVENT.c.id == event_id, EVENT.c.event.is_not(None)))
    if row is None:
        raise UnknownEvent(event_id)
    seats = await tx.all(select(SEATS).where(SEATS.c.event == event_id).order_by(SEATS.c.mode))
    return EventView.of(row, [SeatsView.of(one) for one in seats]), [one.version for one in seats]


async def plans(tx: Transaction, cursor: Cursor, host: str, status: EventStatus | None) -> Page[PlanView]:
    """A host's own events, drafts too, in the order of their making."""
    query = select(EVENT).where(EVENT.c.host == host, keyset([EVENT.c.id], cursor))
    if status is not None:
        query = query.where(EVENT.c.status == status)
    rows = await tx.all(query.order_by(EVENT.c.id).limit(cursor.limit + 1))
    return page_of(rows, cursor, [EVENT.c.id], PlanView.of)


async def plan(tx: Transaction, event_id: UUID, actor: Actor) -> PlanView:
    """What its host has written. Raises ``UnknownEvent`` for others."""
    row = await tx.first(select(EVENT).where(EVENT.c.id == event_id))
    if row is None or not (actor.views(row.host) or actor.serves(row.host, "events")):
        raise UnknownEvent(event_id)
    return PlanView.of(row)


async def _seats(tx: Transaction, events: Sequence[Any]) -> dict[Any, list[SeatsView]]:
    rows = await tx.all(select(SEATS).where(SEATS.c.event.in_(events)).order_by(SEATS.c.event, SEATS.c.mode))
    found: dict[Any, list[SeatsView]] = {}
    for row in rows:
        found.setdefault(row.event, []).append(SeatsView.of(row))
    return found
