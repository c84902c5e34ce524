"""What a member wants by mail: mails lead here."""

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.portal.house.accounts import Preferences
from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()
CHOICES = ("instant", "daily", "off")


@router.get("/preferences")
async def wishes(visit: Visitor) -> Response:
    """How each group comes, and when the mailbox is left alone."""
    await visit.member()
    return await _show(visit)


@router.post("/preferences")
async def wish(visit: Visitor) -> Response:
    """All of it at once."""
    form = visit.typed
    body = {
        "email": {
            name.removeprefix("mail-"): str(value) for name, value in form.multi_items() if name.startswith("mail-")
        },
        **{name: str(form.get(name, "")).strip() or None for name in ("quiet_from", "quiet_until", "timezone")},
    }
    try:
        await visit.send("notify", "PUT", "/preferences", body)
    except Problem as problem:
        return await _show(visit, problem)
    return visit.go("/preferences", "preferences.saved")


async def _show(visit: Visit, problem: Problem | None = None) -> Response:
    found = await visit.part(visit.read("notify", "/preferences", Preferences))
    status = problem.status if problem else 200
    return await visit.show("preferences.html", status=status, found=found, choices=CHOICES, problem=problem)
