"""Signing in and out."""

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from vzaimo.portal.house.issuer import Issuer, LoginFailed
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()
BACK_MOST = 1000
KEPT = "/login/kept"


@router.get("/login")
async def begin(visit: Visitor, back: str = "/") -> Response:
    """To the issuer, and back to this address afterwards."""
    issuer: Issuer = visit.request.app.state.issuer
    try:
        return RedirectResponse(await issuer.begin(visit.session, _own(back)), 303)
    except LoginFailed:
        return await _failed(visit)


@router.get("/login/done")
async def done(visit: Visitor) -> Response:
    """The issuer sends somebody back."""
    issuer: Issuer = visit.request.app.state.issuer
    try:
        return RedirectResponse(await issuer.finish(visit.session, visit.request.query_params), 303)
    except LoginFailed:
        return await _failed(visit)


@router.get(KEPT)
async def kept(visit: Visitor) -> Response:
    """Signed in again while a form waits in another window."""
    return await visit.show("kept.html")


@router.post("/logout")
async def leave(visit: Visitor) -> Response:
    """Forget the token. The issuer's own session is the issuer's."""
    visit.session.forget()
    return visit.go("/", "login.left")


def _own(back: str) -> str:
    """An address of ours; anything else is the front page."""
    ours = back.startswith("/") and not back.startswith(("//", "/\\")) and len(back) <= BACK_MOST
    return back if ours and back.isprintable() else "/"


async def _failed(visit: Visit) -> Response:
    title, text = visit.say("login.failed.title"), visit.say("login.failed.text")
    return await visit.show("trouble.html", status=502, title=title, text=text)
