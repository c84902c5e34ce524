"""Organisations and topics."""

from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel

from vzaimo.contracts.event import Slug
from vzaimo.contracts.registry import OrganisationKind
from vzaimo.kit.http import Body, Flag
from vzaimo.registry.shapes.fields import Kept, Latitude, Line, Longitude


class OrganisationBody(Body):
    """A place."""

    city: Slug
    name: Line
    kind: OrganisationKind
    address: Line | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class OrganisationChange(Body):
    """The fields to change; the others stay."""

    name: Kept[Line] = None
    kind: Kept[OrganisationKind] = None
    address: Line | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class TopicBody(Body):
    """A topic's names."""

    name: Line
    name_en: Line | None = None
    retired: Flag = False


class OrganisationView(BaseModel):
    """A place."""

    id: UUID
    city: str
    name: str
    kind: OrganisationKind
    address: str | None
    latitude: float | None
    longitude: float | None
    version: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls.model_validate(row, from_attributes=True)


class TopicView(BaseModel):
    """A topic."""

    id: str
    name: str
    name_en: str | None
    retired: bool
    version: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls.model_validate(row, from_attributes=True)
