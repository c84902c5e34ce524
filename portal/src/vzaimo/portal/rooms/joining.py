"""A city asks to take part, and sees where its application stands."""

import asyncio

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.portal.house import profiles
from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.offices import OwnData, unreadable
from vzaimo.portal.house.shapes import City
from vzaimo.portal.house.slugs import slug_of
from vzaimo.portal.house.visit import Part, Visit, Visitor

router = APIRouter()


@router.get("/apply")
async def begin(visit: Visitor) -> Response:
    """How it goes; for whoever is signed in the form, and where earlier applications stand."""
    return await _show(visit)


@router.post("/apply")
async def apply(visit: Visitor) -> Response:
    """The application."""
    form = visit.typed
    body = profiles.body(profiles.typed(form))
    if body is None:
        return await _show(visit, unreadable(visit))
    contact = {name: str(form.get(name, "")).strip() for name in ("person", "phone")}
    body |= {
        "id": str(form.get("id", "")).strip() or slug_of(str(body["name"])),
        "contact": {"name": contact["person"], "phone": contact["phone"] or None, "locale": visit.language},
    }
    try:
        receipt = await visit.send("registry", "POST", "/cities", body)
    except Problem as problem:
        return await _show(visit, problem)
    await visit.portal.names.ready(fresh=True)
    return visit.go(f"/cities/{receipt.id}", "joining.done")


async def _show(visit: Visit, problem: Problem | None = None) -> Response:
    kept: Part[OwnData] = Part()
    cities: list[City] = []
    if visit.session.signed_in:
        kept = await visit.part(visit.read("registry", "/me/data", OwnData))
        applied = kept.value.applied_for if kept.value else ()
        found = await asyncio.gather(*(visit.part(visit.read("registry", f"/cities/{one}", City)) for one in applied))
        cities = [part.value for part in found if part.value]
    status = problem.status if problem else 200
    return await visit.show(
        "apply.html",
        status=status,
        kept=kept,
        cities=cities,
        shown=profiles.typed(visit.typed),
        problem=problem,
    )
