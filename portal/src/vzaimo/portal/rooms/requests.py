"""A request's page: where it stands, what its city may do, and what its host may decide."""

import asyncio
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.calendar import SeatMode
from vzaimo.portal.house.accounts import AuditEntry
from vzaimo.portal.house.buttons import offered
from vzaimo.portal.house.gateways import Page, Problem
from vzaimo.portal.house.history import told
from vzaimo.portal.house.records import Comforts, Contacts
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
APPROVE_REASONS = ("accepted", "first-come", "matching-profile")
REJECT_REASONS = ("no-seats", "other-audience", "too-late", "not-suitable")
LONGEST_HISTORY = 100


@router.get("/requests/{request_id}")
async def page(visit: Visitor, request_id: UUID) -> Response:
    """The request, as its city or its host sees it."""
    return await show(visit, request_id)


@router.get("/requests/{request_id}/history")
async def history(visit: Visitor, request_id: UUID) -> Response:
    """What happened to it, the newest first: for the coordinators of both cities and the moderator."""
    me = await visit.member()
    request = await visit.read("requests", f"/requests/{request_id}", Request)
    ours = next((city for city in (request.city, request.host) if city in me.coordinated), None)
    found = await visit.part(
        visit.read(
            "requests",
            "/audit",
            Page[AuditEntry],
            city=ours,
            aggregate="request",
            aggregate_id=request_id,
            limit=LONGEST_HISTORY,
        )
    )
    entries = found.value.items if found.value else []
    event = await visit.part(visit.event(request.event))
    return await visit.show(
        "history.html", request=request, event=event, found=found, lines=told(entries, request, me.person)
    )


@router.post("/requests/{request_id}/{step}")
async def go_on(visit: Visitor, request_id: UUID, step: Step) -> Response:
    """A step of the request's city."""
    revision = str(visit.typed.get("revision", ""))
    body = {"schedule_revision": int(revision) if revision.isdigit() else 1} if step in _SEEN else None
    return await take(visit, request_id, _PATHS[step], body, notice=f"request.done.{step}")


async def take(visit: Visit, request_id: UUID, path: str, body: object, *, notice: str) -> Response:
    """Take a step, and show what it led to."""
    try:
        await visit.send("requests", "POST", f"/requests/{request_id}/{path}", body)
    except Problem as problem:
        return await show(visit, request_id, problem=problem)
    return visit.go(f"/requests/{request_id}", notice)


async def show(visit: Visit, request_id: UUID, *, problem: Problem | None = None, nobody: bool = False) -> Response:
    """The page; ``nobody``: the form chose nobody."""
    me = await visit.member()
    request = await visit.read("requests", f"/requests/{request_id}", Request)
    party = bool({request.city, request.host} & set(me.cities))
    seated = party and request.granted > 0
    event, queue, contacts, comforts = await asyncio.gather(
        visit.part(visit.event(request.event)),
        visit.part(visit.read("requests", f"/events/{request.event}/queue", Queue, mode=request.mode.value)),
        visit.part(_contacts(visit, request_id, asked=seated)),
        visit.part(_comforts(visit, request_id, asked=seated and request.mode is SeatMode.IN_PERSON)),
    )
    await visit.portal.names.ready()
    steps = offered(request, event.value, me, visit.portal.names.cities.get(request.host), visit.now)
    ours = request.city in me.coordinated
    return await visit.show(
        "request.html",
        status=problem.status if problem else 422 if nobody else 200,
        request=request,
        event=event,
        queue=queue,
        steps=steps,
        opened=(ours or me.moderates) and request.status.value != "draft",
        ours=ours,
        free=_free(event, request.mode),
        reasons=(APPROVE_REASONS, REJECT_REASONS),
        elsewhere=await _elsewhere(visit, request) if "redirect" in steps else [],
        contacts=contacts,
        comforts=comforts,
        told=me.moderates or bool({request.city, request.host} & set(me.coordinated)),
        chosen=_chosen(visit, request),
        problem=problem,
        nobody=nobody,
    )


async def _contacts(visit: Visit, request_id: UUID, *, asked: bool) -> Contacts:
    if not asked:
        return Contacts()
    return await visit.read("notify", f"/requests/{request_id}/contacts", Contacts)


async def _comforts(visit: Visit, request_id: UUID, *, asked: bool) -> Comforts:
    if not asked:
        return Comforts(request=request_id)
    return await visit.read("requests", f"/requests/{request_id}/delegates/needs", Comforts)


async def _elsewhere(visit: Visit, request: Request) -> list[Event]:
    """The host's other events to which the city could be sent."""
    found = await visit.part(visit.events(host=request.host, starts_from=visit.soon, limit=100))
    return [
        one
        for one in (found.value.items if found.value else [])
        if one.id != request.event and one.takes_requests(visit.now) and request.mode in one.mode.seat_modes
    ]


def _chosen(visit: Visit, request: Request) -> set[str] | None:
    """Whom the form ticked, as long as these are still the people; a revised delegation is other people."""
    ticked = {str(one) for one in visit.typed.getlist("delegate")}
    return ticked if ticked & {str(one.id) for one in request.delegates} else None


def _free(event: Part[Event], mode: SeatMode) -> int | None:
    """Seats that are left; none where there is no limit or nobody knows."""
    seats = event.value.seats_now if event.value else ()
    return next((one.free for one in seats if one.mode is mode), None)
