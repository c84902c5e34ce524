"""Acts of destruction of personal data, and the numbers that they get."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, String
from sqlmodel import Field

from vzaimo.kit.tables import json_column, table_of
from vzaimo.requests.store.model import Model


class ErasureActRow(Model, table=True):
    """An act of destruction with its journal extract: what was done in which table, and to how many rows."""

    __tablename__ = "erasure_act"
    __table_args__ = (Index("ix_erasure_act_city", "city", "id"), Index("uq_erasure_act_number", "number", unique=True))

    id: UUID = Field(primary_key=True)
    number: int
    request: UUID
    city: str
    people: int
    delegates: list[str] = Field(sa_column=json_column())
    """Their ids: whom the act is about, without their names."""
    cause: str = Field(sa_column=Column(String(16), nullable=False))
    actor: str
    """A person's reference, or ``timer``."""
    journal: list[dict[str, Any]] = Field(sa_column=json_column())
    erased_at: datetime


class CounterRow(Model, table=True):
    """A number that only grows. Whoever raises one holds its row until the commit: it is also a turn to take."""

    __tablename__ = "counter"

    name: str = Field(primary_key=True, max_length=32)
    value: int


ERASURE_ACT, COUNTER = table_of(ErasureActRow), table_of(CounterRow)
