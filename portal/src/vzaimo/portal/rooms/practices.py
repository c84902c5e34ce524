"""What cities do well, and what it gave to those who took it up."""

import asyncio
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.portal.house.gateways import Page
from vzaimo.portal.house.shapes import Adoption, Event, Practice
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()
A_PAGE = 24


@router.get("/practices")
async def practices(visit: Visitor, text: str = "", topic: str = "", city: str = "", cursor: str = "") -> Response:
    """Published practices. Words are sought in titles and texts of all that the other filters leave."""
    sought = text.strip().casefold()[:200]
    wanted = {"topic": topic, "city": city}
    if sought:
        page = await visit.part(_matching(visit, sought, wanted))
    else:
        page = await visit.part(
            visit.read("registry", "/practices", Page[Practice], limit=A_PAGE, cursor=cursor, **wanted)
        )
    template = "parts/practice_list.html" if visit.partial else "practices.html"
    return await visit.show(template, page=page, text=text, topic=topic, city=city)


@router.get("/practices/{practice_id}")
async def practice(visit: Visitor, practice_id: UUID) -> Response:
    """One practice: what shows that it works, where it does not apply, who adopted it and what it gave."""
    found, adoptions = await asyncio.gather(
        visit.read("registry", f"/practices/{practice_id}", Practice),
        visit.part(visit.whole("registry", "/adoptions", Adoption, practice=practice_id)),
    )
    topic = found.topics[0] if found.topics else None
    events = await visit.part(
        visit.read("calendar", "/events", Page[Event], topic=topic, starts_from=visit.now.isoformat(), limit=5)
    )
    return await visit.show("practice.html", practice=found, adoptions=adoptions, events=events)


async def _matching(visit: Visit, sought: str, wanted: dict[str, str]) -> Page[Practice]:
    found = await visit.whole("registry", "/practices", Practice, **wanted)
    words = sought.replace("ё", "е").split()
    return Page(
        items=[
            one
            for one in found
            if all(
                word in f"{one.title} {one.summary} {visit.portal.names.city(one.city)}".casefold().replace("ё", "е")
                for word in words
            )
        ]
    )
