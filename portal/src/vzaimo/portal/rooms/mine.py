"""My city: what needs it now, its requests, and what it hosts."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.calendar import Event as Announced
from vzaimo.portal.house.duties import duties
from vzaimo.portal.house.gateways import Page, Problem
from vzaimo.portal.house.shapes import Desk, Event, Practice, Request
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()
MOST_EVENTS = 100
"""Events that calendar is asked for in one go."""


@router.get("/my")
async def mine(visit: Visitor) -> Response:
    """All cities for which the visitor acts. Whoever acts for none yet is shown how to begin."""
    try:
        me = await visit.member()
    except Problem as problem:
        if problem.kind != "actor-not-yet-known":
            raise
        return await visit.show("newcomer.html")
    found, hosted, practices = await asyncio.gather(
        visit.part(_desks(visit, me.cities)),
        visit.part(_hosted(visit, me.cities)),
        visit.part(_practices(visit, me.cities)),
    )
    requests, known = found.or_else(([], []))
    events = await _events(visit, requests, [*known, *hosted.or_else([])])
    return await visit.show(
        "my.html",
        requests=found,
        own=[one for one in requests if one.city in me.cities],
        events=events,
        hosted=hosted,
        practices=practices,
        duties=duties(requests, events, me.coordinated, visit.now),
    )


async def _desks(visit: Visit, cities: list[str]) -> tuple[list[Request], list[Announced]]:
    """The cities' requests and those that they decide; with the events, as far as requests knows them."""
    pages = await asyncio.gather(
        *(visit.pages("requests", "/requests", Desk, desk=city, embed="events") for city in cities)
    )
    found = [page for some in pages for page in some]
    requests = {one.id: one for page in found for one in page.items}
    return list(requests.values()), [event for page in found for event in page.events or ()]


async def _hosted(visit: Visit, cities: list[str]) -> list[Event]:
    pages = await asyncio.gather(*(visit.events(host=city, starts_from=visit.soon) for city in cities))
    return [event for page in pages for event in page.items]


async def _practices(visit: Visit, cities: list[str]) -> list[Practice]:
    """What waits for the city or the moderator."""
    pages = await asyncio.gather(
        *(
            visit.read("registry", "/practices", Page[Practice], city=city, status=["draft", "in_review"])
            for city in cities
        )
    )
    return [practice for page in pages for practice in page.items]


async def _events(visit: Visit, requests: list[Request], known: Sequence[Announced]) -> dict[UUID, Announced]:
    """What calendar knows best: those of the city's own, and those that requests has not heard of yet."""
    events = {event.id: event for event in known}
    wanted = list(dict.fromkeys(one.event for one in requests if one.event not in events))[:MOST_EVENTS]
    if not wanted:
        return events
    found = await visit.part(visit.events(id=wanted, limit=MOST_EVENTS))
    return events | {event.id: event for event in (found.value.items if found.value else [])}
