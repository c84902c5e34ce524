"""Practices and what they are measured by."""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from vzaimo.contracts.event import NOBODY, Audience, Fact, Slug, State


class PracticeStatus(StrEnum):
    """Where a practice stands on its way to publication."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Indicator(State):
    """What shows that a practice works. A missing ``baseline_year`` has a reason, kept in registry."""

    name: str
    """What is measured, in Russian."""
    unit: str
    """In which it is measured: ``%``."""
    baseline: float
    """The value before."""
    baseline_year: int | None = None
    """The year of the value before."""
    result: float
    """The value reached."""
    result_year: int
    """The year of the value reached."""
    evidence: str | None = None
    """A link to where this can be checked."""


class Practice(State):
    """What a city does well. Texts beyond the title stay in registry."""

    id: UUID
    """Never changes."""
    city: Slug
    """Whose practice it is."""
    title: str
    """In Russian."""
    topics: tuple[Slug, ...]
    """Their slugs."""
    audience: tuple[Slug, ...]
    """Whom it is for: roles."""
    indicators: tuple[Indicator, ...]
    """What shows that it works."""
    status: PracticeStatus
    """Where it stands."""
    published_at: AwareDatetime | None = None
    """When it was first published."""
    review_round: Annotated[int, Field(ge=0)] = 0
    """How often it was submitted for review."""
    confirmed_at: AwareDatetime | None = None
    """When its city last said that it is current; the publication counts."""
    stale_since: AwareDatetime | None = None
    """Twelve months after that; none again once the city confirms it."""


class PracticeFact(Fact):
    """Something happened to a practice."""

    service: ClassVar[str] = "registry"
    aggregate: ClassVar[str] = "practice"

    practice: Practice
    """The practice after the change."""

    @property
    def key(self) -> str:
        """The practice's id."""
        return str(self.practice.id)

    @property
    def parties(self) -> tuple[str, str]:
        """The city whose practice it is."""
        return self.practice.city, NOBODY


class PracticeSubmitted(PracticeFact):
    """A city asks the moderator to review a practice."""

    audience: ClassVar[Audience] = Audience.INTERNAL


class PracticeReturned(PracticeFact):
    """The moderator gave a practice back with a remark (which stays in registry)."""

    audience: ClassVar[Audience] = Audience.PARTY


class PracticeAnnounced(PracticeFact):
    """A practice was published."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class PracticeUpdated(PracticeFact):
    """A published practice changed."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class PracticeArchived(PracticeFact):
    """A practice is no longer offered; who did it stays known."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class PracticeStale(PracticeFact):
    """A practice was not confirmed as current for twelve months."""

    audience: ClassVar[Audience] = Audience.PARTY
