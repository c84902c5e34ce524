"""My city: what needs it now, its requests, and what it hosts."""

import asyncio
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.portal.house.duties import duties
from vzaimo.portal.house.gateways import Page, Problem
from vzaimo.portal.house.shapes import Event, Practice, Request
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
        visit.part(_requests(visit, me.cities)),
        visit.part(_hosted(visit, me.cities)),
        visit.part(_practices(visit, me.cities)),
    )
    requests = found.or_else([])
    events = await _events(visit, requests, hosted.or_else([]))
    return await visit.show(
        "my.html",
        requests=found,
        own=[one for one in requests if one.city in me.cities],
        events=events,
        hosted=hosted,
        practices=practices,
        duties=duties(requests, events, me.coordinated, visit.now),
    )


async def _requests(visit: Visit, cities: list[str]) -> list[Request]:
    """The cities' requests, and those for their events."""
    lists = await asyncio.gather(
        *(visit.whole("requests", "/requests", Request, city=city) for city in cities),
        *(visit.whole("requests", "/requests", Request, host=city, status="submitted") for city in cities),
    )
    return list({one.id: one for some in lists for one in some}.values())


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


async def _events(visit: Visit, requests: list[Request], known: list[Event]) -> dict[UUID, Event]:
    events = {event.id: event for event in known}
    wanted = list(dict.fromkeys(one.event for one in requests if one.event not in events))[:MOST_EVENTS]
    if not wanted:
        return events
    found = await visit.part(visit.events(id=wanted, limit=MOST_EVENTS))
    return events | {event.id: event for event in (found.value.items if found.value else [])}
