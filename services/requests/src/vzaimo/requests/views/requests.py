"""Requests, seats and queues as they are shown."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from vzaimo.contracts.calendar import Event, QueueOrder, SeatMode
from vzaimo.contracts.requests import Request, RequestStatus
from vzaimo.kit.database import Transaction
from vzaimo.kit.http import Cursor, keyset, page_of
from vzaimo.kit.identity import Actor
from vzaimo.requests.domain.ledgers import Share
from vzaimo.requests.domain.queues import Wait, in_order, season_of, waits
from vzaimo.requests.domain.refusals import UnknownEvent, UnknownRequest
from vzaimo.requests.projections import CITY, EVENT
from vzaimo.requests.shapes.requests import (
    QueueEntry,
    QueueView,
    RequestFilter,
    RequestPage,
    RequestView,
    SeatsOf,
    SeatsView,
)
from vzaimo.requests.store import DELEGATE, LEDGER, REQUEST, SHARE, has_been_sent, in_ledger, ledger_of, request_of
from vzaimo.requests.views.names import guests, named

LONGEST_QUEUE = 1000


async def requests(tx: Transaction, cursor: Cursor, actor: Actor, wanted: RequestFilter, now: datetime) -> RequestPage:
    """Requests in the order of their making: the guest's own, those for the host's events, all for the moderator.

    Of a desk the newest first: whoever does not read to the end misses what is long done.
    """
    newest = wanted.desk is not None
    query = select(REQUEST).where(_visible(actor), keyset([REQUEST.c.id], cursor, descending=newest))
    if wanted.event is not None:
        query = query.where(REQUEST.c.event == wanted.event)
    if wanted.city is not None:
        query = query.where(REQUEST.c.city == wanted.city)
    if wanted.host is not None:
        query = query.where(REQUEST.c.host == wanted.host)
    if wanted.desk is not None:
        undecided = and_(REQUEST.c.host == wanted.desk, REQUEST.c.status == RequestStatus.SUBMITTED)
        query = query.where(or_(REQUEST.c.city == wanted.desk, undecided))
    if wanted.status is not None:
        query = query.where(REQUEST.c.status == wanted.status)
    if wanted.escalated is not None:
        moment = REQUEST.c.state["escalated_at"].as_string()
        query = query.where(moment.is_not(None) if wanted.escalated else moment.is_(None))
    order = REQUEST.c.id.desc() if newest else REQUEST.c.id
    rows = await tx.all(query.order_by(order).limit(cursor.limit + 1))
    names = await _names(tx, [row.id for row in rows if named(actor, row.city, row.host)])

    def shown(row: Any) -> RequestView:
        return RequestView.of(row, names, own=named(actor, row.city, row.host))

    found = page_of(rows, cursor, [REQUEST.c.id], shown)
    page = RequestPage(items=found.items, next=found.next)
    if wanted.embed == "events":
        page.events = await _events(tx, {one.event for one in found.items})
    elif wanted.embed == "queues" and wanted.event is not None and not cursor.after:
        page.queues = await _queues(tx, wanted.event, actor, now)
    return page


async def _events(tx: Transaction, wanted: set[UUID]) -> list[Event]:
    rows = await tx.all(select(EVENT.c.event).where(EVENT.c.id.in_(wanted))) if wanted else ()
    return [Event.model_validate(row.event) for row in rows]


async def _queues(tx: Transaction, event_id: UUID, actor: Actor, now: datetime) -> list[QueueView]:
    return [
        await _queue(tx, event, mode, actor, now)
        for event in await _events(tx, {event_id})
        for mode in event.mode.seat_modes
    ]


async def request(tx: Transaction, request_id: UUID, actor: Actor) -> RequestView:
    """One request. Raises ``UnknownRequest`` for whoever it does not concern."""
    row = await tx.first(select(REQUEST).where(REQUEST.c.id == request_id, _visible(actor)))
    if row is None:
        raise UnknownRequest(request_id)
    own = named(actor, row.city, row.host)
    return RequestView.of(row, await _names(tx, [row.id]) if own else {}, own=own)


async def seats(tx: Transaction, event_id: UUID) -> SeatsOf:
    """The seats of an event. Raises ``UnknownEvent``."""
    rows = await tx.all(select(LEDGER).where(LEDGER.c.event == event_id).order_by(LEDGER.c.mode))
    if not rows:
        raise UnknownEvent(event_id)
    return SeatsOf(event=event_id, seats=[SeatsView.of(row) for row in rows])


async def queue(tx: Transaction, event_id: UUID, mode: SeatMode, actor: Actor | None, now: datetime) -> QueueView:
    """Who waits for a seat, in order, as far as the caller may know, and why. Raises ``UnknownEvent``."""
    for event in await _events(tx, {event_id}):
        return await _queue(tx, event, mode, actor, now)
    raise UnknownEvent(event_id)


async def _queue(tx: Transaction, event: Event, mode: SeatMode, actor: Actor | None, now: datetime) -> QueueView:
    rows = await tx.all(
        select(REQUEST).where(in_ledger(REQUEST, event.id, mode), REQUEST.c.waiting > 0).limit(LONGEST_QUEUE)
    )
    waiting = [request_of(row) for row in rows]
    cities = {one.city for one in waiting}
    fair = event.queue_order is QueueOrder.FAIR
    seats_then = await _seats_this_season(tx, season_of(event), cities) if fair else {}
    order = in_order(waiting, event.queue_order, seats_then)
    why = await _waits(tx, order, event, mode, now) if order else []
    whole = actor is not None and (actor.moderates or actor.views(event.host))
    entries = [
        QueueEntry(
            place=place,
            city=one.city,
            request=one.id,
            waiting=one.waiting,
            priority=one.priority,
            submitted_at=one.submitted_at.isoformat() if one.submitted_at else "",
            seats_this_season=seats_then.get(one.city, 0) if fair else None,
            why=reason,
        )
        for place, (one, reason) in enumerate(zip(order, why, strict=True), 1)
        if whole or (actor is not None and guests(actor, one.city))
    ]
    return QueueView(event=event.id, mode=mode, length=len(waiting), entries=entries)


async def _waits(tx: Transaction, order: Sequence[Request], event: Event, mode: SeatMode, now: datetime) -> list[Wait]:
    row = await tx.first(select(LEDGER).where(in_ledger(LEDGER, event.id, mode)))
    ledger = ledger_of(row)
    cities = {one.city for one in order}
    known = await tx.all(
        select(SHARE).where(in_ledger(SHARE, event.id, mode), SHARE.c.city.in_(cities | set(ledger.plan.reserves)))
    )
    ledger = replace(ledger, shares={row.city: Share(row.granted, row.held) for row in known})
    away = await tx.all(select(CITY.c.id).where(CITY.c.id.in_(cities), CITY.c.status != "active"))
    return waits(ledger, order, event, now, suspended={row.id for row in away})


async def _seats_this_season(tx: Transaction, season: int, cities: set[str]) -> dict[str, int]:
    rows = await tx.all(
        select(REQUEST.c.city, func.sum(REQUEST.c.confirmed).label("seats"))
        .where(REQUEST.c.season == season, REQUEST.c.city.in_(cities))
        .group_by(REQUEST.c.city)
    )
    return {row.city: int(row.seats) for row in rows}


def _visible(actor: Actor) -> Any:
    submitted = has_been_sent()
    own = REQUEST.c.city.in_(_cities(actor))
    return or_(own, submitted) if actor.moderates else or_(own, and_(submitted, REQUEST.c.host.in_(_cities(actor))))


def _cities(actor: Actor) -> set[str]:
    return {*actor.cities, *(city for city, scope in actor.served if scope == "requests")}


async def _names(tx: Transaction, requests: Sequence[UUID]) -> dict[str, Any]:
    rows = await tx.all(select(DELEGATE).where(DELEGATE.c.request.in_(requests))) if requests else ()
    return {str(row.id): row for row in rows}
