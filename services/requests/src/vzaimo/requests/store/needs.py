"""Learning needs as rows. The words that a city wrote are in ``need`` alone, never on the bus."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, String, Text
from sqlmodel import Field

from vzaimo.contracts.requests import Need
from vzaimo.kit.tables import json_column, table_of
from vzaimo.requests.store.model import Model
from vzaimo.requests.store.slugs import packed


class NeedRow(Model, table=True):
    """A learning need: its public state, what lists and effects go by, and the city's words."""

    __tablename__ = "need"
    __table_args__ = (
        Index("ix_need_topic", "topic", "status"),
        Index("ix_need_city", "city", "id"),
    )

    id: UUID = Field(primary_key=True)
    city: str
    topic: str
    mode: str = Field(sa_column=Column(String(16), nullable=False))
    status: str = Field(sa_column=Column(String(16), nullable=False))
    backed_by: str = Field(sa_column=Column(Text, nullable=False))
    """The cities that back it (``store.slugs``)."""
    backers: int
    people: int
    state: dict[str, Any] = Field(sa_column=json_column())
    words: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    posted_at: datetime
    version: int


NEED = table_of(NeedRow)


def need_of(row: Any) -> Need:
    """A need from its row."""
    return Need.model_validate(row.state)


def need_columns(need: Need) -> dict[str, Any]:
    """A need as columns, without its words and what never changes after its making."""
    return {
        "status": need.status.value,
        "backed_by": packed(one.city for one in need.backers),
        "backers": len(need.backers),
        "people": need.heads + sum(one.heads for one in need.backers),
        "state": need.model_dump(mode="json"),
    }


def need_keys(need: Need) -> dict[str, Any]:
    """What never changes after its making."""
    return {
        "id": need.id,
        "city": need.city,
        "topic": need.topic,
        "mode": need.mode.value,
        "posted_at": need.posted_at,
    }
