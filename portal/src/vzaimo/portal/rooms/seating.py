"""The host assigns delegates to sessions that run in parallel: all by city, or a delegation by hand."""

import asyncio
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.portal.house import seating
from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.records import Assignments
from vzaimo.portal.house.shapes import Request
from vzaimo.portal.house.visit import Part, Visit, Visitor
from vzaimo.portal.rooms.hosting import hosted

router = APIRouter()


@router.get("/events/{event_id}/assignments")
async def assignments(visit: Visitor, event_id: UUID, request: UUID | None = None) -> Response:
    """How full the sessions are, and where the delegations sit; one of them opened, to change that."""
    return await _show(visit, event_id, request)


@router.post("/events/{event_id}/assignments")
async def assign(visit: Visitor, event_id: UUID, request: UUID | None = None) -> Response:
    """Everybody by city, or the delegation that is open as the form says."""
    event = await hosted(visit, event_id)
    body: dict[str, object] = {}
    if request is not None:
        found = await visit.read("requests", f"/events/{event_id}/assignments", Assignments)
        people = [one for one in found.delegates if one.request == request]
        body["assignments"] = seating.typed(visit.typed, seating.groups(event.sessions), people)
    try:
        await visit.send("requests", "POST", f"/events/{event_id}/assignments", body)
    except Problem as problem:
        return await _show(visit, event_id, request, problem)
    return visit.go(f"/events/{event_id}/assignments", "seating.kept")


async def _show(visit: Visit, event_id: UUID, opened: UUID | None, problem: Problem | None = None) -> Response:
    event = await hosted(visit, event_id)
    me = await visit.member()
    found, request = await asyncio.gather(
        visit.part(visit.read("requests", f"/events/{event_id}/assignments", Assignments)), _opened(visit, opened)
    )
    if request.refused is not None and not problem:
        raise request.refused
    delegates = found.value.delegates if found.value else ()
    return await visit.show(
        "seating.html",
        status=problem.status if problem else 200,
        event=event,
        found=found,
        groups=seating.groups(event.sessions),
        parties=seating.tally(delegates),
        loads={one.session: one for one in found.value.sessions} if found.value else {},
        request=request.value,
        people={one.id: one for one in request.value.delegates} if request.value else {},
        writes=event.host in me.coordinated,
        problem=problem,
    )


async def _opened(visit: Visit, request: UUID | None) -> Part[Request]:
    """The delegation with its names."""
    return await visit.part(visit.read("requests", f"/requests/{request}", Request)) if request else Part()
