"""What the portal reads of a city's office: its people, whom it invited, its webhooks."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime
from starlette.exceptions import HTTPException
from starlette.responses import Response

from vzaimo.contracts.event import State
from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.shapes import City
from vzaimo.portal.house.visit import Visit

NOT_FOUND, UNREADABLE = 404, 422
STALE = "stale"
"""The refusal of what was typed into an older form."""


class Person(State):
    """Who acts for a city, with work contacts. A client program has none."""

    id: UUID
    role: str
    scopes: tuple[str, ...] = ()
    granted_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None


class Invitation(State):
    """Who was invited to what; whether the mail has gone."""

    id: UUID
    role: str
    city: str | None
    email: str
    created_at: AwareDatetime
    expires_at: AwareDatetime
    revoked_at: AwareDatetime | None = None
    accepted_at: AwareDatetime | None = None
    mail_sent_at: AwareDatetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it was neither accepted nor taken back."""
        return self.accepted_at is None and self.revoked_at is None


class Applicant(State):
    """Who applied for a city."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None


class Contact(State):
    """How the visitor is reached at work."""

    email: str | None = None
    name: str | None = None
    phone: str | None = None
    locale: str = "ru"


class OwnData(State):
    """What registry keeps about the visitor."""

    contact: Contact | None = None
    applied_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Office:
    """A city's rooms for its own people: who has come there, and in which role."""

    visit: Visit
    city: City
    coordinates: bool
    moderates: bool

    @property
    def writes(self) -> bool:
        """Whether the visitor may change the city's data."""
        return self.coordinates or self.moderates

    def seen(self, version: int, problem: Problem | None) -> str | int:
        """The version that goes with a form: what its writer saw, until they have been shown what is stored now."""
        typed = str(self.visit.typed.get("_version", ""))
        return typed if problem and problem.kind != STALE and typed.isdigit() else version

    async def show(self, template: str, problem: Problem | None = None, **facts: Any) -> Response:
        """A page of the office."""
        status = problem.status if problem else 200
        return await self.visit.show(template, status=status, office=self, city=self.city, problem=problem, **facts)


async def enter(visit: Visit, slug: str) -> Office:
    """Into a city's office: for its people, viewers too, and the moderator. Others find no such page."""
    me = await visit.member()
    if slug not in me.cities and not me.moderates:
        raise HTTPException(NOT_FOUND)
    city = await visit.read("registry", f"/cities/{slug}", City)
    return Office(visit, city, slug in me.coordinated, me.moderates)


def unreadable(visit: Visit) -> Problem:
    """Coordinates that are none, said at their field."""
    fault = {"field": "latitude", "message": visit.say("places.unreadable")}
    return Problem(UNREADABLE, {"title": visit.say("places.unreadable_title"), "errors": [fault]})
