"""A city's own practices, what it puts to use, and who learns from it."""

import asyncio
from collections import Counter

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.event import Slug
from vzaimo.contracts.registry import PracticeStatus
from vzaimo.portal.house.offices import enter
from vzaimo.portal.house.shapes import Adoption, Practice
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()
ORDER = (PracticeStatus.DRAFT, PracticeStatus.IN_REVIEW, PracticeStatus.PUBLISHED, PracticeStatus.ARCHIVED)


@router.get("/cities/{slug}/practices")
async def portfolio(visit: Visitor, slug: Slug) -> Response:
    """All of a city's practices with their state; adoptions from both sides."""
    office = await enter(visit, slug)
    practices, taken, given = await asyncio.gather(
        visit.part(_practices(visit, slug)),
        visit.part(visit.whole("registry", "/adoptions", Adoption, city=slug)),
        visit.part(visit.whole("registry", "/adoptions", Adoption, source=slug)),
    )
    return await office.show(
        "portfolio.html",
        practices=practices,
        taken=taken,
        given=given,
        adopters=Counter(one.practice for one in given.or_else([])),
    )


async def _practices(visit: Visit, slug: str) -> list[Practice]:
    found = await visit.whole("registry", "/practices", Practice, city=slug, status=list(ORDER))
    return sorted(found, key=lambda practice: ORDER.index(practice.status))
