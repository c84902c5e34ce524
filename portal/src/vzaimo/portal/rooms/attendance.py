"""Who came: a session's list at the door, and a roster to print."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.calendar import AudienceRole, Session
from vzaimo.portal.house import rolls
from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.records import Present
from vzaimo.portal.house.rolls import Party, Roll
from vzaimo.portal.house.shapes import Event, Request
from vzaimo.portal.house.visit import Visit, Visitor
from vzaimo.portal.rooms.hosting import hosted

router = APIRouter()
NOT_FOUND, CONFLICT = 404, 409
MOST_PAGES = 25
"""Of 200 rows: 5,000 people. A list that was not read to its end would take those away who are missing."""
CORRECTIONS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Door:
    """A session with all who are expected, and its list as it is recorded."""

    event: Event
    session: Session
    parties: list[Party]
    stored: Roll
    writes: bool


@router.get("/events/{event_id}/attendance")
async def sessions(visit: Visitor, event_id: UUID) -> Response:
    """The sessions of an event: which can be recorded now."""
    event = await hosted(visit, event_id)
    return await visit.show("attendance.html", event=event, until=event.ends_at + CORRECTIONS)


@router.get("/events/{event_id}/attendance/{session_id}")
async def door(visit: Visitor, event_id: UUID, session_id: UUID) -> Response:
    """A session's list."""
    found = await _door(visit, event_id, session_id)
    return await _show(visit, found, found.stored)


@router.post("/events/{event_id}/attendance/{session_id}")
async def record(visit: Visitor, event_id: UUID, session_id: UUID) -> Response:
    """Record it, all of it; what another desk recorded meanwhile is not lost, but shown first."""
    found = await _door(visit, event_id, session_id)
    roll = rolls.typed(visit.typed, found.parties, rolls.length(found.session))
    if found.stored.mark not in {str(visit.typed.get("_seen", "")), roll.mark}:
        return await _show(visit, found, roll.joined(found.stored), overtaken=True)
    try:
        await visit.send("requests", "PUT", f"/events/{event_id}/sessions/{session_id}/attendance", roll.body)
    except Problem as problem:
        return await _show(visit, found, roll, problem)
    return visit.go(f"/events/{event_id}/attendance/{session_id}", "roll.kept")


@router.get("/events/{event_id}/roster")
async def roster(visit: Visitor, event_id: UUID) -> Response:
    """All who come, to print and to sign."""
    event = await hosted(visit, event_id)
    requests = await _requests(visit, event)
    return await visit.show("roster.html", event=event, parties=await _parties(visit, requests, None))


async def _door(visit: Visit, event_id: UUID, session_id: UUID) -> Door:
    event = await hosted(visit, event_id)
    session = next((one for one in event.sessions if one.id == session_id), None)
    if session is None:
        raise Problem(NOT_FOUND, {})
    path = f"/events/{event_id}/sessions/{session_id}/attendance"
    recorded = visit.portal.gateways.rows("requests", path, Present, visit.caller, {}, pages=MOST_PAGES)
    requests, rows = await asyncio.gather(_requests(visit, event), recorded)
    me = await visit.member()
    writes = event.host in me.coordinated and visit.now >= session.starts_at
    return Door(event, session, await _parties(visit, requests, session_id), rolls.stored(rows), writes)


async def _requests(visit: Visit, event: Event) -> list[Request]:
    asked = {"event": event.id, "host": event.host}
    return await visit.portal.gateways.rows("requests", "/requests", Request, visit.caller, asked, pages=MOST_PAGES)


async def _parties(visit: Visit, requests: list[Request], session: UUID | None) -> list[Party]:
    await visit.portal.names.ready()
    names = {slug: city.name for slug, city in visit.portal.names.cities.items()}
    return rolls.parties(requests, session, names)


async def _show(
    visit: Visit, found: Door, roll: Roll, problem: Problem | None = None, *, overtaken: bool = False
) -> Response:
    return await visit.show(
        "door.html",
        status=problem.status if problem else CONFLICT if overtaken else 200,
        door=found,
        event=found.event,
        session=found.session,
        longest=rolls.length(found.session),
        roll=roll,
        roles=list(AudienceRole),
        problem=problem,
        overtaken=overtaken,
    )
