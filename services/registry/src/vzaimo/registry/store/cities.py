"""Cities and their agreements."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Index, String
from sqlmodel import Field

from vzaimo.contracts.registry import Agreement, City, CityStatus
from vzaimo.kit.tables import table_of
from vzaimo.registry.store.model import Model


class CityRow(Model, table=True):
    """A city, and who applied for it."""

    __tablename__ = "city"
    __table_args__ = (Index("ix_city_status", "status", "id"),)

    id: str = Field(primary_key=True, max_length=64)
    name: str
    region: str
    region_iso: str | None = None
    timezone: str
    latitude: float | None = None
    longitude: float | None = None
    authority: str | None = None
    status: str = Field(sa_column=Column(String(24), nullable=False))
    suspended_for: str | None = None
    agreement_number: str | None = None
    agreement_signed_on: date | None = None
    agreement_valid_until: date | None = None
    lapse_warned_at: datetime | None = None
    applicant: str | None = Field(default=None, max_length=32)
    created_at: datetime
    version: int


CITY = table_of(CityRow)


def city_of(row: Any) -> City:
    """A city from its row."""
    agreement = None
    if row.agreement_number is not None:
        agreement = Agreement(
            number=row.agreement_number, signed_on=row.agreement_signed_on, valid_until=row.agreement_valid_until
        )
    return City(
        id=row.id,
        name=row.name,
        region=row.region,
        region_iso=row.region_iso,
        timezone=row.timezone,
        latitude=row.latitude,
        longitude=row.longitude,
        authority=row.authority,
        status=CityStatus(row.status),
        suspended_for=row.suspended_for,
        agreement=agreement,
        lapse_warned_at=row.lapse_warned_at,
    )


def city_columns(city: City) -> dict[str, Any]:
    """A city as columns."""
    agreement = city.agreement
    return {
        **city.model_dump(exclude={"agreement", "status"}),
        "status": city.status.value,
        "agreement_number": agreement.number if agreement else None,
        "agreement_signed_on": agreement.signed_on if agreement else None,
        "agreement_valid_until": agreement.valid_until if agreement else None,
    }
