"""Requests, their people and their seats as rows, and how they become state and back.

The names of delegates are in ``delegate`` alone, so that erasing them touches nothing else.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, String, Text, and_, select, text
from sqlmodel import Field

from vzaimo.contracts.calendar import SeatMode, SeatPlan
from vzaimo.contracts.requests import Request, RequestStatus
from vzaimo.kit.tables import json_column, table_of
from vzaimo.requests.domain.ledgers import Ledger
from vzaimo.requests.domain.transitions import FINAL
from vzaimo.requests.store.model import Model


class RequestRow(Model, table=True):
    """A participation request: its public state, what lists and the queue go by, and the host's remark."""

    __tablename__ = "request"
    __table_args__ = (
        Index(
            "uq_request_open",
            "event",
            "city",
            "mode",
            unique=True,
            sqlite_where=text("open"),
            postgresql_where=text("open"),
        ),
        Index("ix_request_event", "event", "mode", "id"),
        Index("ix_request_city", "city", "id"),
        Index("ix_request_host", "host", "id"),
        Index("ix_request_season_city", "season", "city"),
        Index(
            "ix_request_queue",
            "event",
            "mode",
            sqlite_where=text("waiting > 0"),
            postgresql_where=text("waiting > 0"),
        ),
    )

    id: UUID = Field(primary_key=True)
    event: UUID
    mode: str = Field(sa_column=Column(String(16), nullable=False))
    host: str
    city: str
    status: str = Field(sa_column=Column(String(24), nullable=False))
    open: bool
    waiting: int
    confirmed: int
    season: int
    state: dict[str, Any] = Field(sa_column=json_column())
    remark: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    created_at: datetime
    version: int


class DelegateRow(Model, table=True):
    """A person of a delegation: the only place of names, of dietary and of access needs. Never on the bus."""

    __tablename__ = "delegate"
    __table_args__ = (Index("ix_delegate_request", "request"),)

    id: UUID = Field(primary_key=True)
    request: UUID
    name: str
    organisation: str | None = None
    dietary: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    access: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    erased_at: datetime | None = None


class LedgerRow(Model, table=True):
    """The seats of an event in one mode. The store itself refuses to oversell."""

    __tablename__ = "ledger"
    __table_args__ = (
        CheckConstraint("capacity IS NULL OR granted + held <= capacity", name="not_oversold"),
        CheckConstraint("granted >= 0 AND held >= 0 AND waiting >= 0", name="not_negative"),
    )

    event: UUID = Field(primary_key=True)
    mode: str = Field(sa_column=Column(String(16), primary_key=True))
    host: str
    capacity: int | None = None
    quota: int | None = None
    reserves: dict[str, int] = Field(sa_column=json_column())
    granted: int = 0
    held: int = 0
    waiting: int = 0
    closed: bool = False
    capacity_no: int
    version: int


class ShareRow(Model, table=True):
    """The seats of a city within a ledger. ``quota`` is the ledger's, so that the store can hold it."""

    __tablename__ = "share"
    __table_args__ = (
        CheckConstraint("quota IS NULL OR granted + held <= quota", name="within_quota"),
        CheckConstraint("granted >= 0 AND held >= 0", name="not_negative"),
    )

    event: UUID = Field(primary_key=True)
    mode: str = Field(sa_column=Column(String(16), primary_key=True))
    city: str = Field(primary_key=True, max_length=64)
    granted: int = 0
    held: int = 0
    quota: int | None = None


REQUEST, DELEGATE = table_of(RequestRow), table_of(DelegateRow)
LEDGER, SHARE = table_of(LedgerRow), table_of(ShareRow)


def request_of(row: Any) -> Request:
    """A request from its row."""
    return Request.model_validate(row.state)


def request_columns(request: Request) -> dict[str, Any]:
    """A request as columns, without what never changes after its making."""
    return {
        "status": request.status.value,
        "open": request.status not in FINAL,
        "waiting": request.waiting,
        "confirmed": request.confirmed,
        "state": request.model_dump(mode="json"),
    }


def has_been_sent() -> Any:
    """The condition for requests that their hosts have: ``domain.states.sent``."""
    return and_(REQUEST.c.status != RequestStatus.DRAFT, REQUEST.c.state["submitted_at"].as_string().is_not(None))


def ledger_of(row: Any) -> Ledger:
    """A ledger from its row; the cities' shares are read as they are needed."""
    mode = SeatMode(row.mode)
    return Ledger(
        event=row.event,
        host=row.host,
        mode=mode,
        plan=SeatPlan(mode=mode, capacity=row.capacity, quota=row.quota, reserves=row.reserves),
        granted=row.granted,
        held=row.held,
        waiting=row.waiting,
        closed=row.closed,
    )


def ledger_columns(ledger: Ledger) -> dict[str, Any]:
    """A ledger as columns, without its key."""
    return {
        "host": ledger.host,
        "capacity": ledger.plan.capacity,
        "quota": ledger.plan.quota,
        "reserves": dict(ledger.plan.reserves),
        "granted": ledger.granted,
        "held": ledger.held,
        "waiting": ledger.waiting,
        "closed": ledger.closed,
    }


def in_ledger(table: Any, event: UUID, mode: str) -> Any:
    """The condition for the rows of one ledger."""
    return and_(table.c.event == event, table.c.mode == mode)


def locked(request_id: UUID) -> Any:
    """Select a request's row for a decision."""
    return select(REQUEST).where(REQUEST.c.id == request_id).with_for_update()
