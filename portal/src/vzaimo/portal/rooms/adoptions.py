"""A city puts another city's practice to use, and reports what that gave."""

import asyncio
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.event import Slug
from vzaimo.portal.house.charts import course
from vzaimo.portal.house.drafts import number
from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.shapes import Adoption, Practice
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()


@router.get("/practices/{practice_id}/adopt")
async def begin(visit: Visitor, practice_id: UUID, city: Slug) -> Response:
    """Which indicator the city will follow, and its own value now."""
    await visit.member()
    return await _form(visit, practice_id, city)


@router.post("/practices/{practice_id}/adopt")
async def commit(visit: Visitor, practice_id: UUID, city: Slug) -> Response:
    """The city commits to it."""
    form = visit.typed
    body: dict[str, Any] = {
        "practice": str(practice_id),
        "city": city,
        "indicator": str(form.get("indicator", "")),
        **{name: number(str(form.get(name, "")).strip()) for name in ("baseline", "baseline_year")},
    }
    try:
        receipt = await visit.send("registry", "POST", "/adoptions", body)
    except Problem as problem:
        return await _form(visit, practice_id, city, problem)
    return visit.go(f"/adoptions/{receipt.id}", "adopting.done.commit")


@router.get("/adoptions/{adoption_id}")
async def adoption(visit: Visitor, adoption_id: UUID) -> Response:
    """What was there before, what it gave, and what is still to be reported."""
    return await _show(visit, adoption_id)


@router.post("/adoptions/{adoption_id}")
async def report(visit: Visitor, adoption_id: UUID) -> Response:
    """The city says what it gave."""
    form = visit.typed
    body = {
        "after_months": number(str(form.get("after_months", ""))),
        "value": number(str(form.get("value", "")).strip()),
        "measured_on": str(form.get("measured_on", "")),
    }
    try:
        await visit.send("registry", "POST", f"/adoptions/{adoption_id}/measurements", body)
    except Problem as problem:
        return await _show(visit, adoption_id, problem)
    return visit.go(f"/adoptions/{adoption_id}", "adopting.done.report")


async def _form(visit: Visit, practice_id: UUID, city: str, problem: Problem | None = None) -> Response:
    practice = await visit.read("registry", f"/practices/{practice_id}", Practice)
    status = problem.status if problem else 200
    return await visit.show("adopt.html", status=status, practice=practice, city=city, problem=problem)


async def _show(visit: Visit, adoption_id: UUID, problem: Problem | None = None) -> Response:
    found = await visit.read("registry", f"/adoptions/{adoption_id}", Adoption)
    practice, me = await asyncio.gather(
        visit.part(visit.read("registry", f"/practices/{found.practice}", Practice)), visit.me()
    )
    shown = practice.value.indicators if practice.value else ()
    indicator = next((one for one in shown if one.name == found.indicator), None)
    ours = me is not None and found.city in me.coordinated
    return await visit.show(
        "adoption.html",
        status=problem.status if problem else 200,
        adoption=found,
        practice=practice,
        indicator=indicator,
        course=course(found),
        ready=[(months, day) for months, day in found.awaited if ours and day <= visit.now.date()],
        problem=problem,
    )
