"""A city's organisations: where it receives its guests."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from vzaimo.contracts.event import Slug
from vzaimo.contracts.registry import OrganisationKind
from vzaimo.portal.house import places
from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.offices import NOT_FOUND, Office, enter, unreadable
from vzaimo.portal.house.shapes import Organisation
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()


@router.get("/cities/{slug}/organisations")
async def organisations(visit: Visitor, slug: Slug) -> Response:
    """All of a city's, on a plan and as a list, and a form for another one."""
    return await _show(await enter(visit, slug))


@router.post("/cities/{slug}/organisations")
async def add(visit: Visitor, slug: Slug) -> Response:
    """Name another place."""
    office = await enter(visit, slug)
    body = _typed(visit)
    if body is None:
        return await _show(office, unreadable(visit))
    try:
        await visit.send("registry", "POST", "/organisations", {**body, "city": slug})
    except Problem as problem:
        return await _show(office, problem)
    return visit.go(f"/cities/{slug}/organisations", "places.done.add")


@router.get("/cities/{slug}/organisations/{organisation_id}")
async def edit(visit: Visitor, slug: Slug, organisation_id: UUID) -> Response:
    """The form of one."""
    return await _form(await enter(visit, slug), organisation_id)


@router.post("/cities/{slug}/organisations/{organisation_id}")
async def change(visit: Visitor, slug: Slug, organisation_id: UUID) -> Response:
    """Say something else of it."""
    office = await enter(visit, slug)
    body = _typed(visit)
    if body is None:
        return await _form(office, organisation_id, unreadable(visit))
    try:
        await visit.send("registry", "PATCH", f"/organisations/{organisation_id}", body)
    except Problem as problem:
        return await _form(office, organisation_id, problem)
    return visit.go(f"/cities/{slug}/organisations", "places.done.change")


async def _show(office: Office, problem: Problem | None = None) -> Response:
    visit = office.visit
    found = await visit.part(visit.whole("registry", "/organisations", Organisation, city=office.city.id))
    shown = found.or_else([])
    return await office.show(
        "organisations.html", problem, found=found, plan=places.plan(shown), kinds=list(OrganisationKind)
    )


async def _form(office: Office, organisation_id: UUID, problem: Problem | None = None) -> Response:
    found = await office.visit.read("registry", f"/organisations/{organisation_id}", Organisation)
    if found.city != office.city.id:
        raise HTTPException(NOT_FOUND)
    return await office.show("organisation_form.html", problem, place=found, kinds=list(OrganisationKind))


def _typed(visit: Visit) -> dict[str, Any] | None:
    """The form as registry wants it; none where the coordinates cannot be read."""
    texts = {name: str(visit.typed.get(name, "")).strip() for name in ("name", "kind", "address", "coordinates")}
    pair = places.coordinates(texts.pop("coordinates"))
    if pair is None:
        return None
    return {**texts, "address": texts["address"] or None, "latitude": pair[0], "longitude": pair[1]}
