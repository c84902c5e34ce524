"""Cities."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from vzaimo.contracts.event import Slug
from vzaimo.contracts.registry import Agreement, CityStatus
from vzaimo.kit.http import Body
from vzaimo.kit.http.moments import Day
from vzaimo.registry.shapes.fields import Kept, Latitude, Line, Locale, Longitude, Phone, RegionCode


class Profile(Body):
    """What a city says of itself. ``timezone`` is an IANA name, ``region_iso`` a code of ISO 3166-2."""

    name: Line
    region: Line
    region_iso: RegionCode | None = None
    timezone: Line
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    authority: Line | None = None


class ContactBody(Body):
    """How the applicant is reached; the e-mail comes from the token."""

    name: Line
    phone: Phone | None = None
    locale: Locale = "ru"


class Application(Profile):
    """A city's application."""

    id: Slug
    contact: ContactBody


class ProfileChange(Body):
    """The fields to change; the others stay."""

    name: Kept[Line] = None
    region: Kept[Line] = None
    region_iso: RegionCode | None = None
    timezone: Kept[Line] = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    authority: Line | None = None


class AgreementBody(Body):
    """A signed agreement; days are the city's own."""

    number: Line
    signed_on: Day
    valid_until: Day | None = None


class Suspension(Body):
    """Why a city waits, as a slug."""

    reason: Slug


class CityView(BaseModel):
    """A city."""

    id: str
    name: str
    region: str
    region_iso: str | None
    timezone: str
    latitude: float | None
    longitude: float | None
    authority: str | None
    status: CityStatus
    suspended_for: str | None
    agreement: Agreement | None
    lapse_warned_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        agreement = None
        if row.agreement_number is not None:
            agreement = Agreement(
                number=row.agreement_number, signed_on=row.agreement_signed_on, valid_until=row.agreement_valid_until
            )
        return cls.model_validate({**row._mapping, "agreement": agreement})  # noqa: SLF001 - SQLAlchemy's public name
