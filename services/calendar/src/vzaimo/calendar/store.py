"""Calendar's own rows, and how they become state and back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Text, false, select, text
from sqlmodel import Field, SQLModel

from vzaimo.calendar.domain.events import EventState
from vzaimo.calendar.domain.feeds import kept_until
from vzaimo.calendar.domain.plans import Plan
from vzaimo.contracts.calendar import AudienceRole, Event, Mode
from vzaimo.kit.tables import json_column, new_registry, serial_column, table_of

TEXTS = ("words", "host_words")
"""The columns of ``event_text`` that are searched."""
EVERY_EVENT = "all"
"""What the feed of all events is marked by."""


class Model(SQLModel, registry=new_registry()):
    """Ground of calendar's tables."""


class EventRow(Model, table=True):
    """An event: the host's plan as it was written, what is public once it is announced, and what lists go by."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_status_starts_at", "status", "starts_at", "id"),
        Index("ix_event_host", "host", "status", "id"),
        Index("ix_event_feed_until", "feed_until", "host", "mode", "id"),
        Index("ix_event_announced_at", "announced_at", "id"),
        Index("ix_event_host_starts_at", "host", "status", "starts_at", "id"),
        Index(
            "ix_event_capacity_overdue",
            "id",
            sqlite_where=text("capacity_overdue"),
            postgresql_where=text("capacity_overdue"),
        ),
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
    announced_at: datetime | None = None
    changed_ms: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    """When it last changed, in milliseconds since 1970: numbers, so that a feed can add them up in either store."""
    feed_until: datetime | None = None
    """When it leaves the feeds; a draft is in none."""
    capacity_overdue: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=false()))
    """The seat ledger has not answered in time; the timer sets it, the answer takes it back."""
    version: int


class EventFacetRow(Model, table=True):
    """What an event is found by: topics, audience, modes. A list by one of them walks this key, however long it is."""

    __tablename__ = "event_facet"
    __table_args__ = (Index("ix_event_facet_event", "event"),)

    facet: str = Field(primary_key=True, max_length=80)
    status: str = Field(primary_key=True, max_length=16)
    starts_at: datetime = Field(primary_key=True)
    event: UUID = Field(primary_key=True)


class FeedMarkRow(Model, table=True):
    """A public feed's mark: drawn anew whenever an event of the feed changes, so that nobody has to look at the events.

    In several rows, by event: commands about different events seldom wait for each other.
    """

    __tablename__ = "feed_mark"

    feed: str = Field(primary_key=True, max_length=80)
    shard: int = Field(primary_key=True)
    mark: int = Field(sa_column=Column(BigInteger, nullable=False))


class FeedTokenRow(Model, table=True):
    """A person's private feed. Without ``digest`` it is revoked."""

    __tablename__ = "feed_token"

    person: str = Field(primary_key=True, max_length=32)
    digest: str | None = Field(default=None, unique=True, max_length=64)
    made_at: datetime
    version: int


class ShareLinkRow(Model, table=True):
    """A link by which a city's delegation joins an event."""

    __tablename__ = "share_link"
    __table_args__ = (Index("ix_share_link_event", "event", "city", "id"),)

    id: UUID = Field(primary_key=True)
    event: UUID
    city: str
    digest: str = Field(unique=True, max_length=64)
    made_at: datetime
    revoked_at: datetime | None = None
    version: int


class EventTextRow(Model, table=True):
    """The words of an event, and of its host's name, as they are searched for (``kit.search``)."""

    __tablename__ = "event_text"
    __table_args__ = (Index("ix_event_text_host", "host"),)

    id: int | None = Field(default=None, sa_column=serial_column())
    event: UUID = Field(unique=True)
    host: str
    words: str = Field(sa_column=Column(Text, nullable=False))
    host_words: str = Field(sa_column=Column(Text, nullable=False))


EVENT, EVENT_FACET, EVENT_TEXT = table_of(EventRow), table_of(EventFacetRow), table_of(EventTextRow)
FEED_MARK, FEED_TOKEN, SHARE_LINK = table_of(FeedMarkRow), table_of(FeedTokenRow), table_of(ShareLinkRow)


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


def feed_columns(event: Event | None, now: datetime) -> dict[str, Any]:
    """What feeds go by, written with each change; a draft has nothing of it."""
    if event is None:
        return {}
    return {
        "announced_at": event.announced_at,
        "changed_ms": int(now.timestamp() * 1000),
        "feed_until": kept_until(event, now),
    }


def by_topic(topic: str) -> str:
    """The facet of a topic."""
    return f"topic:{topic}"


def by_role(role: AudienceRole) -> str:
    """The facet of whom an event is for."""
    return f"role:{role}"


def by_host(city: str) -> str:
    """What a host's feed is marked by."""
    return f"host:{city}"


def by_mode(mode: Mode) -> str:
    """The facet of a mode; a hybrid event is found by both of its modes, too."""
    return f"mode:{mode}"


def facets_of(event: Event) -> list[str]:
    """Everything that an event is found by."""
    modes = {event.mode, *(Mode(one) for one in event.mode.seat_modes)}
    found = {*map(by_topic, event.topics), *map(by_role, event.audience), *map(by_mode, modes)}
    return sorted(found)


def feeds_of(event: Event) -> set[str]:
    """The public feeds that an event is in."""
    return {EVERY_EVENT, by_host(event.host), by_mode(event.mode), *map(by_topic, event.topics)}


def locked(event_id: UUID) -> Any:
    """Select an event's row for a decision: whoever else wants to change it waits."""
    return select(EVENT).where(EVENT.c.id == event_id).with_for_update()
