"""A city's life in the programme: from an application to taking part, away for a while, and out of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import available_timezones

from vzaimo.contracts.registry import Agreement, City, CityStatus
from vzaimo.registry.domain.days import begins, today
from vzaimo.registry.domain.refusals import (
    AgreementDatesWrong,
    AgreementMissing,
    ReservedReason,
    UnknownTimezone,
    WrongCityStatus,
)

_ZONES = frozenset(available_timezones())
APPLICANT = (CityStatus.APPLIED, CityStatus.AGREEMENT_PENDING)
MEMBERS = (CityStatus.ACTIVE, CityStatus.SUSPENDED)
"""Whoever is suspended still answers for what it has begun."""
PRESENT = tuple(status for status in CityStatus if status is not CityStatus.WITHDRAWN)
LAPSED = "agreement-lapsed"
"""The one reason that ends by a new agreement."""
WARNED_BEFORE = timedelta(days=30)


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
    _need(city, *PRESENT)
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
    day = today(city.timezone, now)
    lapses = agreement.valid_until
    if agreement.signed_on > day or (lapses is not None and (lapses <= agreement.signed_on or lapses < day)):
        raise AgreementDatesWrong(agreement.signed_on, lapses)
    return city.model_copy(update={"agreement": agreement, "lapse_warned_at": None})


def activate(city: City, now: datetime) -> City:
    """The city takes part. Raises ``AgreementMissing`` without an agreement in force."""
    _need(city, CityStatus.AGREEMENT_PENDING)
    return _taking_part(city, now)


def suspend(city: City, reason: str) -> City:
    """The moderator lets the city wait. It may also be told of a city that waits for an agreement only.

    Raises ``ReservedReason`` for the reason that ends by itself.
    """
    if reason == LAPSED:
        raise ReservedReason(reason)
    if city.suspended_for != LAPSED:
        _need(city, CityStatus.ACTIVE)
    return city.model_copy(update={"status": CityStatus.SUSPENDED, "suspended_for": reason})


def reinstate(city: City, now: datetime) -> City:
    """The city takes part again. Raises ``AgreementMissing`` when its agreement has lapsed meanwhile."""
    _need(city, CityStatus.SUSPENDED)
    return _taking_part(city, now)


def withdraw(city: City) -> City:
    """The city takes part no longer, for good."""
    _need(city, *PRESENT)
    return city.model_copy(update={"status": CityStatus.WITHDRAWN, "suspended_for": None})


def waits_for_agreement(city: City) -> bool:
    """Whether a new agreement by itself brings the city back."""
    return city.suspended_for == LAPSED


def warns_at(city: City) -> datetime | None:
    """When the city is told that its agreement lapses: 30 days before, or at once where fewer are left."""
    lapses = _last_day(city)
    if lapses is None or city.lapse_warned_at is not None or waits_for_agreement(city):
        return None
    return begins(lapses - WARNED_BEFORE, city.timezone)


def lapses_at(city: City) -> datetime | None:
    """When an active city is suspended: as the day after its agreement's last one begins."""
    lapses = _last_day(city)
    if lapses is None or city.status is not CityStatus.ACTIVE:
        return None
    return begins(lapses + timedelta(days=1), city.timezone)


def warn(city: City, now: datetime) -> City | None:
    """Tell the city that its agreement lapses. Late is better than not, but not after it has lapsed."""
    at = warns_at(city)
    if at is None or now < at or not _in_force(city, now):
        return None
    return city.model_copy(update={"lapse_warned_at": now})


def lapse(city: City, now: datetime) -> City | None:
    """The agreement's last day is over. That is a fact of the document: an outage of ours gives no grace."""
    at = lapses_at(city)
    if at is None or now < at:
        return None
    return city.model_copy(update={"status": CityStatus.SUSPENDED, "suspended_for": LAPSED})


def _taking_part(city: City, now: datetime) -> City:
    if not _in_force(city, now):
        raise AgreementMissing(city.id)
    return city.model_copy(update={"status": CityStatus.ACTIVE, "suspended_for": None})


def _in_force(city: City, now: datetime) -> bool:
    if city.agreement is None:
        return False
    lapses = city.agreement.valid_until
    return lapses is None or today(city.timezone, now) <= lapses


def _last_day(city: City) -> date | None:
    if city.agreement is None or city.status not in MEMBERS:
        return None
    return city.agreement.valid_until


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
