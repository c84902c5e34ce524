"""A host looks after an event: where it stands, what waits, its seats, and how it ends or is held again."""

import asyncio
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from vzaimo.contracts.calendar import EventStatus
from vzaimo.portal.house import plans, seats
from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.moves import touched
from vzaimo.portal.house.plans import HostedPlan
from vzaimo.portal.house.shapes import Request
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()


@router.get("/events/{event_id}/manage")
async def page(visit: Visitor, event_id: UUID) -> Response:
    """The event as its host looks after it; of a draft the form."""
    return await _show(visit, event_id)


@router.post("/events/{event_id}/manage/seats")
async def ask_for_seats(visit: Visitor, event_id: UUID) -> Response:
    """More seats or fewer; the seat ledger answers."""
    event = await visit.event(event_id)
    await visit.portal.names.ready()
    modes = event.mode.seat_modes
    shown = seats.typed(visit.typed, seats.values_of(event.seats), visit.portal.names.slugs())
    if seats.unknown(shown, modes):
        return await _show(visit, event_id, shown=shown, unknown=True)
    body = {"seats": seats.body(shown, modes, whole=True)}
    return await _step(visit, event_id, "capacity", body, notice="managing.seats_asked", shown=shown)


@router.post("/events/{event_id}/manage/complete")
async def complete(visit: Visitor, event_id: UUID) -> Response:
    """It took place."""
    return await _step(visit, event_id, "complete", None, notice="managing.completed")


@router.post("/events/{event_id}/manage/cancel")
async def cancel(visit: Visitor, event_id: UUID) -> Response:
    """Call it off, for a reason."""
    body = {"reason": str(visit.typed.get("reason", ""))}
    return await _step(visit, event_id, "cancel", body, notice="managing.cancelled")


@router.post("/events/{event_id}/manage/clone")
async def hold_again(visit: Visitor, event_id: UUID) -> Response:
    """A draft of the same event for other days."""
    body = {"first_day": str(visit.typed.get("first_day", ""))}
    try:
        receipt = await visit.send("calendar", "POST", f"/events/{event_id}/clone", body, whatever_version=True)
    except Problem as problem:
        return await _show(visit, event_id, problem=problem)
    return visit.go(f"/plans/{receipt.id}", "managing.cloned")


async def _step(
    visit: Visit, event_id: UUID, path: str, body: object, *, notice: str, shown: dict[str, Any] | None = None
) -> Response:
    try:
        await visit.send("calendar", "POST", f"/events/{event_id}/{path}", body)
    except Problem as problem:
        return await _show(visit, event_id, problem=problem, shown=shown)
    return visit.go(f"/events/{event_id}/manage", notice)


async def _show(
    visit: Visit,
    event_id: UUID,
    *,
    problem: Problem | None = None,
    shown: dict[str, Any] | None = None,
    unknown: bool = False,
) -> Response:
    me, plan, found, requests = await asyncio.gather(
        visit.member(),
        visit.read("calendar", f"/plans/{event_id}", HostedPlan),
        visit.part(visit.event(event_id)),
        visit.part(visit.whole("requests", "/requests", Request, event=event_id)),
    )
    if plan.status is EventStatus.DRAFT:
        return RedirectResponse(f"/plans/{event_id}", 303)
    event = found.needed()
    return await visit.show(
        "parts/capacity.html" if visit.partial else "manage.html",
        status=problem.status if problem else 422 if unknown else 200,
        event=event,
        requests=requests,
        touched=touched(requests.or_else([]), event.host),
        hosts=event.host in me.coordinated,
        may_complete=visit.now >= max(one.starts_at for one in event.sessions),
        seat_values=shown or seats.values_of(event.seats or plan.plan.seats),
        reasons=plans.CANCEL_REASONS,
        problem=problem,
        unknown=unknown,
    )
