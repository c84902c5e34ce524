"""How the visitor is reached at work: read, corrected, erased."""

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.portal.house.gateways import Problem, SignedOut
from vzaimo.portal.house.offices import OwnData
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()


@router.get("/contact")
async def contact(visit: Visitor) -> Response:
    """What is kept; a role is not needed."""
    return await _show(visit)


@router.post("/contact")
async def change(visit: Visitor) -> Response:
    """Name, telephone, and the language of mails."""
    typed = {name: str(visit.typed.get(name, "")).strip() for name in ("name", "phone", "locale")}
    try:
        await visit.send("registry", "PUT", "/me/contact", {**typed, "phone": typed["phone"] or None})
    except Problem as problem:
        return await _show(visit, problem)
    return visit.go("/contact", "contact.done.change")


@router.post("/contact/erase")
async def erase(visit: Visitor) -> Response:
    """Have it forgotten; roles end with it."""
    try:
        await visit.send("registry", "DELETE", "/me/contact")
    except Problem as problem:
        return await _show(visit, problem)
    visit.session.forget()
    return visit.go("/", "contact.done.erase")


async def _show(visit: Visit, problem: Problem | None = None) -> Response:
    if not visit.session.signed_in:
        raise SignedOut
    kept = await visit.read("registry", "/me/data", OwnData)
    status = problem.status if problem else 200
    return await visit.show("contact.html", status=status, kept=kept, problem=problem)
