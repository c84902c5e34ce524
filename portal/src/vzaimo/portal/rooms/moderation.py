"""The moderator's rooms: who wants to take part, what waits for a review, what is late, what went wrong."""

import asyncio
from typing import Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from vzaimo.contracts.event import Slug
from vzaimo.contracts.registry import CityStatus
from vzaimo.portal.house.accounts import Delivery
from vzaimo.portal.house.gateways import Page, Problem, Service
from vzaimo.portal.house.offices import Applicant, Person
from vzaimo.portal.house.shapes import City, Practice, Request
from vzaimo.portal.house.visit import Part, Visit, Visitor

router = APIRouter()
T = TypeVar("T", bound=BaseModel)
NOT_FOUND = 404
Step = Literal["admit", "decline", "activate", "suspend", "reinstate", "withdraw"]
STEPS: dict[CityStatus, tuple[Step, ...]] = {
    CityStatus.APPLIED: ("admit", "decline"),
    CityStatus.AGREEMENT_PENDING: ("activate", "decline"),
    CityStatus.ACTIVE: ("suspend", "withdraw"),
    CityStatus.SUSPENDED: ("reinstate", "withdraw"),
}
ASKED_TWICE = {"decline", "suspend", "withdraw"}
SIGNED = {CityStatus.AGREEMENT_PENDING, CityStatus.ACTIVE, CityStatus.SUSPENDED}
"""A city of which an agreement may be entered, the first or a new one."""
SUSPENDED_FOR = ("rules-broken", "own-wish", "out-of-reach", "reorganisation")
"""Reasons that registry keeps as slugs; a lapsed agreement is its own reason, and ends by itself."""
A_PAGE = 25


@router.get("/moderation")
async def desk(visit: Visitor) -> Response:
    """Everything that waits for the moderator."""
    return await _show(visit)


@router.get("/moderation/cities/{city}")
async def city_of(visit: Visitor, city: Slug) -> Response:
    """Where one city stands, whom to ask, and what comes next."""
    return await _show_city(visit, city)


@router.post("/moderation/cities/{city}/agreement")
async def sign(visit: Visitor, city: Slug) -> Response:
    """Enter a signed agreement."""
    typed = {name: str(visit.typed.get(name, "")).strip() for name in ("number", "signed_on", "valid_until")}
    body = {**typed, "valid_until": typed["valid_until"] or None}
    return await _of_city(visit, city, "PUT", f"/cities/{city}/agreement", body)


@router.post("/moderation/cities/{city}/{step}")
async def decide(visit: Visitor, city: Slug, step: Step) -> Response:
    """Admit, decline, activate, suspend, reinstate, withdraw."""
    body = {"reason": str(visit.typed.get("reason", SUSPENDED_FOR[0]))} if step == "suspend" else None
    return await _of_city(visit, city, "POST", f"/cities/{city}/{step}", body)


@router.post("/moderation/practices/{practice_id}/publish")
async def publish(visit: Visitor, practice_id: UUID) -> Response:
    """Show a practice to everybody."""
    return await _do(visit, "registry", f"/practices/{practice_id}/publish")


@router.post("/moderation/practices/{practice_id}/return")
async def give_back(visit: Visitor, practice_id: UUID) -> Response:
    """Give it back with a remark."""
    remark = str(visit.typed.get("remark", "")).strip()
    return await _do(visit, "registry", f"/practices/{practice_id}/return", {"remark": remark})


async def _do(visit: Visit, service: Service, path: str, body: object = None) -> Response:
    await moderator(visit)
    try:
        await visit.send(service, "POST", path, body)
    except Problem as problem:
        return await _show(visit, problem)
    return visit.go("/moderation", "moderation.done")


async def _of_city(visit: Visit, city: str, method: Literal["POST", "PUT"], path: str, body: object) -> Response:
    await moderator(visit)
    try:
        await visit.send("registry", method, path, body)
    except Problem as problem:
        return await _show_city(visit, city, problem)
    await visit.portal.names.ready(fresh=True)
    return visit.go(f"/moderation/cities/{city}", "moderation.done")


async def _show_city(visit: Visit, slug: str, problem: Problem | None = None) -> Response:
    await moderator(visit)
    city, applicant, people, practices = await asyncio.gather(
        visit.read("registry", f"/cities/{slug}", City),
        visit.part(visit.read("registry", f"/cities/{slug}/applicant", Applicant)),
        visit.part(visit.whole("registry", f"/cities/{slug}/people", Person)),
        visit.part(visit.read("registry", "/practices", Page[Practice], city=slug, limit=100)),
    )
    return await visit.show(
        "admission.html",
        status=problem.status if problem else 200,
        city=city,
        applicant=applicant,
        people=people,
        practices=practices,
        steps=STEPS.get(city.status, ()),
        twice=ASKED_TWICE,
        signed=city.status in SIGNED,
        suspended_for=SUSPENDED_FOR,
        problem=problem,
    )


async def _show(visit: Visit, problem: Problem | None = None) -> Response:
    await moderator(visit)
    cities, reviews, late, dead = await asyncio.gather(
        visit.part(visit.whole("registry", "/cities", City)),
        _page(visit, "reviews", "registry", "/practices", Practice, status="in_review"),
        _page(visit, "late", "requests", "/requests", Request, status="submitted", escalated=True),
        _page(visit, "dead", "notify", "/deliveries", Delivery, status="dead"),
    )
    known = sorted(cities.or_else([]), key=lambda city: city.name)
    return await visit.show(
        "moderation.html",
        status=problem.status if problem else 200,
        cities=cities,
        pending=[one for one in known if one.status is CityStatus.AGREEMENT_PENDING],
        applied=[one for one in known if one.status is CityStatus.APPLIED],
        members=[one for one in known if one.status in {CityStatus.ACTIVE, CityStatus.SUSPENDED}],
        reviews=reviews,
        late=late,
        reasons=SUSPENDED_FOR,
        dead=dead,
        problem=problem,
    )


async def _page(visit: Visit, name: str, service: Service, path: str, shape: type[T], **query: object) -> Part[Page[T]]:
    """A page of one of the lists; each has a cursor of its own in the address."""
    cursor = visit.request.query_params.get(name, "")
    return await visit.part(visit.read(service, path, Page[shape], limit=A_PAGE, cursor=cursor, **query))  # type: ignore[valid-type] # pydantic makes the page of a shape at run time


async def moderator(visit: Visit) -> None:
    """Others find no such page."""
    if not (await visit.member()).moderates:
        raise HTTPException(NOT_FOUND)
