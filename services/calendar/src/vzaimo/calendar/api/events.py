"""Events: planned, announced, called off."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from vzaimo.calendar.handlers import events
from vzaimo.calendar.shapes.events import (
    CancelBody,
    CapacityBody,
    DraftBody,
    EventFilter,
    EventView,
    PlanBody,
    PlanView,
)
from vzaimo.calendar.views import events as views
from vzaimo.contracts.calendar import EventStatus
from vzaimo.contracts.event import Slug
from vzaimo.kit.http import Command, Cursor, Member, Page, Receipt, Visitor
from vzaimo.kit.identity import NotAllowed
from vzaimo.kit.ids import new_id

router = APIRouter(tags=["events"])


@router.get("/events", response_model=Page[EventView])
async def list_events(call: Visitor, cursor: Cursor, wanted: Annotated[EventFilter, Depends()]) -> Response:
    """Announced events in the order of their start; drafts are in ``/plans``."""
    async with call.gate.database.read() as tx:
        return call.listed(await views.events(tx, cursor, wanted))


@router.get("/events/{event_id}", response_model=EventView)
async def read_event(event_id: UUID, call: Visitor) -> Response:
    """One announced event."""
    async with call.gate.database.read() as tx:
        view, versions = await views.event(tx, event_id)
    return call.shown(view, view.version, *versions)


@router.get("/plans", response_model=Page[PlanView])
async def list_plans(call: Member, cursor: Cursor, host: Slug, status: EventStatus | None = None) -> Response:
    """A city's own events as its people wrote them, drafts too."""
    if not (call.actor.views(host) or call.actor.serves(host, "events")):
        raise NotAllowed
    async with call.gate.database.read() as tx:
        return call.listed(await views.plans(tx, cursor, host, status))


@router.get("/plans/{event_id}", response_model=PlanView)
async def read_plan(event_id: UUID, call: Member) -> Response:
    """What its host has written, join links too."""
    async with call.gate.database.read() as tx:
        view = await views.plan(tx, event_id, call.actor)
    return call.shown(view, view.version)


@router.post("/events", status_code=201, response_model=Receipt)
async def draft(body: DraftBody, call: Command) -> Response:
    """Begin to plan an event."""
    done = await events.draft(new_id(), body.host, body.plan(), works=call.works, cause=call.cause, actor=call.actor)
    return call.receipt(done)


@router.put("/events/{event_id}", response_model=Receipt)
async def revise(event_id: UUID, body: PlanBody, call: Command) -> Response:
    """Write a draft anew, or the details of an announced event."""
    async with call.gate.database.read() as tx:
        known = (await views.plan(tx, event_id, call.actor)).plan.sessions
    done = await events.revise(
        event_id, body.plan(known), call.expected_version, works=call.works, cause=call.cause, actor=call.actor
    )
    return call.receipt(done)


@router.post("/events/{event_id}/announce", response_model=Receipt)
async def announce(event_id: UUID, call: Command) -> Response:
    """Make a draft public."""
    done = await events.announce(event_id, call.expected_version, works=call.works, cause=call.cause, actor=call.actor)
    return call.receipt(done)


@router.post("/events/{event_id}/cancel", response_model=Receipt)
async def cancel(event_id: UUID, body: CancelBody, call: Command) -> Response:
    """Call an event off."""
    done = await events.cancel(event_id, body.reason, works=call.works, cause=call.cause, actor=call.actor)
    return call.receipt(done)


@router.post("/events/{event_id}/complete", response_model=Receipt)
async def complete(event_id: UUID, call: Command) -> Response:
    """Say that an event took place."""
    return call.receipt(await events.complete(event_id, works=call.works, cause=call.cause, actor=call.actor))


@router.post("/events/{event_id}/capacity", response_model=Receipt)
async def request_capacity(event_id: UUID, body: CapacityBody, call: Command) -> Response:
    """Ask the seat ledger for other seats; the answer is in the event."""
    done = await events.request_capacity(
        event_id,
        tuple(one.plan() for one in body.seats),
        call.expected_version,
        works=call.works,
        cause=call.cause,
        actor=call.actor,
    )
    return call.receipt(done)
