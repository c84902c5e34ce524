"""Requests: asking, deciding, and who waits."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Response
from fastapi.exceptions import RequestValidationError

from vzaimo.contracts.calendar import SeatMode
from vzaimo.kit.http import Command, Cursor, Member, Receipt, Visitor, of_query
from vzaimo.kit.ids import new_id
from vzaimo.requests.api.commands import carry_out
from vzaimo.requests.handlers import decisions, requests
from vzaimo.requests.handlers.decisions import Decide
from vzaimo.requests.shapes.requests import (
    Approval,
    DelegationBody,
    PriorityBody,
    QueueView,
    Rejection,
    RequestBody,
    RequestFilter,
    RequestPage,
    RequestView,
    SeatsOf,
    Seen,
)
from vzaimo.requests.views import requests as views

router = APIRouter(tags=["requests"])
Wanted = Annotated[RequestFilter, Depends(of_query(RequestFilter))]


@router.get("/requests", response_model=RequestPage)
async def list_requests(call: Member, cursor: Cursor, wanted: Wanted) -> Response:
    """The own city's requests, and those for its events; all but drafts for the moderator, without names."""
    if wanted.embed == "queues" and wanted.event is None:
        raise RequestValidationError([{"type": "missing", "loc": ("query", "event")}])
    async with call.gate.database.read() as tx:
        return call.listed(await views.requests(tx, cursor, call.actor, wanted, call.works.clock.now()))


@router.get("/requests/{request_id}", response_model=RequestView)
async def read_request(request_id: UUID, call: Member) -> Response:
    """One request."""
    async with call.gate.database.read() as tx:
        view = await views.request(tx, request_id, call.actor)
    # Names and the remark end without a new version: whoever has them is told.
    return call.shown(view, view.version, view.remark is None, *(one.name for one in view.delegates))


@router.get("/events/{event_id}/seats", response_model=SeatsOf)
async def read_seats(event_id: UUID, call: Visitor) -> Response:
    """The seats of an event, as its ledger has them."""
    async with call.gate.database.read() as tx:
        view = await views.seats(tx, event_id)
    return call.shown(view, sum(one.version for one in view.seats))


@router.get("/events/{event_id}/queue", response_model=QueueView)
async def read_queue(event_id: UUID, mode: SeatMode, call: Visitor) -> Response:
    """Who waits for a seat: the length for everyone, more for those whom it concerns."""
    async with call.gate.database.read() as tx:
        view = await views.queue(tx, event_id, mode, call.known, call.works.clock.now())
    return Response(
        view.model_dump_json(),
        media_type="application/json",
        headers={"Cache-Control": "no-store", "Vary": "Accept-Language, Authorization"},
    )


@router.post("/requests", status_code=201, response_model=Receipt)
async def draft(body: RequestBody, call: Command) -> Response:
    """Begin to ask."""
    command = requests.Ask(body.event, body.city, body.mode, body.delegation())
    return await carry_out(call, requests.draft, new_id(), command)


@router.put("/requests/{request_id}", response_model=Receipt)
async def revise(request_id: UUID, body: DelegationBody, call: Command) -> Response:
    """Name others, until the host has decided."""
    return await carry_out(call, requests.revise, request_id, body.delegation(), call.expected_version)


@router.post("/requests/{request_id}/submit", response_model=Receipt)
async def submit(request_id: UUID, body: Seen, call: Command) -> Response:
    """Send it to the host."""
    return await carry_out(call, requests.submit, request_id, body.schedule_revision, call.expected_version)


@router.post("/requests/{request_id}/confirm", response_model=Receipt)
async def confirm(request_id: UUID, body: Seen, call: Command) -> Response:
    """Say that those who have seats will come."""
    return await carry_out(call, requests.confirm, request_id, body.schedule_revision, call.expected_version)


@router.post("/requests/{request_id}/offer/accept", response_model=Receipt)
async def accept_offer(request_id: UUID, body: Seen, call: Command) -> Response:
    """Come with as many as seats are held for."""
    return await carry_out(call, requests.accept_offer, request_id, body.schedule_revision, call.expected_version)


@router.post("/requests/{request_id}/offer/decline", response_model=Receipt)
async def decline_offer(request_id: UUID, call: Command) -> Response:
    """Let the offered seats go."""
    return await carry_out(call, requests.decline_offer, request_id, call.expected_version)


@router.post("/requests/{request_id}/withdraw", response_model=Receipt)
async def withdraw(request_id: UUID, call: Command) -> Response:
    """Take a request back."""
    return await carry_out(call, requests.withdraw, request_id, call.expected_version)


@router.post("/requests/{request_id}/decision", response_model=Receipt)
async def decide(
    request_id: UUID, body: Annotated[Approval | Rejection, Body(discriminator="verdict")], call: Command
) -> Response:
    """The host's decision."""
    chosen = (body.delegates or body.count) if isinstance(body, Approval) else None
    command = Decide(body.verdict == "approve", chosen, body.reason, body.remark)
    return await carry_out(call, decisions.decide, request_id, command, call.expected_version)


@router.post("/requests/{request_id}/priority", response_model=Receipt)
async def prioritise(request_id: UUID, body: PriorityBody, call: Command) -> Response:
    """The host's own order of the queue."""
    return await carry_out(call, decisions.prioritise, request_id, body.priority, call.expected_version)
