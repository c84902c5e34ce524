"""A person's inbox."""

from uuid import UUID

from fastapi import APIRouter, Response

from vzaimo.kit.http import Command, Cursor, Member, Page, Receipt
from vzaimo.notify.handlers import inbox
from vzaimo.notify.shapes.inbox import NotificationView, UnreadView
from vzaimo.notify.views import inbox as views

router = APIRouter(tags=["inbox"])


@router.get("/inbox", response_model=Page[NotificationView])
async def list_inbox(call: Member, cursor: Cursor, *, unread: bool = False) -> Response:
    """The caller's notifications, the newest first."""
    async with call.gate.database.read() as tx:
        page = await views.inbox(tx, cursor, call.actor.person, call.language, unread=unread)
    return call.listed(page)


@router.get("/inbox/unread", response_model=UnreadView)
async def count_unread(call: Member) -> Response:
    """How many notifications the caller has not read."""
    async with call.gate.database.read() as tx:
        view = await views.unread_count(tx, call.actor.person)
    return Response(view.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})


@router.post("/inbox/{notification_id}/read", response_model=Receipt)
async def read(notification_id: UUID, call: Command) -> Response:
    """Mark a notification as read."""
    return call.receipt(await inbox.read(notification_id, works=call.works, cause=call.cause, actor=call.actor))


@router.post("/inbox/read-all", response_model=Receipt)
async def read_all(call: Command) -> Response:
    """Mark all notifications as read."""
    return call.receipt(await inbox.read_all(works=call.works, cause=call.cause, actor=call.actor))
