"""What cities want to learn, and who wants the same."""

import asyncio
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.calendar import AudienceRole, Mode
from vzaimo.contracts.event import Slug
from vzaimo.contracts.requests import NeedStatus
from vzaimo.portal.house.gateways import Page, Problem
from vzaimo.portal.house.shapes import Frequent, Match, Need
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()
A_PAGE = 24
LONGEST_NUMBER = 7
CLOSE_REASONS = ("no-longer-needed", "learned-elsewhere", "duplicate", "outdated")
MODERATORS = ("duplicate", "outdated", "not-suitable")
A_FEW = 10


@router.get("/needs")
async def needs(
    visit: Visitor, *, topic: str = "", mode: str = "", city: str = "", status: str = "", cursor: str = ""
) -> Response:
    """Needs in the order of their posting, and the topics that most cities want."""
    wanted = {
        "topic": topic,
        "city": city,
        "mode": mode if mode in list(Mode) else None,
        "status": status if status in list(NeedStatus) else None,
    }
    page, frequent = await asyncio.gather(
        visit.part(visit.read("requests", "/needs", Page[Need], limit=A_PAGE, cursor=cursor, **wanted)),
        visit.part(visit.read("requests", "/needs/frequent", Frequent)),
    )
    return await visit.show(
        "needs.html", page=page, frequent=frequent, topic=topic, mode=mode, city=city, status_of=status, most=A_FEW
    )


@router.get("/needs/new")
async def begin(visit: Visitor, city: Slug) -> Response:
    """An empty form."""
    await visit.member()
    return await _form(visit, city)


@router.post("/needs/new")
async def post(visit: Visitor, city: Slug) -> Response:
    """A city says what it wants to learn."""
    form = visit.typed
    texts = {name: str(form.get(name, "")).strip() for name in ("topic", "mode", "not_before", "not_after", "words")}
    roles = [str(one) for one in form.getlist("roles")]
    body = {**texts, "city": city, "roles": roles, "heads": _heads(visit), "words": texts["words"] or None}
    try:
        receipt = await visit.send("requests", "POST", "/needs", body)
    except Problem as problem:
        return await _form(visit, city, problem)
    return visit.go(f"/needs/{receipt.id}", "needs.posted")


@router.post("/needs/{need_id}/backers")
async def back(visit: Visitor, need_id: UUID) -> Response:
    """Another city wants the same, or says for how many from now on."""
    body = {"city": str(visit.typed.get("city", "")), "heads": _heads(visit)}
    try:
        await visit.send("requests", "POST", f"/needs/{need_id}/backers", body)
    except Problem as problem:
        return await _show(visit, need_id, problem)
    return visit.go(f"/needs/{need_id}", "needs.backed")


@router.post("/needs/{need_id}/leave")
async def leave(visit: Visitor, need_id: UUID) -> Response:
    """It no longer does."""
    city = str(visit.typed.get("city", ""))
    await visit.send("requests", "DELETE", f"/needs/{need_id}/backers/{quote(city, safe='')}")
    return visit.go(f"/needs/{need_id}", "needs.left")


@router.post("/needs/{need_id}/close")
async def close(visit: Visitor, need_id: UUID) -> Response:
    """Its city, or the moderator, looks after it no longer."""
    body = {"reason": str(visit.typed.get("reason", ""))}
    try:
        await visit.send("requests", "POST", f"/needs/{need_id}/close", body)
    except Problem as problem:
        return await _show(visit, need_id, problem)
    return visit.go(f"/needs/{need_id}", "needs.closed")


@router.get("/needs/{need_id}")
async def need(visit: Visitor, need_id: UUID, cursor: str = "") -> Response:
    """One need, its backers, and what there is on its topic already."""
    return await _show(visit, need_id, cursor=cursor)


async def _form(visit: Visit, city: str, problem: Problem | None = None) -> Response:
    status = problem.status if problem else 200
    return await visit.show("need_form.html", status=status, city=city, roles=list(AudienceRole), problem=problem)


async def _show(visit: Visit, need_id: UUID, problem: Problem | None = None, *, cursor: str = "") -> Response:
    found, matches = await asyncio.gather(
        visit.read("requests", f"/needs/{need_id}", Need),
        visit.part(visit.read("requests", f"/needs/{need_id}/matches", Page[Match], limit=20, cursor=cursor)),
    )
    me = await visit.me()
    backing = {one.city for one in found.backers}
    ours = [city for city in (me.coordinated if me else []) if city != found.city]
    return await visit.show(
        "need.html",
        status=problem.status if problem else 200,
        need=found,
        matches=matches,
        may_back=[city for city in ours if city not in backing],
        may_leave=[city for city in ours if city in backing],
        may_close=me is not None and (me.moderates or found.city in me.coordinated),
        may_host=ours,
        reasons=CLOSE_REASONS if me and found.city in me.coordinated else MODERATORS,
        problem=problem,
    )


def _heads(visit: Visit) -> int | None:
    heads = str(visit.typed.get("heads", "")).strip()
    return int(heads) if heads.isascii() and heads.isdigit() and len(heads) < LONGEST_NUMBER else None
