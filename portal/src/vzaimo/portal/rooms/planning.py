"""A host writes an event, looks at it as guests will, announces it, and mends its details."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from vzaimo.contracts.calendar import AudienceRole, EventStatus
from vzaimo.contracts.event import Slug
from vzaimo.portal.house import plans, seats
from vzaimo.portal.house.changes import Change, changes
from vzaimo.portal.house.gateways import Page, Problem
from vzaimo.portal.house.plans import HostedPlan, Plan, Preview
from vzaimo.portal.house.shapes import Need, Organisation, Practice
from vzaimo.portal.house.visit import Part, Visit, Visitor

router = APIRouter()
MOST_OTHERS = 10
"""Practices of other cities that are asked for one by one."""
SPARE = 2
"""Empty sessions that a form offers."""
_EMPTY = dict.fromkeys(plans.ROW, "")
_NEXT = {"save": "/plans/{}", "preview": "/plans/{}/preview", "slots": "/slots?plan={}"}
"""Where a step leads once the draft is stored."""
STALE = 412
LAST_YEAR = 2199


@dataclass(slots=True)
class Sheet:
    """A plan as it stands in the form; ``stored`` once there is one."""

    host: str
    places: list[Organisation]
    shown: dict[str, Any]
    stored: HostedPlan | None = None
    differing: list[Change] = field(default_factory=list)
    """What somebody else stored meanwhile beside what was typed."""
    unknown: bool = False
    """Seats are kept for a city that nobody knows."""

    @property
    def plan(self) -> Plan | None:
        """What is stored."""
        return self.stored.plan if self.stored else None

    @property
    def announced(self) -> bool:
        """Whether only the details may change."""
        return self.stored is not None and self.stored.status is not EventStatus.DRAFT


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that was chosen for a session, by the venue's clock, and its minutes."""

    slot: Annotated[datetime | None, Query()] = None
    minutes: Annotated[int, Query(ge=15, le=540)] = 90

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The session as it stands in the form."""
        if self.slot is None or self.slot.year > LAST_YEAR:
            return []
        times = {"starts": self.slot, "ends": self.slot + timedelta(minutes=self.minutes)}
        return [_EMPTY | {name: f"{at:%Y-%m-%dT%H:%M}" for name, at in times.items()}]


Chosen = Annotated[Slot, Depends()]


@router.get("/plans")
async def plans_of(visit: Visitor, host: Slug) -> Response:
    """A city's own events, drafts too."""
    await visit.member()
    page = await visit.part(visit.read("calendar", "/plans", Page[HostedPlan], host=host, limit=100))
    return await visit.show("plans.html", host=host, page=page)


@router.get("/plans/new")
async def begin(visit: Visitor, host: Slug, chosen: Chosen, need: UUID | None = None) -> Response:
    """A form that is empty but for a slot that was chosen, or for what a need that it answers asks for."""
    await visit.member()
    answers = await visit.read("requests", f"/needs/{need}", Need) if need else None
    await visit.portal.names.ready()
    city = visit.portal.names.cities.get(host)
    wanted = (
        {"need": need, "mode": answers.mode, "audience": answers.roles, "topics": [answers.topic]} if answers else {}
    )
    empty = Plan.model_validate(
        {"title": "", "mode": "in_person", "timezone": city.timezone if city else "Europe/Moscow"} | wanted
    )
    shown = plans.values_of(empty) | {"sessions": chosen.rows}
    return await _form(visit, Sheet(host, await _places(visit, host), shown))


@router.post("/plans/new")
async def draft(visit: Visitor, host: Slug) -> Response:
    """A new draft."""
    return await _take(visit, await _typed(visit, host, None))


@router.get("/plans/{event_id}")
async def edit(visit: Visitor, event_id: UUID, chosen: Chosen) -> Response:
    """The form of what is written already; with a session more where a slot was chosen for it."""
    await visit.member()
    stored = await visit.read("calendar", f"/plans/{event_id}", HostedPlan)
    sheet = Sheet(stored.host, await _places(visit, stored.host), plans.values_of(stored.plan), stored)
    if not sheet.announced:
        sheet.shown["sessions"] += chosen.rows
    return await _form(visit, sheet)


@router.post("/plans/{event_id}")
async def revise(visit: Visitor, event_id: UUID) -> Response:
    """Write it anew, and announce it where that is wanted."""
    stored = await visit.read("calendar", f"/plans/{event_id}", HostedPlan)
    return await _take(visit, await _typed(visit, stored.host, stored))


async def _typed(visit: Visit, host: str, stored: HostedPlan | None) -> Sheet:
    await visit.portal.names.ready()
    places, slugs = await _places(visit, host), visit.portal.names.slugs()
    return Sheet(host, places, plans.typed(visit.typed, places, stored.plan if stored else None, slugs), stored)


async def _take(visit: Visit, sheet: Sheet) -> Response:
    step = str(visit.typed.get("step", ""))
    sheet.unknown = not sheet.announced and seats.unknown(sheet.shown, plans.seat_modes(sheet.shown))
    if step == "slots" and not (sheet.stored or sheet.shown["title"].strip()):
        return visit.go(f"/slots?host={sheet.host}")
    if step not in {"announce", *_NEXT} or sheet.unknown:
        return await _form(visit, sheet)
    try:
        event = await _keep(visit, sheet)
        if step == "announce":
            await visit.send("calendar", "POST", f"/events/{event}/announce", whatever_version=True)
            return visit.go(f"/events/{event}", "planning.announced")
    except Problem as problem:
        if problem.status == STALE and sheet.plan:
            sheet.differing = changes(sheet.shown, sheet.plan)
        return await _form(visit, sheet, problem)
    return visit.go(_NEXT[step].format(event), "planning.saved" if step == "save" else None)


async def _keep(visit: Visit, sheet: Sheet) -> str:
    """Store the form; the sheet holds what is stored then, so that it can be sent again."""
    made = plans.body(sheet.shown, sheet.plan, announced=sheet.announced)
    if sheet.stored:
        receipt = await visit.send("calendar", "PUT", f"/events/{sheet.stored.id}", made)
    else:
        receipt = await visit.send("calendar", "POST", "/events", made | {"host": sheet.host})
    sheet.stored = await visit.read("calendar", f"/plans/{receipt.id}", HostedPlan)
    return receipt.id


async def _places(visit: Visit, host: str) -> list[Organisation]:
    page = await visit.part(visit.read("registry", "/organisations", Page[Organisation], city=host, limit=200))
    return page.value.items if page.value else []


async def _practices(visit: Visit, sheet: Sheet) -> list[Practice]:
    """What the host may show: its own published practices, and those that it shows already."""
    own = await visit.whole("registry", "/practices", Practice, city=sheet.host)
    known = {str(one.id) for one in own}
    others = [one for one in sheet.shown["practices"] if one not in known]
    found = await asyncio.gather(
        *(visit.part(visit.read("registry", f"/practices/{one}", Practice)) for one in others[:MOST_OTHERS])
    )
    return [*own, *(one.value for one in found if one.value)]


async def _form(visit: Visit, sheet: Sheet, problem: Problem | None = None) -> Response:
    previews: dict[str, Part[Preview]] = {}
    if sheet.stored and not sheet.announced and sheet.stored.plan.sessions:
        path = f"/events/{sheet.stored.id}/deadlines"
        found = await asyncio.gather(
            *(visit.part(visit.read("calendar", path, Preview, preset=preset)) for preset in plans.PRESETS)
        )
        previews = dict(zip(plans.PRESETS, found, strict=True))
    return await visit.show(
        "plan.html",
        status=problem.status if problem else 422 if sheet.unknown else 200,
        sheet=sheet,
        differing=sheet.differing,
        unknown=sheet.unknown,
        modes=plans.seat_modes(sheet.shown),
        practices=await visit.part(_practices(visit, sheet)),
        past=plans.passed(sheet.plan, visit.now),
        shown=sheet.shown,
        rows=[*sheet.shown["sessions"], *([] if sheet.announced else [_EMPTY] * SPARE)],
        previews=previews,
        roles=list(AudienceRole),
        presets=plans.PRESETS,
        deadlines=plans.DEADLINES,
        problem=problem,
    )
