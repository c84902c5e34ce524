"""Requests under way: confirming again, seats by hand, people let go or replaced, redirections, assignments."""

from uuid import UUID

from fastapi import APIRouter, Response

from vzaimo.kit.http import Command, Member, Receipt
from vzaimo.requests.api.commands import carry_out
from vzaimo.requests.handlers import assignments, decisions, delegations, requests
from vzaimo.requests.handlers.delegations import Replace
from vzaimo.requests.shapes.hosting import AssignmentsBody, AssignmentsView, RedirectBody, ReplacementBody, Some
from vzaimo.requests.shapes.requests import Seen
from vzaimo.requests.views import assignments as views

router = APIRouter(tags=["requests"])


@router.post("/requests/{request_id}/reconfirm", response_model=Receipt)
async def reconfirm(request_id: UUID, body: Seen, call: Command) -> Response:
    """Say that those who have seats come to the new schedule."""
    return await carry_out(call, requests.reconfirm, request_id, body.schedule_revision, call.expected_version)


@router.post("/requests/{request_id}/release", response_model=Receipt)
async def release(request_id: UUID, body: Some, call: Command) -> Response:
    """Let some people go. Whoever gives seats back waits for no more; their seats go on at once."""
    return await carry_out(call, delegations.release, request_id, body.chosen, call.expected_version)


@router.post("/requests/{request_id}/replace", response_model=Receipt)
async def replace(request_id: UUID, body: ReplacementBody, call: Command) -> Response:
    """Send another person in a delegate's place: the city until the roster is frozen, then the host."""
    command = Replace(body.delegate, body.person(), body.role)
    return await carry_out(call, delegations.replace, request_id, command, call.expected_version)


@router.post("/requests/{request_id}/seat", response_model=Receipt)
async def seat(request_id: UUID, body: Some, call: Command) -> Response:
    """Seat by hand some of those who wait, once the roster is frozen."""
    return await carry_out(call, decisions.seat, request_id, body.chosen, call.expected_version)


@router.post("/requests/{request_id}/redirect", response_model=Receipt)
async def redirect(request_id: UUID, body: RedirectBody, call: Command) -> Response:
    """Send the city to another event, where a draft with the same people keeps its place in time."""
    return await carry_out(call, decisions.redirect, request_id, body.event, call.expected_version)


@router.get("/events/{event_id}/assignments", response_model=AssignmentsView)
async def read_assignments(event_id: UUID, call: Member) -> Response:
    """Who sits in which session, and where everybody would sit by city."""
    async with call.gate.database.read() as tx:
        view = await views.assignments(tx, event_id, call.actor)
    return Response(view.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})


@router.post("/events/{event_id}/assignments", response_model=Receipt)
async def assign(event_id: UUID, body: AssignmentsBody, call: Command) -> Response:
    """Assign delegates to sessions that run in parallel: as said, or everybody by city."""
    return await carry_out(call, assignments.assign_sessions, event_id, body.chosen())
