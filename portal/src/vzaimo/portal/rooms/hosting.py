"""Who asks to attend an event, for its host."""

import asyncio
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.calendar import SeatMode
from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.shapes import Event, Queue, Request
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()
_ORDER = ("submitted", "reconfirm_pending", "offered", "approved", "confirmed", "waitlisted")
NOT_FOUND = 404


@router.get("/events/{event_id}/requests")
async def requests(visit: Visitor, event_id: UUID) -> Response:
    """All requests for the event, those that wait for a decision first; and the waiting list."""
    event, found = await asyncio.gather(
        hosted(visit, event_id, moderated=True),
        visit.part(visit.whole("requests", "/requests", Request, event=event_id)),
    )
    modes = event.mode.seat_modes
    queues = await asyncio.gather(*(visit.part(_queue(visit, event_id, mode)) for mode in modes))
    rows = [one for one in found.or_else([]) if one.host == event.host and one.status != "draft"]
    order = {status: place for place, status in enumerate(_ORDER)}
    rows.sort(key=lambda one: (order.get(one.status.value, len(order)), one.submitted_at or event.starts_at, one.id))
    return await visit.show(
        "hosting.html", event=event, requests=found, rows=rows, queues=list(zip(modes, queues, strict=True))
    )


async def hosted(visit: Visit, event_id: UUID, *, moderated: bool = False) -> Event:
    """An event of the visitor's own city; ``moderated``: the moderator may see it, too. Others are told of nothing."""
    me, event = await asyncio.gather(visit.member(), visit.event(event_id))
    if event.host not in me.cities and not (moderated and me.moderates):
        raise Problem(NOT_FOUND, {})
    return event


async def _queue(visit: Visit, event_id: UUID, mode: SeatMode) -> Queue:
    return await visit.read("requests", f"/events/{event_id}/queue", Queue, mode=mode.value)
