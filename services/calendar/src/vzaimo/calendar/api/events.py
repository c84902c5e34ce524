"""Events: planned, announced, called off."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from vzaimo.calendar.domain.presets import Preset
from vzaimo.calendar.handlers import capacity, clone, events, reschedule
from vzaimo.calendar.shapes.events import (
    CancelBody,
    CapacityBody,
    DraftBody,
    EventFilter,
    EventView,
    PlanBody,
    PlanView,
)
from vzaimo.calendar.shapes.schedules import CloneBody, DeadlinesView, RescheduleBody
from vzaimo.calendar.views import events as views
from vzaimo.contracts.calendar import EventStatus
from vzaimo.contracts.event import Slug
from vzaimo.kit import lemmas
from vzaimo.kit.http import Command, Cursor, Member, Page, Receipt, Visitor, of_query
from vzaimo.kit.identity import NotAllowed
from vzaimo.kit.ids import new_id

router = APIRouter(tags=["events"])
Wanted = Annotated[EventFilter, Depends(of_query(EventFilter))]
Zone = Annotated[str | None, Query(max_length=64, description="Show times by clocks in this IANA zone, too")]


@router.get("/events", response_model=Page[EventView])
async def list_events(call: Visitor, cursor: Cursor, wanted: Wanted, zone: Zone = None) -> Response:
    """Announced events in the order of their start; drafts are in ``/plans``."""
    if wanted.text is not None:
        await lemmas.ready()
    async with call.gate.database.read() as tx:
        if zone is not None:
            return call.listed(await views.events_in(zone, tx, cursor, wanted))
        return call.listed_text(await views.events(tx, cursor, wanted))


@router.get("/events/{event_id}", response_model=EventView)
async def read_event(event_id: UUID, call: Visitor, zone: Zone = None) -> Response:
    """One announced event."""
    async with call.gate.database.read() as tx:
        view, versions = await views.event(tx, event_id, zone)
    return call.shown(view, view.version, zone, *versions)


@router.get("/events/{event_id}/deadlines")
async def preview_deadlines(event_id: UUID, call: Member, preset: Preset) -> DeadlinesView:
    """What a preset would give for a draft, were it announced now."""
    async with call.gate.database.read() as tx:
        return await views.deadlines(tx, event_id, preset, call.actor, call.works.clock.now())


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
    """Write a draft anew; of an announced event the details, and put off deadlines that are ahead."""
    done = await events.revise(
        event_id, body.plan, call.expected_version, works=call.works, cause=call.cause, actor=call.actor
    )
    return call.receipt(done)


@router.post("/events/{event_id}/announce", response_model=Receipt)
async def announce(event_id: UUID, call: Command) -> Response:
    """Make a draft public."""
    done = await events.announce(event_id, call.expected_version, works=call.works, cause=call.cause, actor=call.actor)
    return call.receipt(done)


@router.post("/events/{event_id}/reschedule", response_model=Receipt)
async def move(event_id: UUID, body: RescheduleBody, call: Command) -> Response:
    """Move an announced event in time, zone, site or mode: whoever was admitted decides anew."""
    done = await reschedule.move(
        event_id, body.schedule, call.expected_version, works=call.works, cause=call.cause, actor=call.actor
    )
    return call.receipt(done)


@router.post("/events/{event_id}/clone", response_model=Receipt)
async def hold_again(event_id: UUID, body: CloneBody, call: Command) -> Response:
    """Draft the same event for other days."""
    done = await clone.again(new_id(), event_id, body.first_day, works=call.works, cause=call.cause, actor=call.actor)
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
    done = await capacity.request_capacity(
        event_id,
        tuple(one.plan() for one in body.seats),
        call.expected_version,
        works=call.works,
        cause=call.cause,
        actor=call.actor,
    )
    return call.receipt(done)
