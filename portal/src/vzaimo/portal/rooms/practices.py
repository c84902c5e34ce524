"""What cities do well, and what it gave to those who took it up."""

import asyncio
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.registry import PracticeStatus
from vzaimo.portal.house.gateways import Page
from vzaimo.portal.house.shapes import Adoption, Practice
from vzaimo.portal.house.visit import Visitor
from vzaimo.portal.rooms.writing import STEPS, WRITTEN

router = APIRouter()
A_PAGE = 24


@router.get("/practices")
async def practices(visit: Visitor, text: str = "", topic: str = "", city: str = "", cursor: str = "") -> Response:
    """Published practices, found by words in any form, topic and city."""
    wanted = {"text": text.strip()[:300], "topic": topic, "city": city}
    page = await visit.part(visit.read("registry", "/practices", Page[Practice], limit=A_PAGE, cursor=cursor, **wanted))
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
    events = await visit.part(visit.events(topic=topic, starts_from=visit.soon, limit=5))
    me = await visit.me()
    ours = me.coordinated if me else []
    begun = {one.city: one for one in adoptions.or_else([]) if one.city in ours and one.is_open}
    offered = found.status is PracticeStatus.PUBLISHED and bool(found.indicators)
    return await visit.show(
        "practice.html",
        practice=found,
        adoptions=adoptions,
        events=events,
        own=found.city in ours,
        steps=STEPS.get(found.status, ()),
        written=found.status in WRITTEN,
        begun=begun,
        may_adopt=[city for city in ours if offered and city not in {found.city, *begun}],
    )
