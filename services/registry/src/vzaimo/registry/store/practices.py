"""Practices, their texts, and the topics that they are on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Text
from sqlmodel import Field

from vzaimo.contracts.registry import Indicator, Practice, PracticeStatus
from vzaimo.kit.tables import json_column, serial_column, table_of
from vzaimo.registry.domain.practices import PracticeState
from vzaimo.registry.store.model import Model


class PracticeRow(Model, table=True):
    """What a city does well, texts included."""

    __tablename__ = "practice"
    __table_args__ = (Index("ix_practice_city", "city", "id"), Index("ix_practice_status", "status", "id"))

    id: UUID = Field(primary_key=True)
    city: str
    title: str
    topics: list[str] = Field(sa_column=json_column())
    audience: list[str] = Field(sa_column=json_column())
    indicators: list[dict[str, Any]] = Field(sa_column=json_column())
    status: str
    published_at: datetime | None = None
    review_round: int = 0
    confirmed_at: datetime | None = None
    stale_since: datetime | None = None
    summary: str = Field(default="", sa_column=Column(Text, nullable=False))
    does_not_apply: str = Field(default="", sa_column=Column(Text, nullable=False))
    baseline_reasons: list[str | None] = Field(default_factory=list, sa_column=json_column())
    remark: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    version: int


class PracticeTopicRow(Model, table=True):
    """Which practices are on a topic: the list by topic reads this, by key."""

    __tablename__ = "practice_topic"

    topic: str = Field(primary_key=True, max_length=64)
    practice: UUID = Field(primary_key=True)


class PracticeTextRow(Model, table=True):
    """The words of a practice, and of its city's name, as they are searched for (``kit.search``)."""

    __tablename__ = "practice_text"
    __table_args__ = (Index("ix_practice_text_city", "city"),)

    id: int | None = Field(default=None, sa_column=serial_column())
    practice: UUID = Field(unique=True)
    city: str
    words: str = Field(sa_column=Column(Text, nullable=False))
    city_words: str = Field(sa_column=Column(Text, nullable=False))


PRACTICE, PRACTICE_TOPIC, PRACTICE_TEXT = (
    table_of(PracticeRow),
    table_of(PracticeTopicRow),
    table_of(PracticeTextRow),
)
TEXTS = ("words", "city_words")
"""The columns of ``PRACTICE_TEXT`` that are searched."""


def practice_of(row: Any) -> PracticeState:
    """A practice from its row."""
    return PracticeState(
        public=Practice(
            id=row.id,
            city=row.city,
            title=row.title,
            topics=tuple(row.topics),
            audience=tuple(row.audience),
            indicators=tuple(Indicator(**indicator) for indicator in row.indicators),
            status=PracticeStatus(row.status),
            published_at=row.published_at,
            review_round=row.review_round,
            confirmed_at=row.confirmed_at,
            stale_since=row.stale_since,
        ),
        summary=row.summary,
        does_not_apply=row.does_not_apply,
        baseline_reasons=tuple(row.baseline_reasons),
        remark=row.remark,
    )


def practice_columns(state: PracticeState) -> dict[str, Any]:
    """A practice as columns."""
    public = state.public
    return {
        "id": public.id,
        "city": public.city,
        "title": public.title,
        "topics": list(public.topics),
        "audience": list(public.audience),
        "indicators": [indicator.model_dump() for indicator in public.indicators],
        "status": public.status.value,
        "published_at": public.published_at,
        "review_round": public.review_round,
        "confirmed_at": public.confirmed_at,
        "stale_since": public.stale_since,
        "summary": state.summary,
        "does_not_apply": state.does_not_apply,
        "baseline_reasons": list(state.baseline_reasons),
        "remark": state.remark,
    }
