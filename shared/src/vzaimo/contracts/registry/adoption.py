"""Adoptions of practices, and what they gave."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from vzaimo.contracts.event import Audience, Fact, Slug, State


class Measurement(State):
    """What an adoption gave: the practice's indicator, measured again some months after the start."""

    after_months: Literal[6, 12]
    """So long after the start."""
    value: float
    """In the adoption's unit."""
    measured_on: date
    """The day of the measurement."""


class Adoption(State):
    """A city puts another city's practice to use. ``city`` adopts, ``source`` is the practice's city.

    ``indicator`` and ``unit`` are the practice's own; ``baseline`` is the adopting city's value before it began.
    """

    id: UUID
    """Never changes."""
    practice: UUID
    """What is put to use."""
    source: Slug
    """The city whose practice it is."""
    city: Slug
    """The city that adopts."""
    indicator: str
    """The name of the practice's indicator that is measured."""
    unit: str
    """In which it is measured."""
    baseline: float
    """The adopting city's value before."""
    baseline_year: int
    """The year of that value."""
    committed_at: AwareDatetime
    """When the city committed itself."""
    measurements: tuple[Measurement, ...] = ()
    """What was reported so far."""
    due: Literal[6, 12] | None = None
    """The measurement that the city owes now."""


class AdoptionFact(Fact):
    """Something happened to an adoption."""

    service: ClassVar[str] = "registry"
    aggregate: ClassVar[str] = "adoption"

    adoption: Adoption
    """The adoption after the change."""

    @property
    def key(self) -> str:
        """The adoption's id."""
        return str(self.adoption.id)

    @property
    def parties(self) -> tuple[str, str]:
        """The city that adopts and the city whose practice it is."""
        return self.adoption.city, self.adoption.source


class PracticeAdopted(AdoptionFact):
    """A city committed to another city's practice."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class AdoptionMeasured(AdoptionFact):
    """A city reported what an adoption gave."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class MeasurementDue(AdoptionFact):
    """A city is to report what an adoption gave."""

    audience: ClassVar[Audience] = Audience.PARTY


class MeasurementWaived(AdoptionFact):
    """A city that owed a report has left: it is asked no longer."""

    audience: ClassVar[Audience] = Audience.PARTY
