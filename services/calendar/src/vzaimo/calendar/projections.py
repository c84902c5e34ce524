"""Calendar's copies of other services' aggregates. Final states stay, with their version."""

from typing import Any
from uuid import UUID

from sqlmodel import Field

from vzaimo.calendar.store import Model
from vzaimo.kit.inbound import Copy
from vzaimo.kit.roles import RoleRow, role_columns
from vzaimo.kit.tables import table_of


class CityCopyRow(Model, table=True):
    """A city."""

    __tablename__ = "city_copy"

    id: str = Field(primary_key=True, max_length=64)
    name: str | None = None
    """Not known of what was copied before this column was there, until news comes or ``vzaimo copies`` mends it."""
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


CITY, PRACTICE, SEATS = table_of(CityCopyRow), table_of(PracticeCopyRow), table_of(SeatsCopyRow)


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


CITIES = Copy(CITY, _city)
ROLES = Copy(table_of(RoleRow), _role)
PRACTICES = Copy(PRACTICE, _practice)
LEDGERS = Copy(SEATS, _seats)
