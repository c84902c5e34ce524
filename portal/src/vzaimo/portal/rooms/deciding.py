"""What the host does with a request: decides, moves it in the queue, seats by hand, sends the city elsewhere."""

from uuid import UUID

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import Response

from vzaimo.portal.house.visit import Visitor
from vzaimo.portal.rooms.requests import show, take

router = APIRouter()


@router.post("/requests/{request_id}/decision")
async def decide(visit: Visitor, request_id: UUID) -> Response:
    """The host's decision: who comes, by delegate or by number; or that nobody does, and why."""
    form = visit.typed
    body: dict[str, object] = {"verdict": str(form.get("verdict", "")), "remark": str(form.get("remark", "")) or None}
    if body["verdict"] == "reject":
        body["reason"] = str(form.get("why_not", ""))
    else:
        chosen = some(form)
        body |= {"reason": str(form.get("why", "")), "delegates": None, "count": None, **chosen}
        if not chosen:
            # Nothing chosen would mean everybody to the gateway.
            return await show(visit, request_id, nobody=True)
    return await take(visit, request_id, "decision", body, notice="request.done.decision")


@router.post("/requests/{request_id}/priority")
async def prioritise(visit: Visitor, request_id: UUID) -> Response:
    """Move a request up or down the queue."""
    typed = str(visit.typed.get("priority", "")).replace("−", "-").strip()
    number = int(typed) if typed.removeprefix("-").isdecimal() and typed.isascii() and len(typed) <= 4 else typed  # noqa: PLR2004 - within −100…100, and what is not the gateway refuses
    return await take(visit, request_id, "priority", {"priority": number}, notice="request.done.priority")


@router.post("/requests/{request_id}/seat")
async def seat(visit: Visitor, request_id: UUID) -> Response:
    """Seat by hand some of those who wait."""
    chosen = some(visit.typed)
    if not chosen:
        return await show(visit, request_id, nobody=True)
    return await take(visit, request_id, "seat", chosen, notice="request.done.seat")


@router.post("/requests/{request_id}/redirect")
async def redirect(visit: Visitor, request_id: UUID) -> Response:
    """Send the city to another event of the host."""
    body = {"event": str(visit.typed.get("event", ""))}
    return await take(visit, request_id, "redirect", body, notice="request.done.redirect")


def some(form: FormData) -> dict[str, object]:
    """These delegates, or so many people; nothing where nobody was chosen."""
    chosen, count = [str(one) for one in form.getlist("delegate")], str(form.get("count", ""))
    if chosen:
        return {"delegates": chosen}
    return {"count": int(count)} if count.isascii() and count.isdigit() and int(count) else {}
