"""What a member was told: as a list, and as it comes."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response, StreamingResponse

from vzaimo.portal.house.accounts import Notification
from vzaimo.portal.house.gateways import Page, SignedOut
from vzaimo.portal.house.visit import Visitor

router = APIRouter()
A_PAGE = 30
LOOKED_AT = 200
"""Notifications among which one from a mail is looked for."""


@router.get("/inbox")
async def inbox(visit: Visitor, cursor: str = "", unread: str = "") -> Response:
    """The newest first."""
    await visit.member()
    page = await visit.part(
        visit.read("notify", "/inbox", Page[Notification], limit=A_PAGE, cursor=cursor, unread=True if unread else None)
    )
    return await visit.show("inbox.html", page=page, unread_only=bool(unread))


@router.get("/inbox/stream")
async def stream(visit: Visitor) -> Response:
    """News as notify sends them, under the session's token: scripts never have it."""
    if not visit.session.signed_in:
        raise SignedOut
    last = visit.request.headers.get("last-event-id")
    pieces = visit.portal.gateways.stream("notify", "/inbox/stream", visit.caller, last)
    return StreamingResponse(pieces, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@router.get("/inbox/{notification_id}")
async def follow(visit: Visitor, notification_id: UUID) -> Response:
    """To what a notification speaks of: mails lead here. Whoever opens it has read it."""
    await visit.member()
    page = await visit.read("notify", "/inbox", Page[Notification], limit=LOOKED_AT)
    found = next((one for one in page.items if one.id == notification_id), None)
    if found is None:
        return RedirectResponse("/inbox", 303)
    if found.read_at is None:
        await visit.part(visit.send("notify", "POST", f"/inbox/{notification_id}/read"))
    return RedirectResponse(place(found) or "/inbox", 303)


@router.post("/inbox/read-all")
async def read_all(visit: Visitor) -> Response:
    """Mark everything as read."""
    await visit.send("notify", "POST", "/inbox/read-all")
    return visit.go("/inbox", "inbox.all_read")


def place(one: Notification) -> str | None:
    """The page of what a notification speaks of, if there is one."""
    about = one.kind.partition("-")[0]
    if one.kind == "need-answered" or about in {"event", "capacity", "decisions"}:
        return f"/events/{one.event or one.subject}"
    if one.kind == "practice-adopted" or about in {"measurement", "adoption"}:
        return "/my"
    if about in {"practice", "need"}:
        return f"/{about}s/{one.subject}"
    if about in {"city", "agreement"}:
        return f"/cities/{one.subject}"
    if one.kind == "host-invited":
        return f"/needs/{one.subject.removesuffix(f'-{one.city}')}"
    return f"/requests/{one.subject}" if one.event else None
