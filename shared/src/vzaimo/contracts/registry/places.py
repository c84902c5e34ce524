"""Topics, and organisations with their places."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from vzaimo.contracts.event import NOBODY, Audience, Fact, Slug, State


class Topic(State):
    """A theme of the programme; its id is a slug."""

    id: Slug
    """A slug that never changes."""
    name: str
    """In Russian."""
    name_en: str | None = None
    """In English, if there is one."""
    retired: bool = False
    """Whether it is no longer offered; it may come back."""


class TopicFact(Fact):
    """Something happened to a topic."""

    service: ClassVar[str] = "registry"
    aggregate: ClassVar[str] = "topic"

    topic: Topic
    """The topic after the change."""

    @property
    def key(self) -> str:
        """The topic's slug."""
        return self.topic.id


class TopicChanged(TopicFact):
    """A topic was added, renamed or retired."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class OrganisationKind(StrEnum):
    """What an organisation is."""

    SCHOOL = "school"
    COMPLEX = "complex"
    SCIENCE = "science"
    CULTURE = "culture"
    BUSINESS = "business"


class Organisation(State):
    """Where events take place. Coordinates are WGS 84 degrees."""

    id: UUID
    """Never changes."""
    city: Slug
    """Where it is."""
    name: str
    """In Russian."""
    kind: OrganisationKind
    """What it is."""
    address: str | None = None
    """In Russian, as on a letter."""
    latitude: float | None = None
    """WGS 84 degrees."""
    longitude: float | None = None
    """WGS 84 degrees."""


class OrganisationFact(Fact):
    """Something happened to an organisation."""

    service: ClassVar[str] = "registry"
    aggregate: ClassVar[str] = "organisation"

    organisation: Organisation
    """The organisation after the change."""

    @property
    def key(self) -> str:
        """The organisation's id."""
        return str(self.organisation.id)

    @property
    def parties(self) -> tuple[str, str]:
        """Its city."""
        return self.organisation.city, NOBODY


class OrganisationRegistered(OrganisationFact):
    """A city named an organisation."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class OrganisationUpdated(OrganisationFact):
    """An organisation's data changed."""

    audience: ClassVar[Audience] = Audience.PUBLIC
