"""What cities want to learn, and who wants the same."""

import asyncio
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.calendar import Mode
from vzaimo.portal.house.gateways import Page
from vzaimo.portal.house.shapes import Match, Need
from vzaimo.portal.house.visit import Visitor

router = APIRouter()
A_PAGE = 24


@router.get("/needs")
async def needs(visit: Visitor, topic: str = "", mode: str = "", cursor: str = "") -> Response:
    """Open needs, and those that were answered."""
    page = await visit.part(
        visit.read(
            "requests",
            "/needs",
            Page[Need],
            limit=A_PAGE,
            cursor=cursor,
            topic=topic,
            mode=mode if mode in list(Mode) else None,
        )
    )
    return await visit.show("needs.html", page=page, topic=topic, mode=mode)


@router.get("/needs/{need_id}")
async def need(visit: Visitor, need_id: UUID) -> Response:
    """One need, its backers, and what there is on its topic already."""
    found, matches = await asyncio.gather(
        visit.read("requests", f"/needs/{need_id}", Need),
        visit.part(visit.read("requests", f"/needs/{need_id}/matches", Page[Match], limit=20)),
    )
    return await visit.show("need.html", need=found, matches=matches)
