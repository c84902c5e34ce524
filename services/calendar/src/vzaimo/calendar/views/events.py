"""Events and plans as they are shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, select

from vzaimo.calendar.domain.plans import scheduled
from vzaimo.calendar.domain.presets import Preset, fitted
from vzaimo.calendar.domain.refusals import EventIncomplete, UnknownEvent, WrongEventStatus
from vzaimo.calendar.projections import SEATS
from vzaimo.calendar.shapes.events import EventFilter, EventView, PlanView, SeatsView, event_text
from vzaimo.calendar.shapes.schedules import DeadlinesView
from vzaimo.calendar.store import EVENT
from vzaimo.calendar.views.listing import ORDER, listing
from vzaimo.contracts.calendar import EventStatus
from vzaimo.kit.database import Transaction
from vzaimo.kit.http import Cursor, Page, keyset, page_of
from vzaimo.kit.identity import Actor

_SHOWN = (
    EVENT.c.id,
    EVENT.c.starts_at,
    EVENT.c.mode,
    EVENT.c.capacity_overdue,
    EVENT.c.version,
    # As it was written: a page of it is not parsed only to be written again.
    cast(EVENT.c.event, Text).label("event"),
    EVENT.c.plan["summary"].as_string().label("summary"),
)


async def events(tx: Transaction, cursor: Cursor, wanted: EventFilter) -> Page[str]:
    """Announced events (or those that were) in the order of their start, as JSON.

    Load the lemmas before, for a text.
    """
    rows = await tx.all(listing(tx.dialect, wanted, cursor, *_SHOWN))
    seats = await _seats(tx, [row.id for row in rows])
    return page_of(rows, cursor, ORDER, lambda row: event_text(row, seats.get(row.id, [])))


async def events_in(zone: str, tx: Transaction, cursor: Cursor, wanted: EventFilter) -> Page[EventView]:
    """The same with the times that clocks in a zone show."""
    rows = await tx.all(listing(tx.dialect, wanted, cursor))
    seats = await _seats(tx, [row.id for row in rows])
    return page_of(rows, cursor, ORDER, lambda row: EventView.of(row, seats.get(row.id, []), zone))


async def event(tx: Transaction, event_id: UUID, zone: str | None = None) -> tuple[EventView, list[int]]:
    """One announced event, and the versions of what else it shows. Raises ``UnknownEvent``, also for a draft."""
    row = await tx.first(select(EVENT).where(EVENT.c.id == event_id, EVENT.c.event.is_not(None)))
    if row is None:
        raise UnknownEvent(event_id)
    seats = await tx.all(select(SEATS).where(SEATS.c.event == event_id).order_by(SEATS.c.mode))
    view = EventView.of(row, [SeatsView.of(one) for one in seats], zone)
    return view, [*(one.version for one in seats), int(row.capacity_overdue)]


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


async def deadlines(tx: Transaction, event_id: UUID, preset: Preset, actor: Actor, now: datetime) -> DeadlinesView:
    """What a preset would give for a draft, announced now. Raises ``UnknownEvent`` for others than its host's."""
    view = await plan(tx, event_id, actor)
    if view.status != EventStatus.DRAFT:
        raise WrongEventStatus(event_id, EventStatus(view.status), (EventStatus.DRAFT,))
    if not view.plan.sessions:
        raise EventIncomplete(("sessions",))
    return DeadlinesView.of(preset, fitted(preset, scheduled(view.plan)[0].starts_at, now))


async def _seats(tx: Transaction, events: Sequence[Any]) -> dict[Any, list[SeatsView]]:
    rows = await tx.all(select(SEATS).where(SEATS.c.event.in_(events)).order_by(SEATS.c.event, SEATS.c.mode))
    found: dict[Any, list[SeatsView]] = {}
    for row in rows:
        found.setdefault(row.event, []).append(SeatsView.of(row))
    return found
