"""Calendar's copies of other services' aggregates. Final states stay, with their version."""

from collections import Counter
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Select, or_, select
from sqlmodel import Field

from vzaimo.calendar.store import Model
from vzaimo.contracts.calendar import SeatMode
from vzaimo.contracts.requests import DelegateStatus, Request
from vzaimo.kit.inbound import Copy
from vzaimo.kit.roles import RoleRow, role_columns
from vzaimo.kit.tables import json_column, table_of


class CityCopyRow(Model, table=True):
    """A city."""

    __tablename__ = "city_copy"

    id: str = Field(primary_key=True, max_length=64)
    name: str | None = None
    """Not known of what was copied before this column was there, until news comes or ``vzaimo rebuild`` does."""
    timezone: str | None = None
    status: str
    version: int


class PracticeCopyRow(Model, table=True):
    """A practice."""

    __tablename__ = "practice_copy"

    id: UUID = Field(primary_key=True)
    city: str
    title: str
    status: str
    version: int


class SeatsCopyRow(Model, table=True):
    """The count of seats of an event in one mode."""

    __tablename__ = "seats_copy"

    event: UUID = Field(primary_key=True)
    mode: str = Field(primary_key=True, max_length=16)
    capacity: int | None = None
    granted: int
    held: int
    waiting: int
    version: int


class GrantCopyRow(Model, table=True):
    """A city's request to attend an event in one mode, and the seats that it has."""

    __tablename__ = "grant_copy"
    __table_args__ = (Index("ix_grant_copy_city", "city", "status", "event"), Index("ix_grant_copy_event", "event"))

    id: UUID = Field(primary_key=True)
    event: UUID
    city: str
    mode: str
    status: str
    granted: int
    confirmed: int
    assigned: dict[str, int] | None = Field(default=None, sa_column=json_column(nullable=True))
    """Its people with seats by session, where the host assigned them to sessions that run in parallel."""
    version: int


class OrganisationCopyRow(Model, table=True):
    """Where an organisation is."""

    __tablename__ = "organisation_copy"

    id: UUID = Field(primary_key=True)
    latitude: float | None = None
    longitude: float | None = None
    version: int


CITY, PRACTICE, SEATS = table_of(CityCopyRow), table_of(PracticeCopyRow), table_of(SeatsCopyRow)
GRANT, ORGANISATION = table_of(GrantCopyRow), table_of(OrganisationCopyRow)


def _city(fact: Any) -> dict[str, Any]:
    city = fact.city
    return {
        "id": city.id,
        "name": city.name,
        "timezone": city.timezone,
        "status": city.status.value,
        "version": fact.aggregate_version,
    }


def _role(fact: Any) -> dict[str, Any]:
    return {**role_columns(fact.role), "version": fact.aggregate_version}


def _practice(fact: Any) -> dict[str, Any]:
    practice = fact.practice
    return {
        "id": practice.id,
        "city": practice.city,
        "title": practice.title,
        "status": practice.status.value,
        "version": fact.aggregate_version,
    }


def _seats(fact: Any) -> dict[str, Any]:
    ledger = fact.ledger
    return {
        "event": ledger.event,
        "mode": ledger.mode.value,
        "capacity": ledger.capacity,
        "granted": ledger.granted,
        "held": ledger.held,
        "waiting": ledger.waiting,
        "version": fact.aggregate_version,
    }


def _grant(fact: Any) -> dict[str, Any]:
    request = fact.request
    return {
        "id": request.id,
        "event": request.event,
        "city": request.city,
        "mode": request.mode.value,
        "status": request.status.value,
        "granted": request.granted,
        "confirmed": request.confirmed,
        "assigned": dict(_assigned(request)) or None,
        "version": fact.aggregate_version,
    }


def _assigned(request: Request) -> Counter[str]:
    seated = {DelegateStatus.GRANTED, DelegateStatus.CONFIRMED, DelegateStatus.ATTENDED, DelegateStatus.NO_SHOW}
    return Counter(str(session) for one in request.delegates if one.status in seated for session in one.sessions or ())


def _organisation(fact: Any) -> dict[str, Any]:
    place = fact.organisation
    return {
        "id": place.id,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "version": fact.aggregate_version,
    }


CITIES = Copy(CITY, _city)
ROLES = Copy(table_of(RoleRow), _role)
PRACTICES = Copy(PRACTICE, _practice)
LEDGERS = Copy(SEATS, _seats)
GRANTS = Copy(GRANT, _grant)
ORGANISATIONS = Copy(ORGANISATION, _organisation)


def remote_seats(event: UUID, cities: Collection[str]) -> Select[tuple[UUID]]:
    """The requests by which these cities have seats in the event's remote mode."""
    return select(GRANT.c.id).where(
        GRANT.c.event == event,
        GRANT.c.city.in_(cities),
        GRANT.c.mode == SeatMode.REMOTE,
        or_(GRANT.c.granted > 0, GRANT.c.confirmed > 0),
    )
