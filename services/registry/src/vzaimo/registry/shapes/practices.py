"""Practices."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field, StringConstraints

from vzaimo.contracts.calendar import AudienceRole
from vzaimo.contracts.event import Slug
from vzaimo.contracts.registry import Indicator, PracticeStatus
from vzaimo.kit.http import Body, Number
from vzaimo.registry.shapes.fields import Line, Prose, Year


class IndicatorBody(Body):
    """An indicator; without ``baseline_year`` it needs ``baseline_reason``."""

    name: Line
    unit: Line
    baseline: Number
    baseline_year: Year | None = None
    baseline_reason: Line | None = None
    result: Number
    result_year: Year
    evidence: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=500)] | None = None


class PracticeBody(Body):
    """A practice as its city describes it."""

    city: Slug
    title: Line
    topics: Annotated[tuple[Slug, ...], Field(max_length=20)] = ()
    audience: Annotated[tuple[AudienceRole, ...], Field(max_length=5)] = ()
    indicators: Annotated[tuple[IndicatorBody, ...], Field(max_length=30)] = ()
    summary: Prose = ""
    does_not_apply: Prose = ""


class Remark(Body):
    """Why a practice is given back."""

    remark: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


@dataclass(frozen=True, slots=True)
class PracticeFilter:
    """Which practices to list: the parameters of the query."""

    status: Annotated[list[PracticeStatus] | None, Query(max_length=len(PracticeStatus))] = None
    """Published ones, where nothing is said."""
    city: Slug | None = None
    topic: Slug | None = None
    text: Annotated[str | None, Query(max_length=300)] = None
    """Words, in any form, of title, summary, indicators and the city's name; the last one may be unfinished."""


class IndicatorView(Indicator):
    """An indicator with the reason for a missing baseline year."""

    baseline_reason: str | None = None


class PracticeView(BaseModel):
    """A practice. ``remark`` is for its city and the moderator; ``stale_since``: twelve months went unconfirmed."""

    id: UUID
    city: str
    title: str
    topics: list[str]
    audience: list[str]
    indicators: list[IndicatorView]
    status: PracticeStatus
    published_at: datetime | None
    review_round: int
    confirmed_at: datetime | None
    stale_since: datetime | None
    summary: str
    does_not_apply: str
    remark: str | None = None
    version: int

    @classmethod
    def of(cls, row: Any, *, own: bool) -> Self:
        """From its row."""
        reasons = [*row.baseline_reasons, *[None] * len(row.indicators)]
        indicators = [
            IndicatorView(**indicator, baseline_reason=reason)
            for indicator, reason in zip(row.indicators, reasons, strict=False)
        ]
        fields = {**row._mapping, "indicators": indicators}  # noqa: SLF001 - SQLAlchemy's public name
        return cls.model_validate(fields if own else {**fields, "remark": None})
