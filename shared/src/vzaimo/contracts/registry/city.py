"""Cities and their agreements."""

from datetime import date
from enum import StrEnum
from typing import ClassVar

from pydantic import AwareDatetime

from vzaimo.contracts.event import NOBODY, Audience, Fact, Slug, State


class CityStatus(StrEnum):
    """Where a city stands in the programme. ``withdrawn`` is final."""

    APPLIED = "applied"
    AGREEMENT_PENDING = "agreement_pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"


class Agreement(State):
    """The document by which a city takes part. Without ``valid_until`` it does not lapse."""

    number: str
    """As it stands on the document."""
    signed_on: date
    """The day of the signature."""
    valid_until: date | None = None
    """The last day on which it holds; none: it does not lapse."""


class City(State):
    """A member education authority. ``timezone`` is an IANA name, coordinates are WGS 84 degrees."""

    id: Slug
    """A slug that never changes; names the city in subjects and in all other facts."""
    name: str
    """In Russian."""
    region: str
    """The subject of the Federation, in Russian."""
    region_iso: str | None = None
    """The region by ISO 3166-2: ``RU-UD``."""
    timezone: str
    """An IANA name."""
    latitude: float | None = None
    """WGS 84 degrees."""
    longitude: float | None = None
    """WGS 84 degrees."""
    authority: str | None = None
    """The education authority that takes part for the city."""
    status: CityStatus
    """Where the city stands in the programme."""
    suspended_for: Slug | None = None
    """Why the city is suspended: ``agreement-lapsed`` ends by a new agreement, any other reason by the moderator."""
    agreement: Agreement | None = None
    """The one in force, or the last."""
    lapse_warned_at: AwareDatetime | None = None
    """When the city was told that its agreement is about to lapse; none again with a new agreement."""


class CityFact(Fact):
    """Something happened to a city."""

    service: ClassVar[str] = "registry"
    aggregate: ClassVar[str] = "city"

    city: City
    """The city after the change."""

    @property
    def key(self) -> str:
        """The city's slug."""
        return self.city.id

    @property
    def parties(self) -> tuple[str, str]:
        """The city itself."""
        return self.city.id, NOBODY


class CityApplied(CityFact):
    """A city asked to take part."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class CityUpdated(CityFact):
    """A city's profile changed, or it was admitted and its agreement is awaited."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class AgreementSigned(CityFact):
    """A city's agreement was signed, the first or a new one."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class CityActivated(CityFact):
    """A city takes part from now on."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class AgreementLapsing(CityFact):
    """A city's agreement lapses within 30 days."""

    audience: ClassVar[Audience] = Audience.PARTY


class CitySuspended(CityFact):
    """A city takes part no longer for a while: what it has begun goes on, nothing new begins."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class CityReinstated(CityFact):
    """A suspended city takes part again."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class CityWithdrawn(CityFact):
    """A city takes part no longer, or its application was declined."""

    audience: ClassVar[Audience] = Audience.PUBLIC
