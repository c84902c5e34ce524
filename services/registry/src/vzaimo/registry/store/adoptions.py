"""Adoptions: who put whose practice to use, and what it gave."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from vzaimo.contracts.registry import Adoption
from vzaimo.kit.tables import json_column, table_of
from vzaimo.registry.domain.adoptions import is_open
from vzaimo.registry.store.model import Model


class AdoptionRow(Model, table=True):
    """A city's adoption of another city's practice."""

    __tablename__ = "adoption"
    __table_args__ = (
        Index("ix_adoption_practice", "practice", "id"),
        Index("ix_adoption_city", "city", "id"),
        Index("ix_adoption_source", "source", "id"),
        Index(
            "ix_adoption_open",
            "city",
            "practice",
            unique=True,
            sqlite_where=text("is_open"),
            postgresql_where=text("is_open"),
        ),
    )

    id: UUID = Field(primary_key=True)
    practice: UUID
    source: str
    city: str
    indicator: str
    unit: str
    baseline: float
    baseline_year: int
    committed_at: datetime
    measurements: list[dict[str, Any]] = Field(sa_column=json_column())
    due: int | None = None
    is_open: bool
    version: int


ADOPTION = table_of(AdoptionRow)


def adoption_of(row: Any) -> Adoption:
    """An adoption from its row."""
    return Adoption.model_validate(row, from_attributes=True)


def adoption_columns(adoption: Adoption) -> dict[str, Any]:
    """An adoption as columns."""
    measurements = [one.model_dump(mode="json") for one in adoption.measurements]
    return {**adoption.model_dump(), "measurements": measurements, "is_open": is_open(adoption)}
