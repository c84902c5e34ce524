"""Facts that a city wants sent are queued for its webhooks, in the transaction of what else follows from them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import and_, or_, select

from vzaimo.contracts.event import Audience
from vzaimo.kit.inbound import Arrival
from vzaimo.kit.work import Work
from vzaimo.notify.domain.webhooks import KEPT, READABLE, Status, concerns, unpacked
from vzaimo.notify.handlers.deliver import add
from vzaimo.notify.store import WEBHOOK, WEBHOOK_DELIVERY, WEBHOOK_EVENT


async def forward(work: Work, arrivals: Sequence[Arrival[Any]]) -> None:
    """Queue these for every webhook that wants them; one that comes again is queued already."""
    fresh = [one for one in arrivals if one.event.name in READABLE and one.event.time > work.now - KEPT]
    if not fresh:
        return
    wanting = await _wanting(work, fresh)
    bodies: dict[UUID, dict[str, Any]] = {}
    deliveries: list[dict[str, Any]] = []
    for arrival in fresh:
        event = arrival.event
        for webhook in wanting[event.name]:
            if event.time >= webhook.since and concerns(arrival.fact, webhook.city):
                bodies[event.id] = body_row(event.id, event.type, arrival.body, arrival.cause.traceparent, work)
                due_at = max(work.now, webhook.rests_until or work.now)
                deliveries.append(delivery_row(webhook.id, event.id, due_at, work))
    await keep(work, list(bodies.values()), deliveries)


async def keep(work: Work, bodies: Sequence[dict[str, Any]], deliveries: Sequence[dict[str, Any]]) -> None:
    """Write the queue's rows that are not there yet."""
    await add(work, WEBHOOK_EVENT, bodies)
    await add(work, WEBHOOK_DELIVERY, deliveries)


def body_row(event: UUID, kind: str, body: bytes, traceparent: str | None, work: Work) -> dict[str, Any]:
    """An event as it goes out."""
    return {"id": event, "type": kind, "body": body, "at": work.now, "traceparent": traceparent}


def delivery_row(webhook: UUID, event: UUID, due_at: datetime, work: Work) -> dict[str, Any]:
    """An event for a webhook."""
    return {
        "id": uuid5(webhook, str(event)),
        "webhook": webhook,
        "event": event,
        "status": "queued",
        "attempts": 0,
        "created_at": work.now,
        "tries_since": work.now,
        "due_at": due_at,
        "version": 1,
    }


async def _wanting(work: Work, arrivals: Sequence[Arrival[Any]]) -> dict[str, list[Any]]:
    """The active webhooks that want any of these, by fact: for what has parties, those of the parties alone."""
    names = {one.event.name for one in arrivals}
    public = {name for name in names if READABLE[name].audience is Audience.PUBLIC}
    parties = {city for one in arrivals if one.event.name not in public for city in one.fact.parties}
    wanted = [_named(name) for name in sorted(public)]
    if parties:
        wanted.append(and_(WEBHOOK.c.city.in_(parties), or_(*map(_named, sorted(names - public)))))
    rows = await work.all(
        select(*(WEBHOOK.c[name] for name in ("id", "city", "facts", "since", "rests_until")))
        .where(WEBHOOK.c.status == Status.ACTIVE, or_(*wanted))
        .order_by(WEBHOOK.c.id)
    )
    wanting: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        for name in names.intersection(unpacked(row.facts)):
            wanting[name].append(row)
    return wanting


def _named(fact: str) -> Any:
    return WEBHOOK.c.facts.contains(f"|{fact}|", autoescape=True)
