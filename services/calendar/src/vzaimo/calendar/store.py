"""Calendar's own rows, and how they become state and back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, String, select
from sqlmodel import Field, SQLModel

from vzaimo.calendar.domain.events import EventState
from vzaimo.calendar.domain.plans import Plan
from vzaimo.contracts.calendar import Event
from vzaimo.kit.tables import json_column, new_registry, table_of


class Model(SQLModel, registry=new_registry()):
    """Ground of calendar's tables."""


class EventRow(Model, table=True):
    """An event: the host's plan as it was written, what is public once it is announced, and what lists go by."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_status_starts_at", "status", "starts_at", "id"),
        Index("ix_event_host", "host", "status", "id"),
    )

    id: UUID = Field(primary_key=True)
    host: str
    status: str = Field(sa_column=Column(String(16), nullable=False))
    mode: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    plan: dict[str, Any] = Field(sa_column=json_column())
    event: dict[str, Any] | None = Field(default=None, sa_column=json_column(nullable=True))
    created_at: datetime
    version: int


class EventTopicRow(Model, table=True):
    """Which events are on a topic: the list by topic reads this, by key."""

    __tablename__ = "event_topic"

    topic: str = Field(primary_key=True, max_length=64)
    event: UUID = Field(primary_key=True)


EVENT, EVENT_TOPIC = table_of(EventRow), table_of(EventTopicRow)


def event_of(row: Any) -> EventState:
    """An event from its row."""
    return EventState(
        id=row.id,
        host=row.host,
        plan=Plan.model_validate(row.plan),
        event=Event.model_validate(row.event) if row.event is not None else None,
    )


def event_columns(state: EventState) -> dict[str, Any]:
    """An event as columns."""
    event = state.event
    return {
        "id": state.id,
        "host": state.host,
        "status": state.status.value,
        "mode": state.plan.mode.value,
        "starts_at": event.starts_at if event else None,
        "ends_at": event.ends_at if event else None,
        "plan": state.plan.model_dump(mode="json"),
        "event": event.model_dump(mode="json") if event else None,
    }


def locked(event_id: UUID) -> Any:
    """Select an event's row for a decision: whoever else wants to change it waits."""
    return select(EVENT).where(EVENT.c.id == event_id).with_for_update()
