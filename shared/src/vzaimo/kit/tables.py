"""The tables that every service has: its log of facts, its inbox, its timers, and what could not be handled.

They have a metadata of their own, so that services in one process (tests) do not collide.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Alembic can only alter, on SQLite, constraints that have a name."""


def new_registry() -> registry:
    """A service's own set of tables: ``class Model(SQLModel, registry=new_registry())``."""
    return registry(metadata=MetaData(naming_convention=NAMING))


def table_of(model: type[SQLModel]) -> Table:
    """The Core table below a SQLModel class, for statements on hot paths."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


def python_type(column: Any) -> type[Any]:
    """What the values of a column are in Python."""
    # SQLModel's own types are decorators: what they decorate knows the type of the values.
    found: type[Any] = getattr(column.type, "impl_instance", column.type).python_type
    return found


def json_column(*, nullable: bool = False) -> Any:
    """A column of JSON: JSONB on PostgreSQL, text on SQLite. None is NULL, not JSON's null."""
    plain, binary = JSON(none_as_null=True), JSONB(none_as_null=True)
    return Column(plain.with_variant(binary, "postgresql"), nullable=nullable)


def serial_column() -> Any:
    """A growing 64-bit key that the store gives."""
    return Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


class KitModel(SQLModel, registry=new_registry()):
    """Ground of the kit's own tables."""


class OutboxRow(KitModel, table=True):
    """A fact in the service's own log: append-only, the audit trail, and the truth behind the stream."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_pending",
            "id",
            sqlite_where=text("stream_seq IS NULL AND refused IS NULL"),
            postgresql_where=text("stream_seq IS NULL AND refused IS NULL"),
        ),
        Index("ix_outbox_stream_stream_seq", "stream", "stream_seq"),
        Index("ix_outbox_aggregate_aggregate_id", "aggregate", "aggregate_id", "aggregate_version"),
        Index("ix_outbox_city", "city", "id"),
        Index("ix_outbox_other_city", "other_city", "id"),
    )

    id: int | None = Field(default=None, sa_column=serial_column())
    event_id: UUID = Field(unique=True)
    stream: str
    subject: str
    event_type: str
    aggregate: str
    aggregate_id: str
    aggregate_version: int
    city: str | None = None
    other_city: str | None = None
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    traceparent: str | None = None
    actor: str
    created_at: datetime
    stream_seq: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    refused: str | None = Field(default=None, sa_column=Column(Text, nullable=True))


class InboxRow(KitModel, table=True):
    """A fact that was handled: its effect and this row were committed together. It is known for a year."""

    __tablename__ = "inbox"
    __table_args__ = (Index("ix_inbox_handled_at", "handled_at"),)

    consumer: str = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    handled_at: datetime


class ParkedRow(KitModel, table=True):
    """A fact whose prerequisite has not arrived: kept with what it waits for, handled when that comes."""

    __tablename__ = "parked"
    __table_args__ = (Index("ix_parked_needs", "needs"), Index("ix_parked_parked_at", "parked_at"))

    consumer: str = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    needs: str
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    parked_at: datetime


class FailureRow(KitModel, table=True):
    """How often a fact could not be handled, and when it is tried again."""

    __tablename__ = "failure"
    __table_args__ = (Index("ix_failure_last_at", "last_at"),)

    consumer: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    attempts: int
    reason: str = Field(sa_column=Column(Text, nullable=False))
    last_at: datetime


class TimerRow(KitModel, table=True):
    """Something that is due at a moment, if the aggregate still is as it was when the timer was set."""

    __tablename__ = "timer"
    __table_args__ = (Index("ix_timer_due_at", "due_at"),)

    kind: str = Field(primary_key=True)
    aggregate_id: str = Field(primary_key=True)
    due_at: datetime
    revision: int
    traceparent: str | None = Field(default=None, max_length=55)
    """The trace of what set it."""


class IdempotencyRow(KitModel, table=True):
    """The outcome of a command that was sent with an Idempotency-Key."""

    __tablename__ = "idempotency"
    __table_args__ = (Index("ix_idempotency_created_at", "created_at"),)

    scope: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: str
    outcome: dict[str, Any] = Field(sa_column=json_column())
    created_at: datetime


class MarkRow(KitModel, table=True):
    """A named number that the kit remembers: when the service was last awake, what it has healed."""

    __tablename__ = "mark"

    name: str = Field(primary_key=True)
    value: str
