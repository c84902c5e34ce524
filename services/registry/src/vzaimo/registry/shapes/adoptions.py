"""Adoptions."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel

from vzaimo.contracts.event import Slug
from vzaimo.contracts.registry import Measurement
from vzaimo.kit.http import Body, Number
from vzaimo.kit.http.moments import Day
from vzaimo.registry.domain.adoptions import change
from vzaimo.registry.shapes.fields import Line, Year


class CommitmentBody(Body):
    """A city adopts a practice: which of its indicators it follows, by name, and the city's own value before."""

    practice: UUID
    city: Slug
    indicator: Line
    baseline: Number
    baseline_year: Year


class MeasurementBody(Body):
    """The same indicator, six or twelve months after the commitment; the day is the city's own."""

    after_months: Literal[6, 12]
    value: Number
    measured_on: Day


class MeasurementView(Measurement):
    """A report. ``change`` is the part of the baseline by which it differs: 0.25 is a quarter more."""

    change: float | None


class AdoptionView(BaseModel):
    """Who adopted whose practice, and what it gave. ``source`` is the practice's city."""

    id: UUID
    practice: UUID
    source: str
    city: str
    indicator: str
    unit: str
    baseline: float
    baseline_year: int
    committed_at: datetime
    measurements: list[MeasurementView]
    due: int | None
    version: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        measurements = [{**one, "change": change(row.baseline, one["value"])} for one in row.measurements]
        return cls.model_validate({**row._mapping, "measurements": measurements})  # noqa: SLF001 - SQLAlchemy's public name
