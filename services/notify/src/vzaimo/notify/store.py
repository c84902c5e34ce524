"""Notify's own rows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from vzaimo.kit.tables import new_registry, table_of


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


class CircleRow(Model, table=True):
    """Those whom notices to a city (or to moderators, or to all cities) concern: a row to lock, nothing else."""

    __tablename__ = "circle"

    id: str = Field(primary_key=True, max_length=64)


class NotificationRow(Model, table=True):
    """A notice in one person's inbox. Its id is made of notice and person, so that there is never a second one."""

    __tablename__ = "notification"
    __table_args__ = (
        Index("ix_notification_person_at", "person", "at", "id"),
        Index("ix_notification_notice", "notice"),
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
    at: datetime
    read_at: datetime | None = None
    version: int


class DeliveryRow(Model, table=True):
    """A notification on its way by mail: ``queued → sent | retrying → dead``, or ``suppressed``."""

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
    )

    id: UUID = Field(primary_key=True)
    notification: UUID
    notice: UUID
    person: str = Field(max_length=32)
    city: str | None = None
    channel: str
    kind: str
    status: str
    reason: str | None = None
    attempts: int = 0
    created_at: datetime
    due_at: datetime | None = None
    """When to try (again); none when nothing is left to do."""
    leased_until: datetime | None = None
    """Whoever tries it has so long."""
    sent_at: datetime | None = None
    version: int


NOTICE, CIRCLE = table_of(NoticeRow), table_of(CircleRow)
NOTIFICATION, DELIVERY = table_of(NotificationRow), table_of(DeliveryRow)
