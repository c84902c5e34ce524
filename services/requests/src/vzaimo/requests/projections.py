"""Requests' copies of other services' aggregates. Final states stay, with their version."""

from typing import Any
from uuid import UUID

from sqlmodel import Field

from vzaimo.kit.inbound import Copy
from vzaimo.kit.roles import RoleRow, role_columns
from vzaimo.kit.tables import json_column, table_of
from vzaimo.requests.store import Model


class CityCopyRow(Model, table=True):
    """A city."""

    __tablename__ = "city_copy"

    id: str = Field(primary_key=True, max_length=64)
    status: str
    version: int


class EventCopyRow(Model, table=True):
    """An event, as it was announced."""

    __tablename__ = "event_copy"

    id: UUID = Field(primary_key=True)
    host: str
    status: str
    event: dict[str, Any] = Field(sa_column=json_column())
    version: int


CITY, EVENT = table_of(CityCopyRow), table_of(EventCopyRow)


def _city(fact: Any) -> dict[str, Any]:
    return {"id": fact.city.id, "status": fact.city.status.value, "version": fact.aggregate_version}


def _role(fact: Any) -> dict[str, Any]:
    return {**role_columns(fact.role), "version": fact.aggregate_version}


def _event(fact: Any) -> dict[str, Any]:
    event = fact.event
    return {
        "id": event.id,
        "host": event.host,
        "status": event.status.value,
        "event": event.model_dump(mode="json"),
        "version": fact.aggregate_version,
    }


CITIES = Copy(CITY, _city)
ROLES = Copy(table_of(RoleRow), _role)
EVENTS = Copy(EVENT, _event)
