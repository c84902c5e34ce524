"""A host writes an event, announces it, mends its details, or calls it off."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.calendar import AudienceRole, EventStatus
from vzaimo.contracts.event import Slug
from vzaimo.portal.house import plans
from vzaimo.portal.house.gateways import Page, Problem
from vzaimo.portal.house.plans import HostedPlan, Plan, Preview
from vzaimo.portal.house.shapes import Need, Organisation
from vzaimo.portal.house.visit import Part, Visit, Visitor

router = APIRouter()
SPARE = 2
"""Empty sessions that a form offers."""
_EMPTY = dict.fromkeys(("id", "title", "starts", "ends", "site", "address", "join_link", "capacity"), "")


@dataclass(slots=True)
class Sheet:
    """A plan as it stands in the form; ``stored`` once there is one."""

    host: str
    places: list[Organisation]
    shown: dict[str, Any]
    stored: HostedPlan | None = None

    @property
    def plan(self) -> Plan | None:
        """What is stored."""
        return self.stored.plan if self.stored else None

    @property
    def announced(self) -> bool:
        """Whether only the details may change."""
        return self.stored is not None and self.stored.status is not EventStatus.DRAFT


@router.get("/plans")
async def plans_of(visit: Visitor, host: Slug) -> Response:
    """A city's own events, drafts too."""
    await visit.member()
    page = await visit.part(visit.read("calendar", "/plans", Page[HostedPlan], host=host, limit=100))
    return await visit.show("plans.html", host=host, page=page)


@router.get("/plans/new")
async def begin(visit: Visitor, host: Slug, need: UUID | None = None) -> Response:
    """An empty form; one that answers a need has its topic, mode and audience."""
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
    return await _form(visit, Sheet(host, await _places(visit, host), plans.values_of(empty)))


@router.post("/plans/new")
async def draft(visit: Visitor, host: Slug) -> Response:
    """A new draft."""
    places = await _places(visit, host)
    return await _take(visit, Sheet(host, places, plans.typed(visit.typed, places, None)))


@router.get("/plans/{event_id}")
async def edit(visit: Visitor, event_id: UUID) -> Response:
    """The form of what is written already."""
    await visit.member()
    stored = await visit.read("calendar", f"/plans/{event_id}", HostedPlan)
    return await _form(
        visit, Sheet(stored.host, await _places(visit, stored.host), plans.values_of(stored.plan), stored)
    )


@router.post("/plans/{event_id}")
async def revise(visit: Visitor, event_id: UUID) -> Response:
    """Write it anew, and announce it where that is wanted."""
    stored = await visit.read("calendar", f"/plans/{event_id}", HostedPlan)
    places = await _places(visit, stored.host)
    return await _take(visit, Sheet(stored.host, places, plans.typed(visit.typed, places, stored.plan), stored))


@router.post("/plans/{event_id}/cancel")
async def cancel(visit: Visitor, event_id: UUID) -> Response:
    """Call it off, for a reason."""
    body = {"reason": str(visit.typed.get("reason", ""))}
    await visit.send("calendar", "POST", f"/events/{event_id}/cancel", body, whatever_version=True)
    return visit.go(f"/events/{event_id}", "planning.cancelled")


async def _take(visit: Visit, sheet: Sheet) -> Response:
    step = str(visit.typed.get("step", ""))
    if step not in {"save", "announce"}:
        return await _form(visit, sheet)
    try:
        event = await _keep(visit, sheet)
        if step == "announce":
            await visit.send("calendar", "POST", f"/events/{event}/announce", whatever_version=True)
            return visit.go(f"/events/{event}", "planning.announced")
    except Problem as problem:
        return await _form(visit, sheet, problem)
    return visit.go(f"/plans/{event}", "planning.saved")


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
        status=problem.status if problem else 200,
        sheet=sheet,
        shown=sheet.shown,
        rows=[*sheet.shown["sessions"], *([] if sheet.announced else [_EMPTY] * SPARE)],
        previews=previews,
        roles=list(AudienceRole),
        presets=plans.PRESETS,
        deadlines=plans.DEADLINES,
        reasons=plans.CANCEL_REASONS,
        problem=problem,
    )
