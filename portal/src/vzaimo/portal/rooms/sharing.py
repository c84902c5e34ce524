"""The ways to an event's sessions: one's own, and links that a city shares with its delegation."""

import asyncio
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.calendar import SeatMode
from vzaimo.contracts.event import State
from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.shapes import Request
from vzaimo.portal.house.visit import Visit, Visitor
from vzaimo.portal.rooms.subscribing import UNKEPT

router = APIRouter()


class ShareLink(State):
    """A link of a city, without its secret."""

    id: UUID
    city: str
    made_at: datetime
    revoked_at: datetime | None = None


class NewShareLink(State):
    """A link with its secret, which is shown once."""

    id: UUID
    url: str


@router.get("/events/{event_id}/links")
async def links(visit: Visitor, event_id: UUID) -> Response:
    """How to join, calendars, and the links of the visitor's cities."""
    return await _show(visit, event_id)


@router.post("/events/{event_id}/links")
async def share(visit: Visitor, event_id: UUID) -> Response:
    """A link for a city's delegation; its address is in this answer alone."""
    body = {"city": str(visit.typed.get("city", ""))}
    try:
        made = await visit.obtain("calendar", f"/events/{event_id}/share-links", NewShareLink, body)
    except Problem as problem:
        return await _show(visit, event_id, problem=problem)
    return await _show(visit, event_id, made=made.url if made else "")


@router.post("/events/{event_id}/links/{link_id}/revoke")
async def revoke(visit: Visitor, event_id: UUID, link_id: UUID) -> Response:
    """Take a link back."""
    try:
        await visit.send("calendar", "DELETE", f"/events/{event_id}/share-links/{link_id}")
    except Problem as problem:
        return await _show(visit, event_id, problem=problem)
    return visit.go(f"/events/{event_id}/links", "links.revoked")


async def _show(visit: Visit, event_id: UUID, *, made: str | None = None, problem: Problem | None = None) -> Response:
    """``made``: the address of a link that was just made; empty where it was shown before."""
    me = await visit.member()
    event, found, requests = await asyncio.gather(
        visit.event(event_id),
        visit.part(visit.whole("calendar", f"/events/{event_id}/share-links", ShareLink)),
        visit.part(visit.whole("requests", "/requests", Request, event=event_id)),
    )
    seated = {one.city for one in requests.or_else([]) if one.mode is SeatMode.REMOTE and one.granted > 0}
    answer = await visit.show(
        "links.html",
        status=problem.status if problem else 200,
        event=event,
        links=found,
        mine=sorted(set(me.cities) & seated),
        ours=[city for city in me.coordinated if city in seated],
        hosts=event.host in me.cities,
        joinable=any(one.joinable for one in event.sessions) and visit.now < event.ends_at,
        feeds=visit.portal.settings.feeds,
        made=made,
        problem=problem,
    )
    if made is not None:
        answer.headers.update(UNKEPT)
    return answer
