"""Who takes part: a list and a map of who learns from whom, and each city's page."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.event import Slug
from vzaimo.contracts.registry import CityStatus
from vzaimo.portal.house.gateways import Page
from vzaimo.portal.house.shapes import Adoption, City, Organisation, Practice
from vzaimo.portal.house.visit import Visitor

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Lesson:
    """What other cities learn from one: who they are, and how much of it has shown results."""

    source: str
    learners: list[str]
    adoptions: int
    reported: int


@router.get("/cities")
async def cities(visit: Visitor) -> Response:
    """All cities by name; those who take part on the map."""
    found, adoptions = await asyncio.gather(
        visit.part(visit.whole("registry", "/cities", City)),
        visit.part(visit.whole("registry", "/adoptions", Adoption)),
    )
    order = sorted(found.or_else([]), key=lambda city: city.name)
    known = {city.id: city for city in order}
    return await visit.show(
        "cities.html",
        found=found,
        active=[city for city in order if city.status is CityStatus.ACTIVE],
        others=[city for city in order if city.status in {CityStatus.APPLIED, CityStatus.AGREEMENT_PENDING}],
        pairs=[(known.get(source), known.get(city)) for source, city in _pairs(adoptions.or_else([]))],
        lessons=_lessons(adoptions.or_else([])),
    )


@router.get("/cities/{slug}")
async def city(visit: Visitor, slug: Slug) -> Response:
    """What a city shares, hosts and has taken up."""
    found, events, practices, places, adopted, given = await asyncio.gather(
        visit.read("registry", f"/cities/{slug}", City),
        visit.part(visit.events(host=slug, starts_from=visit.soon)),
        visit.part(visit.read("registry", "/practices", Page[Practice], city=slug)),
        visit.part(visit.read("registry", "/organisations", Page[Organisation], city=slug)),
        visit.part(visit.whole("registry", "/adoptions", Adoption, city=slug)),
        visit.part(visit.whole("registry", "/adoptions", Adoption, source=slug)),
    )
    return await visit.show(
        "city.html", city=found, events=events, practices=practices, places=places, adopted=adopted, given=given
    )


def _pairs(adoptions: Sequence[Adoption]) -> list[tuple[str, str]]:
    """Who teaches whom, each pair once however much it is."""
    return list(dict.fromkeys((one.source, one.city) for one in adoptions))


def _lessons(adoptions: Sequence[Adoption]) -> list[Lesson]:
    """By who teaches, those first from whom most is learned."""
    taught: dict[str, list[Adoption]] = {}
    for one in adoptions:
        taught.setdefault(one.source, []).append(one)
    found = [
        Lesson(source, sorted({one.city for one in some}), len(some), sum(1 for one in some if one.measurements))
        for source, some in taught.items()
    ]
    return sorted(found, key=lambda one: (-one.adoptions, one.source))
