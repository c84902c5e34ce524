"""Invitations: a mail brings somebody here with a secret, and a role is taken."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from vzaimo.portal.house.gateways import Problem, SignedOut
from vzaimo.portal.house.visit import Visitor

router = APIRouter()


@router.get("/invitations")
async def invited(visit: Visitor, secret: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Who are you, and do you accept?"""
    if not visit.session.signed_in:
        raise SignedOut
    return await visit.show("invitation.html", secret=secret, problem=None)


@router.post("/invitations")
async def accept(visit: Visitor) -> Response:
    """Take the role."""
    typed = {name: str(visit.typed.get(name, "")).strip() for name in ("secret", "name", "phone")}
    body = {**typed, "phone": typed["phone"] or None, "locale": visit.language}
    try:
        await visit.send("registry", "POST", "/invitations/accept", body)
    except Problem as problem:
        return await visit.show("invitation.html", status=problem.status, secret=typed["secret"], problem=problem)
    return visit.go("/my", "invitation.done")
