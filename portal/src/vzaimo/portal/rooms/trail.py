"""What went on: the services' audit trails, a city's part of them, and mails that did not arrive."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from vzaimo.contracts.event import Slug
from vzaimo.portal.house.accounts import AuditEntry, Delivery
from vzaimo.portal.house.facts import aggregates
from vzaimo.portal.house.gateways import Page, Problem, Service
from vzaimo.portal.house.offices import Invitation, enter
from vzaimo.portal.house.visit import Part, Visit, Visitor
from vzaimo.portal.rooms.moderation import moderator

router = APIRouter()
A_PAGE = 50
SERVICES: tuple[Service, ...] = ("registry", "calendar", "requests", "notify")
STATUSES = ("dead", "retrying", "queued", "suppressed", "sent")


class Wanted(BaseModel):
    """The filters of an audit trail, as they stand in the address."""

    service: Service = "requests"
    city: str = ""
    aggregate: str = ""
    aggregate_id: str = ""
    cursor: str = ""

    @property
    def query(self) -> dict[str, object]:
        """The filters as gateways know them; a kind that the service does not have filters nothing."""
        kind = self.aggregate if self.aggregate in aggregates()[self.service] else ""
        return {"aggregate": kind, "aggregate_id": self.aggregate_id.strip()[:100], "cursor": self.cursor}


Filters = Annotated[Wanted, Query()]


@router.get("/moderation/audit")
async def audit(visit: Visitor, wanted: Filters) -> Response:
    """Who did what, when, in one service."""
    await moderator(visit)
    page, kinds = await _entries(visit, wanted), aggregates()[wanted.service]
    return await visit.show("audit.html", page=page, wanted=wanted, services=SERVICES, aggregates=kinds)


@router.get("/cities/{slug}/audit")
async def audit_of(visit: Visitor, slug: Slug, wanted: Filters) -> Response:
    """A city's part of it, for its coordinators and the moderator."""
    office = await enter(visit, slug)
    wanted.city = slug
    page, kinds = await _entries(visit, wanted), aggregates()[wanted.service]
    return await office.show("city_audit.html", page=page, wanted=wanted, services=SERVICES, aggregates=kinds)


@router.get("/moderation/mails")
async def mails(visit: Visitor, status: str = "dead", cursor: str = "") -> Response:
    """Mails on their way, those that were given up first of all."""
    return await _mails(visit, status, cursor)


@router.post("/moderation/mails/{delivery_id}/retry")
async def retry(visit: Visitor, delivery_id: UUID) -> Response:
    """Try one that was given up once more."""
    await moderator(visit)
    try:
        await visit.send("notify", "POST", f"/deliveries/{delivery_id}/retry")
    except Problem as problem:
        return await _mails(visit, "dead", problem=problem)
    return visit.go("/moderation/mails", "moderation.done")


@router.get("/moderation/moderators")
async def moderators(visit: Visitor) -> Response:
    """Who was invited to run the programme."""
    return await _moderators(visit)


@router.post("/moderation/moderators")
async def invite(visit: Visitor) -> Response:
    """Invite another moderator."""
    await moderator(visit)
    body = {"role": "moderator", "city": None, "email": str(visit.typed.get("email", "")).strip()}
    try:
        await visit.send("registry", "POST", "/invitations", body)
    except Problem as problem:
        return await _moderators(visit, problem)
    return visit.go("/moderation/moderators", "staff.done.invite")


@router.post("/moderation/moderators/{invitation_id}/revoke")
async def revoke(visit: Visitor, invitation_id: UUID) -> Response:
    """Take such an invitation back."""
    await moderator(visit)
    await visit.send("registry", "DELETE", f"/invitations/{invitation_id}")
    return visit.go("/moderation/moderators", "staff.done.revoke")


async def _entries(visit: Visit, wanted: Wanted) -> Part[Page[AuditEntry]]:
    reading = visit.read(wanted.service, "/audit", Page[AuditEntry], limit=A_PAGE, city=wanted.city, **wanted.query)
    return await visit.part(reading)


async def _mails(visit: Visit, status: str, cursor: str = "", problem: Problem | None = None) -> Response:
    await moderator(visit)
    chosen = status if status in STATUSES else ""
    reading = visit.read("notify", "/deliveries", Page[Delivery], limit=A_PAGE, status=chosen, cursor=cursor)
    page = await visit.part(reading)
    shown = problem.status if problem else 200
    return await visit.show("mails.html", status=shown, page=page, chosen=chosen, statuses=STATUSES, problem=problem)


async def _moderators(visit: Visit, problem: Problem | None = None) -> Response:
    await moderator(visit)
    page = await visit.part(visit.read("registry", "/invitations", Page[Invitation], limit=200))
    invited = [one for one in (page.value.items if page.value else []) if one.city is None and one.is_open]
    status = problem.status if problem else 200
    return await visit.show("moderators.html", status=status, page=page, invitations=invited, problem=problem)
