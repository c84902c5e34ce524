"""Organisations and topics."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from vzaimo.contracts.registry import Organisation, Topic
from vzaimo.kit.tables import table_of
from vzaimo.registry.store.model import Model


class OrganisationRow(Model, table=True):
    """A place that a city names."""

    __tablename__ = "organisation"
    __table_args__ = (Index("ix_organisation_city", "city", "id"),)

    id: UUID = Field(primary_key=True)
    city: str
    name: str
    kind: str
    address: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    version: int


class TopicRow(Model, table=True):
    """A theme of the programme."""

    __tablename__ = "topic"

    id: str = Field(primary_key=True, max_length=64)
    name: str
    name_en: str | None = None
    retired: bool = False
    version: int


ORGANISATION, TOPIC = table_of(OrganisationRow), table_of(TopicRow)


def organisation_of(row: Any) -> Organisation:
    """An organisation from its row."""
    return Organisation.model_validate(row, from_attributes=True)


def topic_of(row: Any) -> Topic:
    """A topic from its row."""
    return Topic.model_validate(row, from_attributes=True)
