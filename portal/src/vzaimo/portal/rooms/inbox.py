"""What a member was told: as a list, and as it comes."""

from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response, StreamingResponse

from vzaimo.portal.house.accounts import Notification
from vzaimo.portal.house.gateways import Page, SignedOut
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()
A_PAGE = 30
LOOKED_AT = 200
"""Notifications among which one from a mail is looked for."""
_OF_SUBJECT = {
    "event": "/events/{event}",
    "capacity": "/events/{event}",
    "decisions": "/events/{event}",
    "practice": "/practices/{subject}",
    "adoption": "/adoptions/{subject}",
    "measurement": "/adoptions/{subject}",
    "need": "/needs/{subject}",
    "host": "/needs/{need}",
    "city": "/cities/{subject}",
    "agreement": "/cities/{subject}/profile",
    "webhook": "/cities/{city}/webhooks/{subject}",
}
"""Pages by what a kind of news begins with; requests have all other kinds."""
_OF_KIND = {
    "need-answered": "/events/{event}",
    "practice-adopted": "/adoptions/{subject}",
    "city-applied": "/moderation/cities/{subject}",
}


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
    told = visit.request.headers.get("last-event-id", "")
    last = told if told.isascii() and told.isdigit() else None
    return StreamingResponse(
        _news(visit, last),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store"},
    )


async def _news(visit: Visit, last: str | None) -> AsyncIterator[bytes]:
    async for piece in visit.portal.gateways.stream("notify", "/inbox/stream", visit.caller, last):
        if b"event:" in piece:  # not a greeting, or a beat
            visit.forget_unread()
        yield piece


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
    path = _OF_KIND.get(one.kind) or _OF_SUBJECT.get(one.kind.partition("-")[0])
    if path is None:
        return f"/requests/{one.subject}" if one.event else None
    need = one.subject.removesuffix(f"-{one.city}")
    return path.format(subject=one.subject, city=one.city, event=one.event or one.subject, need=need)
