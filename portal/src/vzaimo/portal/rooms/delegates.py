"""The people of a request once it was sent: others in their place, seats given back, what they need, their data."""

import asyncio
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.calendar import AudienceRole
from vzaimo.contracts.requests import DelegateStatus
from vzaimo.portal.house.accounts import Me
from vzaimo.portal.house.buttons import Step, offered
from vzaimo.portal.house.delegations import LONGEST
from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.records import Comfort, Comforts, Person
from vzaimo.portal.house.shapes import Delegate, Event, Request
from vzaimo.portal.house.visit import Part, Visit, Visitor
from vzaimo.portal.rooms.deciding import some

router = APIRouter()
NOT_FOUND = 404
LIVING = {DelegateStatus.PROPOSED, DelegateStatus.WAITLISTED, DelegateStatus.GRANTED, DelegateStatus.CONFIRMED}
SEATED = {DelegateStatus.GRANTED, DelegateStatus.CONFIRMED}
_ENDED = {DelegateStatus.REPLACED, DelegateStatus.RELEASED}


@router.get("/requests/{request_id}/people")
async def people(visit: Visitor, request_id: UUID) -> Response:
    """Who may be replaced, and whose seats may be given back."""
    return await _people(visit, request_id)


@router.post("/requests/{request_id}/people")
async def change(visit: Visitor, request_id: UUID) -> Response:
    """Give seats back, or send others."""
    if visit.typed.get("step") == "release":
        return await _release(visit, request_id)
    return await _replace(visit, request_id)


@router.get("/requests/{request_id}/delegates/{delegate_id}")
async def delegate(visit: Visitor, request_id: UUID, delegate_id: UUID) -> Response:
    """One person: what they need, all that is stored, and its end."""
    return await _delegate(visit, request_id, delegate_id)


@router.post("/requests/{request_id}/delegates/{delegate_id}/needs")
async def state_needs(visit: Visitor, request_id: UUID, delegate_id: UUID) -> Response:
    """What a person needs to eat and to get in."""
    body = {name: str(visit.typed.get(name, "")).strip() or None for name in ("dietary", "access")}
    place = f"/requests/{request_id}/delegates/{delegate_id}"
    try:
        await visit.send("requests", "PUT", f"{place}/needs", body, whatever_version=True)
    except Problem as problem:
        return await _delegate(visit, request_id, delegate_id, problem)
    return visit.go(place, "people.needs_kept")


@router.post("/requests/{request_id}/delegates/{delegate_id}/erasure")
async def erase(visit: Visitor, request_id: UUID, delegate_id: UUID) -> Response:
    """Destroy a person's data; the act of it is shown."""
    try:
        receipt = await visit.send("requests", "POST", f"/requests/{request_id}/delegates/{delegate_id}/erasure")
    except Problem as problem:
        return await _delegate(visit, request_id, delegate_id, problem)
    return visit.go(f"/acts/{receipt.id}", "people.erased")


@router.get("/requests/{request_id}/delegates/{delegate_id}/data")
async def download(visit: Visitor, request_id: UUID, delegate_id: UUID) -> Response:
    """All that is stored about a person, as a file to hand over."""
    await visit.member()
    person = await visit.read("requests", f"/requests/{request_id}/delegates/{delegate_id}/data", Person)
    headers = {"Content-Disposition": f'attachment; filename="{delegate_id}.json"', "Cache-Control": "no-store"}
    return Response(person.model_dump_json(indent=2), 200, headers, "application/json")


async def _release(visit: Visit, request_id: UUID) -> Response:
    chosen = some(visit.typed)
    if not chosen:
        return await _people(visit, request_id, fault="people.nobody")
    try:
        await visit.send("requests", "POST", f"/requests/{request_id}/release", chosen)
    except Problem as problem:
        return await _people(visit, request_id, problem)
    return visit.go(f"/requests/{request_id}", "people.released")


async def _replace(visit: Visit, request_id: UUID) -> Response:
    """One command a person. When one is refused, those before it are done; sent again, they take no effect twice."""
    form = visit.typed
    others = {
        old: {
            "delegate": old,
            "name": name[:LONGEST],
            "role": str(form.get(f"role-{old}", "")),
            "organisation": str(form.get(f"organisation-{old}", "")).strip()[:LONGEST] or None,
        }
        for key, value in form.multi_items()
        if key.startswith("name-") and isinstance(value, str) and (name := value.strip())
        for old in [key.removeprefix("name-")]
    }
    if not others:
        return await _people(visit, request_id, fault="people.nobody")
    for done, (old, body) in enumerate(others.items()):
        try:
            # What the form has seen counts for the first; the others follow upon our own step.
            await visit.send(
                "requests", "POST", f"/requests/{request_id}/replace", body, whatever_version=done > 0, part=f"-{old}"
            )
        except Problem as problem:
            return await _people(visit, request_id, problem, done=done, refused=old)
    return visit.go(f"/requests/{request_id}", "people.replaced")


async def _people(
    visit: Visit,
    request_id: UUID,
    problem: Problem | None = None,
    *,
    fault: str | None = None,
    done: int = 0,
    refused: str | None = None,
) -> Response:
    me, request, event, steps = await _request(visit, request_id)
    if not steps & {"release", "replace"}:
        raise Problem(NOT_FOUND, {})
    return await visit.show(
        "people.html",
        status=problem.status if problem else 422 if fault else 200,
        request=request,
        event=event,
        steps=steps,
        living=[one for one in _by_rank(request) if one.status in LIVING],
        ours=request.city in me.coordinated,
        roles=list(AudienceRole),
        problem=problem,
        fault=fault,
        done=done,
        refused=refused,
    )


async def _delegate(visit: Visit, request_id: UUID, delegate_id: UUID, problem: Problem | None = None) -> Response:
    me, request, event, _ = await _request(visit, request_id)
    ours = request.city in me.coordinated
    found = next((one for one in request.delegates if one.id == delegate_id), None)
    if found is None or not (ours or me.moderates):
        raise Problem(NOT_FOUND, {})
    seated = ours and found.status in SEATED
    person, comfort = await asyncio.gather(
        visit.part(visit.read("requests", f"/requests/{request_id}/delegates/{delegate_id}/data", Person)),
        visit.part(_comfort(visit, request_id, delegate_id, asked=seated)),
    )
    return await visit.show(
        "delegate.html",
        status=problem.status if problem else 200,
        request=request,
        event=event,
        one=found,
        ours=ours,
        seated=seated,
        person=person,
        comfort=comfort,
        titles={one.id: one.title for one in event.value.sessions} if event.value else {},
        problem=problem,
    )


async def _comfort(visit: Visit, request_id: UUID, delegate_id: UUID, *, asked: bool) -> Comfort:
    nothing = Comfort(delegate=delegate_id, name="")
    if not asked:
        return nothing
    found = await visit.read("requests", f"/requests/{request_id}/delegates/needs", Comforts)
    return next((one for one in found.items if one.delegate == delegate_id), nothing)


async def _request(visit: Visit, request_id: UUID) -> tuple[Me, Request, Part[Event], frozenset[Step]]:
    me = await visit.member()
    request = await visit.read("requests", f"/requests/{request_id}", Request)
    event = await visit.part(visit.event(request.event))
    await visit.portal.names.ready()
    host = visit.portal.names.cities.get(request.host)
    return me, request, event, offered(request, event.value, me, host, visit.now)


def _by_rank(request: Request) -> list[Delegate]:
    return sorted(request.delegates, key=lambda one: (one.rank, one.status in _ENDED))
