"""A host moves an announced event: the new schedule, what it changes, and for whom, before anybody is told."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.portal.house import moves, plans
from vzaimo.portal.house.changes import Change, changes
from vzaimo.portal.house.gateways import Page, Problem
from vzaimo.portal.house.moves import Touched
from vzaimo.portal.house.plans import HostedPlan
from vzaimo.portal.house.shapes import Event, Organisation, Request
from vzaimo.portal.house.times import zone_named
from vzaimo.portal.house.visit import Part, Visit, Visitor

router = APIRouter()
_SCHEDULE = {"mode", "timezone", *plans.DEADLINES}
"""What the form has beside sessions."""


@dataclass(slots=True)
class Move:
    """A move as it stands in the form, and what it comes to once that was asked for."""

    stored: HostedPlan
    event: Event
    places: list[Organisation]
    shown: dict[str, Any]
    changes: list[Change] | None = None
    touched: Part[list[Touched]] = field(default_factory=Part)

    @property
    def material(self) -> bool:
        """Whether anything changes that makes guests decide anew."""
        return any(one.material for one in self.changes or ())


@router.get("/events/{event_id}/move")
async def begin(visit: Visitor, event_id: UUID) -> Response:
    """The schedule as it is, to be changed."""
    await visit.member()
    return await _form(visit, await _read(visit, event_id))


@router.post("/events/{event_id}/move")
async def move(visit: Visitor, event_id: UUID) -> Response:
    """See what changes and whom it concerns; move what was seen."""
    await visit.portal.names.ready()
    moved = await _read(visit, event_id)
    plan, step = moved.stored.plan, str(visit.typed.get("step", ""))
    shown = plans.typed(visit.typed, moved.places, plan, visit.portal.names.slugs())
    moved.shown = shown | {"reconfirm_by": str(visit.typed.get("reconfirm_by", "")), **_passed(visit, moved, shown)}
    if step == "shift":
        moved.shown |= moves.shifted(moved.shown, plan, moved.event.deadlines, visit.now)
        return await _form(visit, moved)
    if step not in {"look", "move"}:
        return await _form(visit, moved)
    body = moves.body(moved.shown, plan)
    if step == "move" and visit.typed.get("_seen") == moves.digest(body):
        try:
            await visit.send("calendar", "POST", f"/events/{event_id}/reschedule", body)
        except Problem as problem:
            await _look(visit, moved)
            return await _form(visit, moved, problem)
        return visit.go(f"/events/{event_id}/manage", "moving.done")
    await _look(visit, moved)
    return await _form(visit, moved)


async def _read(visit: Visit, event_id: UUID) -> Move:
    stored, event = await asyncio.gather(
        visit.read("calendar", f"/plans/{event_id}", HostedPlan),
        visit.event(event_id),
    )
    places = await visit.part(visit.read("registry", "/organisations", Page[Organisation], city=event.host, limit=200))
    shown = plans.values_of(stored.plan) | {"reconfirm_by": ""}
    return Move(stored, event, places.value.items if places.value else [], shown)


async def _look(visit: Visit, moved: Move) -> None:
    passed = _passed(visit, moved, moved.shown)
    found = changes(moved.shown, moved.stored.plan)
    moved.changes = [one for one in found if one.session or one.field in _SCHEDULE - passed.keys()]
    requests = await visit.part(visit.whole("requests", "/requests", Request, event=moved.event.id))
    concerned = moves.touched(requests.or_else([]), moved.event.host)
    moved.touched = Part(None if requests.value is None else concerned, requests.away, requests.refused)


def _passed(visit: Visit, moved: Move, shown: dict[str, Any]) -> dict[str, str]:
    """The deadlines that are past: they stay, by whatever clock."""
    zone, deadlines = zone_named(shown["timezone"]), moved.event.deadlines
    return {name: plans.wall(at, zone) for name in plans.DEADLINES if (at := getattr(deadlines, name)) <= visit.now}


async def _form(visit: Visit, moved: Move, problem: Problem | None = None) -> Response:
    rows = [*moved.shown["sessions"], dict.fromkeys(plans.ROW, "")]
    added = [one for one in plans.seat_modes(moved.shown) if one not in moved.event.mode.seat_modes]
    return await visit.show(
        "move.html",
        status=problem.status if problem else 200,
        move=moved,
        event=moved.event,
        shown=moved.shown,
        rows=rows,
        added=added,
        seat_values=moved.shown,
        seen=moves.digest(moves.body(moved.shown, moved.stored.plan)) if moved.changes is not None else "",
        deadlines=plans.DEADLINES,
        past=_passed(visit, moved, moved.shown),
        problem=problem,
    )
