"""One event: when and where, how many seats, until when to ask, and how to take part."""

import asyncio
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from vzaimo.portal.house.gateways import Page, SignedOut
from vzaimo.portal.house.shapes import Practice, Request
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()
MOST_SHOWN = 6


@router.get("/events/{event_id}")
async def event(visit: Visitor, event_id: UUID) -> Response:
    """The event's page."""
    found, own = await asyncio.gather(visit.event(event_id), visit.part(_requests(visit, event_id)))
    practices = await asyncio.gather(
        *(
            visit.part(visit.read("registry", f"/practices/{practice}", Practice))
            for practice in found.practices[:MOST_SHOWN]
        )
    )
    return await visit.show(
        "event.html",
        event=found,
        requests=own,
        practices=practices,
        feeds=visit.portal.settings.feeds,
    )


@router.get("/v1/events/{event_id}/join")
async def join(visit: Visitor, event_id: UUID) -> Response:
    """Into the event, for those who take part: mails and calendars lead here, and calendar knows the link."""
    if not visit.session.signed_in:
        raise SignedOut
    link = await visit.portal.gateways.leads_to("calendar", f"/events/{event_id}/join", visit.caller)
    return RedirectResponse(link, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


async def _requests(visit: Visit, event_id: UUID) -> list[Request]:
    """The requests for this event that the visitor may see."""
    if not visit.session.signed_in:
        return []
    page = await visit.read("requests", "/requests", Page[Request], event=event_id, limit=200)
    return page.items
