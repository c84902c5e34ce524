"""Calendars to subscribe to: public ones for everybody, and each member's own."""

from datetime import datetime

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.calendar import Mode
from vzaimo.contracts.event import State
from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.visit import Part, Visit, Visitor

router = APIRouter()
UNKEPT = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class FeedToken(State):
    """Since when a person has a private feed."""

    made_at: datetime | None = None


class NewFeed(State):
    """A private feed's address, which is shown once."""

    url: str


@router.get("/subscribe")
async def feeds(visit: Visitor) -> Response:
    """All feeds, and the visitor's own."""
    return await _show(visit)


@router.post("/subscribe/private")
async def make(visit: Visitor) -> Response:
    """Make the visitor's private feed anew; its address is in this answer alone."""
    try:
        made = await visit.obtain("calendar", "/feeds/private", NewFeed)
    except Problem as problem:
        return await _show(visit, problem=problem)
    return await _show(visit, made=made.url if made else "")


@router.post("/subscribe/private/revoke")
async def revoke(visit: Visitor) -> Response:
    """Stop it."""
    try:
        await visit.send("calendar", "DELETE", "/feeds/private")
    except Problem as problem:
        return await _show(visit, problem=problem)
    return visit.go("/subscribe", "subscribe.revoked")


async def _show(visit: Visit, *, made: str | None = None, problem: Problem | None = None) -> Response:
    """``made``: the address of a feed that was just made; empty where it was shown before."""
    own: Part[FeedToken] = Part()
    if visit.session.signed_in:
        own = await visit.part(visit.read("calendar", "/feeds/private", FeedToken))
    answer = await visit.show(
        "subscribe.html",
        status=problem.status if problem else 200,
        feeds=visit.portal.settings.feeds,
        own=own,
        made=made,
        forms=list(Mode),
        problem=problem,
    )
    if made is not None:
        answer.headers.update(UNKEPT)
    return answer
