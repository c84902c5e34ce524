"""From an application to an active city."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo, available_timezones

from vzaimo.contracts.registry import Agreement, City, CityStatus
from vzaimo.registry.domain.refusals import (
    AgreementDatesWrong,
    AgreementMissing,
    UnknownTimezone,
    WrongCityStatus,
)

_ZONES = frozenset(available_timezones())
APPLICANT = (CityStatus.APPLIED, CityStatus.AGREEMENT_PENDING)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a city says of itself. Coordinates are WGS 84 degrees."""

    name: str
    region: str
    timezone: str
    region_iso: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    authority: str | None = None


def apply(city: str, profile: Profile) -> City:
    """A city asks to take part. Raises ``UnknownTimezone``."""
    _check_zone(profile.timezone)
    return City(id=city, status=CityStatus.APPLIED, **_fields(profile))


def describe(city: City, profile: Profile) -> City:
    """A city, not a withdrawn one, says something else of itself."""
    if city.status is CityStatus.WITHDRAWN:
        raise WrongCityStatus(city.id, city.status, tuple(s for s in CityStatus if s is not CityStatus.WITHDRAWN))
    _check_zone(profile.timezone)
    return city.model_copy(update=_fields(profile))


def admit(city: City) -> City:
    """The moderator says yes; the agreement is awaited."""
    _need(city, CityStatus.APPLIED)
    return city.model_copy(update={"status": CityStatus.AGREEMENT_PENDING})


def decline(city: City) -> City:
    """The moderator says no to an applicant. Its slug stays taken."""
    _need(city, *APPLICANT)
    return city.model_copy(update={"status": CityStatus.WITHDRAWN})


def sign(city: City, agreement: Agreement, now: datetime) -> City:
    """The agreement is signed, the first or a new one. Days are the city's own.

    Raises ``AgreementDatesWrong`` when it is signed in the future or lapsed already.
    """
    _need(city, CityStatus.AGREEMENT_PENDING, CityStatus.ACTIVE, CityStatus.SUSPENDED)
    today = _today(city, now)
    lapses = agreement.valid_until
    if agreement.signed_on > today or (lapses is not None and (lapses <= agreement.signed_on or lapses < today)):
        raise AgreementDatesWrong(agreement.signed_on, lapses)
    return city.model_copy(update={"agreement": agreement})


def activate(city: City, now: datetime) -> City:
    """The city takes part. Raises ``AgreementMissing`` without a valid agreement."""
    _need(city, CityStatus.AGREEMENT_PENDING)
    if city.agreement is None or _lapsed(city, now):
        raise AgreementMissing(city.id)
    return city.model_copy(update={"status": CityStatus.ACTIVE})


def _lapsed(city: City, now: datetime) -> bool:
    lapses = city.agreement.valid_until if city.agreement else None
    return lapses is not None and lapses < _today(city, now)


def _today(city: City, now: datetime) -> date:
    return now.astimezone(ZoneInfo(city.timezone)).date()


def _need(city: City, *statuses: CityStatus) -> None:
    if city.status not in statuses:
        raise WrongCityStatus(city.id, city.status, statuses)


def _check_zone(name: str) -> None:
    if name not in _ZONES:
        raise UnknownTimezone(name)


def _fields(profile: Profile) -> dict[str, object]:
    return {
        "name": profile.name,
        "region": profile.region,
        "region_iso": profile.region_iso,
        "timezone": profile.timezone,
        "latitude": profile.latitude,
        "longitude": profile.longitude,
        "authority": profile.authority,
    }
