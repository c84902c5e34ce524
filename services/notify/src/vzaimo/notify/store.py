"""Notify's own rows."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Text, select, text
from sqlmodel import Field, SQLModel

from vzaimo.kit.database import Transaction
from vzaimo.kit.tables import json_column, new_registry, table_of
from vzaimo.notify.domain.kinds import Group
from vzaimo.notify.domain.preferences import Choice, Preferences


class Model(SQLModel, registry=new_registry()):
    """Ground of notify's tables."""


class NoticeRow(Model, table=True):
    """Something that concerns the people of a city. Its id is made of the fact, the kind and the city."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_city_at", "city", "at"),)

    id: UUID = Field(primary_key=True)
    kind: str
    city: str
    subject: str
    event: UUID | None = None
    host: str | None = None
    """The city that a notice to all cities leaves out."""
    at: datetime
    traceparent: str | None = Field(default=None, max_length=55)
    """The trace of the fact that it follows from."""


class CircleRow(Model, table=True):
    """What is locked so that two consumers see what the other adds, and ``@inbox``, which numbers notifications."""

    __tablename__ = "circle"

    id: str = Field(primary_key=True, max_length=64)
    last_no: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))


class NotificationRow(Model, table=True):
    """A notice in one person's inbox. Its id is made of notice and person, so that there is never a second one."""

    __tablename__ = "notification"
    __table_args__ = (
        Index("ix_notification_person_at", "person", "at", "id"),
        Index("ix_notification_notice", "notice"),
        Index("ix_notification_person_no", "person", "no"),
        Index("ix_notification_no", "no"),
        Index("ix_notification_delivery", "delivery"),
        Index(
            "ix_notification_unread",
            "person",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    notice: UUID
    person: str = Field(max_length=32)
    city: str | None = None
    """The city as whose person they are told; none for a moderator."""
    no: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    """Grows from one notification to the next, in the order of commits; 0: from before there were numbers."""
    delivery: UUID | None = None
    """The mail that carries it; none where its reader wants none."""
    at: datetime
    read_at: datetime | None = None
    version: int


class DeliveryRow(Model, table=True):
    """A mail on its way, with one notification or several: ``queued → sent | retrying → dead``, or ``suppressed``."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index(
            "ix_delivery_due_at",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index("ix_delivery_status", "status", "id"),
        Index("ix_delivery_person", "person"),
        Index("ix_delivery_joins", "joins", unique=True),
    )

    id: UUID = Field(primary_key=True)
    notification: UUID
    """The first one that it carries; ``kind`` and ``notice`` are that one's."""
    notice: UUID
    person: str = Field(max_length=32)
    city: str | None = None
    channel: str
    kind: str
    status: str
    reason: str | None = None
    attempts: int = 0
    created_at: datetime
    tries_since: datetime | None = None
    """From when on three days of tries are counted."""
    due_at: datetime | None = None
    """When to try (again); none when nothing is left to do."""
    leased_until: datetime | None = None
    """Whoever tries it has so long."""
    joins: str | None = None
    """What more it may take up, until it is on its way: all that a digest's reader, or an event's guest, is told."""
    sent_at: datetime | None = None
    version: int


class PreferenceRow(Model, table=True):
    """What a person wants by mail. Whoever has none of these rows gets what is usual."""

    __tablename__ = "preference"

    person: str = Field(primary_key=True, max_length=32)
    choices: dict[str, Any] = Field(sa_column=json_column())
    quiet_from: str | None = Field(default=None, max_length=5)
    quiet_until: str | None = Field(default=None, max_length=5)
    timezone: str | None = Field(default=None, max_length=64)
    version: int


class AdmissionRow(Model, table=True):
    """A request that was given seats at least once."""

    __tablename__ = "admission"

    request: UUID = Field(primary_key=True)
    at: datetime


class WebhookRow(Model, table=True):
    """Where a city wants facts sent. One that was removed stays, without its path, for what was told of it."""

    __tablename__ = "webhook"
    __table_args__ = (Index("ix_webhook_city", "city", "id"), Index("ix_webhook_status", "status"))

    id: UUID = Field(primary_key=True)
    city: str = Field(max_length=64)
    address: str = Field(sa_column=Column(Text, nullable=False))
    facts: str = Field(sa_column=Column(Text, nullable=False))
    """``|EventAnnounced|NeedPosted|``"""
    status: str = Field(max_length=16)
    disabled_for: str | None = None
    disabled_at: datetime | None = None
    created_at: datetime
    since: datetime
    """Facts from before are none of its: it was not there, or disabled."""
    secret: UUID
    """What the secret is derived from; the secret itself is nowhere."""
    secret_changed_at: datetime
    old_secret: UUID | None = None
    old_secret_until: datetime | None = None
    failing_since: datetime | None = None
    """The first of its failures since it last took something."""
    rests_until: datetime | None = None
    """It has asked to be left alone until then."""
    version: int


class WebhookEventRow(Model, table=True):
    """An event that is on its way to webhooks, as it came: once, however many they are."""

    __tablename__ = "webhook_event"
    __table_args__ = (Index("ix_webhook_event_at", "at"),)

    id: UUID = Field(primary_key=True)
    type: str
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime
    traceparent: str | None = Field(default=None, max_length=55)
    """The trace that its requests go on with."""


class WebhookDeliveryRow(Model, table=True):
    """An event for one webhook. Its id is made of the two, so that there is never a second one.

    ``queued → sent | retrying → dead``, or ``suppressed`` where the webhook is not active.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index(
            "ix_webhook_delivery_due_at",
            "due_at",
            "event",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index("ix_webhook_delivery_webhook", "webhook", "created_at", "id"),
        Index("ix_webhook_delivery_created_at", "created_at"),
    )

    id: UUID = Field(primary_key=True)
    webhook: UUID
    event: UUID
    status: str = Field(max_length=16)
    answer: int | None = None
    """The status of the last answer."""
    error: str | None = None
    """What went wrong where there was none."""
    attempts: int = 0
    created_at: datetime
    tries_since: datetime
    """From when on three days of tries are counted."""
    due_at: datetime | None = None
    leased_until: datetime | None = None
    tried_at: datetime | None = None
    sent_at: datetime | None = None
    version: int


NOTICE, CIRCLE = table_of(NoticeRow), table_of(CircleRow)
NOTIFICATION, DELIVERY = table_of(NotificationRow), table_of(DeliveryRow)
PREFERENCE, ADMISSION = table_of(PreferenceRow), table_of(AdmissionRow)
WEBHOOK = table_of(WebhookRow)
WEBHOOK_EVENT, WEBHOOK_DELIVERY = table_of(WebhookEventRow), table_of(WebhookDeliveryRow)


async def wishes_of(tx: Transaction, people: Any) -> dict[str, Preferences]:
    """What these people (a list, or a statement that gives them) want; those who said nothing are left out."""
    rows = await tx.all(select(PREFERENCE).where(PREFERENCE.c.person.in_(people)))
    return {row.person: preferences_of(row) for row in rows}


def preferences_of(row: Any) -> Preferences:
    """Preferences from their row."""
    return Preferences(
        {Group(group): Choice(choice) for group, choice in row.choices.items()},
        time.fromisoformat(row.quiet_from) if row.quiet_from else None,
        time.fromisoformat(row.quiet_until) if row.quiet_until else None,
        row.timezone,
    )
