"""A draft as its guests will see it."""

import asyncio
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from vzaimo.contracts.calendar import EventStatus
from vzaimo.portal.house import plans, previews
from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.plans import HostedPlan, Preview
from vzaimo.portal.house.shapes import Practice
from vzaimo.portal.house.visit import Part, Visitor
from vzaimo.portal.rooms.events import MOST_SHOWN

router = APIRouter()


@router.get("/plans/{event_id}/preview")
async def preview(visit: Visitor, event_id: UUID) -> Response:
    """The event's public page over the draft, with the deadlines that it would have now."""
    await visit.member()
    stored = await visit.read("calendar", f"/plans/{event_id}", HostedPlan)
    if stored.status is not EventStatus.DRAFT:
        return RedirectResponse(f"/events/{event_id}", 303)
    plan, refused = stored.plan, None
    deadlines = plan.deadlines
    if deadlines is None and plan.sessions:
        try:
            path, preset = f"/events/{event_id}/deadlines", plan.deadlines_preset or plans.USUAL
            deadlines = (await visit.read("calendar", path, Preview, preset=preset)).deadlines
        except Problem as problem:
            refused = problem
    if deadlines and plan.deadlines is None:
        visit.now = max(visit.now, deadlines.apply_opens)  # calendar's clock is a moment ahead of ours
    event = previews.event_of(stored, deadlines, visit.now) if deadlines else None
    if event is None:
        return await visit.show("no_preview.html", stored=stored, refused=refused)
    practices = await asyncio.gather(
        *(visit.part(visit.read("registry", f"/practices/{one}", Practice)) for one in plan.practices[:MOST_SHOWN])
    )
    return await visit.show(
        "event.html",
        event=event,
        requests=Part([]),
        practices=practices,
        feeds=visit.portal.settings.feeds,
        preview=stored,
    )
