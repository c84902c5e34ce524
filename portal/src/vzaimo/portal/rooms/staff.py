"""Who acts for a city: people and programs are listed, invited, registered, and let go."""

import asyncio
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.event import Slug
from vzaimo.portal.house.gateways import Page, Problem
from vzaimo.portal.house.offices import Invitation, Office, Person, enter
from vzaimo.portal.house.times import zone_named
from vzaimo.portal.house.visit import Visitor

router = APIRouter()
ROLES = ("coordinator", "viewer")
SCOPES = ("read", "events", "requests", "practices", "organisations", "needs", "webhooks")


@router.get("/cities/{slug}/people")
async def people(visit: Visitor, slug: Slug) -> Response:
    """People with their work contacts, open invitations, client programs."""
    return await _show(await enter(visit, slug))


@router.post("/cities/{slug}/people")
async def invite(visit: Visitor, slug: Slug) -> Response:
    """Send an invitation by mail."""
    form = visit.typed
    body = {"city": slug, **{name: str(form.get(name, "")).strip() for name in ("role", "email")}}
    try:
        await visit.send("registry", "POST", "/invitations", body)
    except Problem as problem:
        return await _show(await enter(visit, slug), problem)
    return visit.go(f"/cities/{slug}/people", "staff.done.invite")


@router.post("/cities/{slug}/programs")
async def register(visit: Visitor, slug: Slug) -> Response:
    """Register a client program of the city's own."""
    office = await enter(visit, slug)
    form = visit.typed
    body = {
        "client_id": str(form.get("client_id", "")).strip(),
        "scopes": [str(one) for one in form.getlist("scopes")],
        "expires_at": _end_of(str(form.get("until", "")), office.city.timezone),
    }
    try:
        await visit.send("registry", "POST", f"/cities/{slug}/clients", body)
    except Problem as problem:
        return await _show(office, problem)
    return visit.go(f"/cities/{slug}/people", "staff.done.register")


@router.post("/cities/{slug}/invitations/{invitation_id}/revoke")
async def revoke(visit: Visitor, slug: Slug, invitation_id: UUID) -> Response:
    """Take an invitation back."""
    try:
        await visit.send("registry", "DELETE", f"/invitations/{invitation_id}")
    except Problem as problem:
        return await _show(await enter(visit, slug), problem)
    return visit.go(f"/cities/{slug}/people", "staff.done.revoke")


@router.post("/cities/{slug}/roles/{role_id}/end")
async def end(visit: Visitor, slug: Slug, role_id: UUID) -> Response:
    """End a role; whoever ends the own one is led out."""
    me = await visit.member()
    own = any(role.id == role_id for role in me.roles)
    try:
        await visit.send("registry", "DELETE", f"/roles/{role_id}")
    except Problem as problem:
        return await _show(await enter(visit, slug), problem)
    return visit.go(f"/cities/{slug}" if own else f"/cities/{slug}/people", "staff.done.end")


async def _show(office: Office, problem: Problem | None = None) -> Response:
    visit, slug = office.visit, office.city.id
    found, invited = await asyncio.gather(
        visit.part(visit.whole("registry", f"/cities/{slug}/people", Person)),
        visit.part(visit.read("registry", "/invitations", Page[Invitation], limit=200)),
    )
    everybody = found.or_else([])
    return await office.show(
        "staff.html",
        problem,
        found=found,
        people=[one for one in everybody if one.role != "service"],
        programs=[one for one in everybody if one.role == "service"],
        invitations=[one for one in (invited.value.items if invited.value else []) if one.city == slug and one.is_open],
        roles=ROLES,
        scopes=SCOPES,
    )


def _end_of(day: str, timezone: str) -> str:
    """The end of a day in the city; what is no day goes as it is, for the gateway to say so at its field."""
    try:
        first = datetime.combine(datetime.fromisoformat(day).date(), time.min, zone_named(timezone) or ZoneInfo("UTC"))
    except ValueError:
        return day
    return (first + timedelta(days=1)).isoformat()
