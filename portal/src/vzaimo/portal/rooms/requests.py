"""A request's page: where it stands, what its city may do, and what its host may decide."""

import asyncio
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.calendar import SeatMode
from vzaimo.contracts.requests import RequestStatus
from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.shapes import Event, Queue, Request
from vzaimo.portal.house.visit import Part, Visit, Visitor

router = APIRouter()
Step = Literal["submit", "confirm", "reconfirm", "accept", "decline", "withdraw"]
_PATHS: dict[Step, str] = {
    "submit": "submit",
    "confirm": "confirm",
    "reconfirm": "reconfirm",
    "accept": "offer/accept",
    "decline": "offer/decline",
    "withdraw": "withdraw",
}
_SEEN = {"submit", "confirm", "reconfirm", "accept"}
"""Steps that name the schedule which the city has seen."""
STEPS: dict[RequestStatus, tuple[Step, ...]] = {
    RequestStatus.DRAFT: ("submit", "withdraw"),
    RequestStatus.SUBMITTED: ("withdraw",),
    RequestStatus.APPROVED: ("confirm", "withdraw"),
    RequestStatus.OFFERED: ("accept", "decline", "withdraw"),
    RequestStatus.WAITLISTED: ("withdraw",),
    RequestStatus.CONFIRMED: ("withdraw",),
    RequestStatus.RECONFIRM_PENDING: ("reconfirm", "withdraw"),
}
EDITED = {RequestStatus.DRAFT, RequestStatus.SUBMITTED}
APPROVE_REASONS = ("accepted", "first-come", "matching-profile")
REJECT_REASONS = ("no-seats", "other-audience", "too-late", "not-suitable")


@router.get("/requests/{request_id}")
async def page(visit: Visitor, request_id: UUID) -> Response:
    """The request, as its city or its host sees it."""
    return await _show(visit, request_id)


@router.post("/requests/{request_id}/decision")
async def decide(visit: Visitor, request_id: UUID) -> Response:
    """The host's decision: who comes, by delegate or by number; or that nobody does, and why."""
    form = visit.typed
    body: dict[str, object] = {"verdict": str(form.get("verdict", "")), "remark": str(form.get("remark", "")) or None}
    if body["verdict"] == "reject":
        body["reason"] = str(form.get("why_not", ""))
    else:
        chosen, count = [str(one) for one in form.getlist("delegate")], str(form.get("count", ""))
        body["reason"] = str(form.get("why", ""))
        body["delegates"] = chosen or None
        body["count"] = int(count) if count.isascii() and count.isdigit() else None
        if not chosen and not body["count"]:
            # Nothing chosen would mean everybody to the gateway.
            return await _show(visit, request_id, nobody=True)
    return await _step(visit, request_id, "decision", body, notice="request.done.decision")


@router.post("/requests/{request_id}/{step}")
async def go_on(visit: Visitor, request_id: UUID, step: Step) -> Response:
    """A step of the request's city."""
    revision = str(visit.typed.get("revision", ""))
    body = {"schedule_revision": int(revision) if revision.isdigit() else 1} if step in _SEEN else None
    return await _step(visit, request_id, _PATHS[step], body, notice=f"request.done.{step}")


async def _step(visit: Visit, request_id: UUID, path: str, body: object, *, notice: str) -> Response:
    try:
        await visit.send("requests", "POST", f"/requests/{request_id}/{path}", body)
    except Problem as problem:
        return await _show(visit, request_id, problem=problem)
    return visit.go(f"/requests/{request_id}", notice)


async def _show(visit: Visit, request_id: UUID, *, problem: Problem | None = None, nobody: bool = False) -> Response:
    me = await visit.member()
    request = await visit.read("requests", f"/requests/{request_id}", Request)
    event, queue = await asyncio.gather(
        visit.part(visit.read("calendar", f"/events/{request.event}", Event)),
        visit.part(visit.read("requests", f"/events/{request.event}/queue", Queue, mode=request.mode.value)),
    )
    ours, hosting = request.city in me.coordinated, request.host in me.coordinated
    decides = request.status is RequestStatus.SUBMITTED and (
        hosting or (me.moderates and request.escalated_at is not None)
    )
    return await visit.show(
        "request.html",
        status=problem.status if problem else 422 if nobody else 200,
        request=request,
        event=event,
        queue=queue,
        steps=STEPS.get(request.status, ()) if ours else (),
        editable=ours and request.status in EDITED,
        decides=decides,
        free=_free(event, request.mode),
        reasons=(APPROVE_REASONS, REJECT_REASONS),
        problem=problem,
        nobody=nobody,
    )


def _free(event: Part[Event], mode: SeatMode) -> int | None:
    """Seats that are left; none where there is no limit or nobody knows."""
    seats = event.value.seats_now if event.value else ()
    return next((one.free for one in seats if one.mode is mode), None)
