"""Requests' copies of other services' aggregates. Final states stay, with their version."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Text
from sqlmodel import Field

from vzaimo.kit.inbound import Copy
from vzaimo.kit.roles import RoleRow, role_columns
from vzaimo.kit.tables import json_column, table_of
from vzaimo.requests.domain.queues import season_of
from vzaimo.requests.store import Model, packed


class CityCopyRow(Model, table=True):
    """A city."""

    __tablename__ = "city_copy"

    id: str = Field(primary_key=True, max_length=64)
    status: str
    name: str | None = None
    region: str | None = None
    version: int


class EventCopyRow(Model, table=True):
    """An event, as it was announced."""

    __tablename__ = "event_copy"
    __table_args__ = (Index("ix_event_copy_need", "need"), Index("ix_event_copy_season", "season"))

    id: UUID = Field(primary_key=True)
    host: str
    status: str
    event: dict[str, Any] = Field(sa_column=json_column())
    topics: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    """``store.slugs``."""
    need: UUID | None = None
    season: int | None = None
    ends_at: datetime | None = None
    version: int


class PracticeCopyRow(Model, table=True):
    """A practice: what a city could show to those who want to learn."""

    __tablename__ = "practice_copy"
    __table_args__ = (Index("ix_practice_copy_city", "city"),)

    id: UUID = Field(primary_key=True)
    city: str
    title: str
    status: str
    topics: str = Field(sa_column=Column(Text, nullable=False))
    """``store.slugs``."""
    version: int


class TopicCopyRow(Model, table=True):
    """A topic that needs may be about, until it is retired."""

    __tablename__ = "topic_copy"

    id: str = Field(primary_key=True, max_length=64)
    retired: bool
    version: int


CITY, EVENT, PRACTICE = table_of(CityCopyRow), table_of(EventCopyRow), table_of(PracticeCopyRow)
TOPIC = table_of(TopicCopyRow)


def _city(fact: Any) -> dict[str, Any]:
    city = fact.city
    return {
        "id": city.id,
        "status": city.status.value,
        "name": city.name,
        "region": city.region,
        "version": fact.aggregate_version,
    }


def _role(fact: Any) -> dict[str, Any]:
    return {**role_columns(fact.role), "version": fact.aggregate_version}


def _event(fact: Any) -> dict[str, Any]:
    event = fact.event
    return {
        "id": event.id,
        "host": event.host,
        "status": event.status.value,
        "event": event.model_dump(mode="json"),
        "topics": packed(event.topics),
        "need": event.need,
        "season": season_of(event),
        "ends_at": event.ends_at,
        "version": fact.aggregate_version,
    }


def _practice(fact: Any) -> dict[str, Any]:
    practice = fact.practice
    return {
        "id": practice.id,
        "city": practice.city,
        "title": practice.title,
        "status": practice.status.value,
        "topics": packed(practice.topics),
        "version": fact.aggregate_version,
    }


def _topic(fact: Any) -> dict[str, Any]:
    return {"id": fact.topic.id, "retired": fact.topic.retired, "version": fact.aggregate_version}


CITIES = Copy(CITY, _city)
ROLES = Copy(table_of(RoleRow), _role)
EVENTS = Copy(EVENT, _event)
PRACTICES = Copy(PRACTICE, _practice)
TOPICS = Copy(TOPIC, _topic)
