"""Who asks to attend an event, for its host."""

import asyncio
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.shapes import Desk, Event
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()
_ORDER = ("submitted", "reconfirm_pending", "offered", "approved", "confirmed", "waitlisted")
NOT_FOUND = 404


@router.get("/events/{event_id}/requests")
async def requests(visit: Visitor, event_id: UUID) -> Response:
    """All requests for the event, those that wait for a decision first; and the waiting list."""
    event, found = await asyncio.gather(
        hosted(visit, event_id, moderated=True),
        visit.part(visit.pages("requests", "/requests", Desk, event=event_id, embed="queues")),
    )
    pages = found.or_else([])
    rows = [one for page in pages for one in page.items if one.host == event.host and one.status != "draft"]
    order = {status: place for place, status in enumerate(_ORDER)}
    rows.sort(key=lambda one: (order.get(one.status.value, len(order)), one.submitted_at or event.starts_at, one.id))
    queues = [one for page in pages[:1] for one in page.queues or ()]
    return await visit.show("hosting.html", event=event, requests=found, rows=rows, queues=queues)


async def hosted(visit: Visit, event_id: UUID, *, moderated: bool = False) -> Event:
    """An event of the visitor's own city; ``moderated``: the moderator may see it, too. Others are told of nothing."""
    me, event = await asyncio.gather(visit.member(), visit.event(event_id))
    if event.host not in me.cities and not (moderated and me.moderates):
        raise Problem(NOT_FOUND, {})
    return event
