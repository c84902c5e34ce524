"""What a city says of itself, and where its agreement stands."""

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.event import Slug
from vzaimo.portal.house import profiles
from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.offices import Office, enter, unreadable
from vzaimo.portal.house.visit import Visitor

router = APIRouter()


@router.get("/cities/{slug}/profile")
async def profile(visit: Visitor, slug: Slug) -> Response:
    """The form of what is known."""
    return await _show(await enter(visit, slug))


@router.post("/cities/{slug}/profile")
async def describe(visit: Visitor, slug: Slug) -> Response:
    """Say something else."""
    office = await enter(visit, slug)
    body = profiles.body(profiles.typed(visit.typed))
    if body is None:
        return await _show(office, unreadable(visit))
    try:
        await visit.send("registry", "PATCH", f"/cities/{slug}", body)
    except Problem as problem:
        return await _show(await enter(visit, slug), problem)
    await visit.portal.names.ready(fresh=True)
    return visit.go(f"/cities/{slug}/profile", "profile.done")


async def _show(office: Office, problem: Problem | None = None) -> Response:
    shown = profiles.typed(office.visit.typed) if problem else profiles.values_of(office.city)
    agreement = office.city.agreement
    left = (agreement.valid_until - office.visit.now.date()).days if agreement and agreement.valid_until else None
    return await office.show("profile.html", problem, shown=shown, days_left=left)
