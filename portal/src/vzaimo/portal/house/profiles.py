"""What a city says of itself, as it stands in a form."""

from typing import Any

from starlette.datastructures import FormData

from vzaimo.contracts.registry import CityStatus
from vzaimo.portal.house import places
from vzaimo.portal.house.shapes import City

FIELDS = ("name", "region", "region_iso", "timezone", "authority")
_MAY_BE_NONE = ("region_iso", "authority")
PATH = ("apply", "review", "agreement", "part")
"""A city's way into the programme."""
_STANDS: dict[CityStatus, int] = {
    CityStatus.APPLIED: 1,
    CityStatus.AGREEMENT_PENDING: 2,
    CityStatus.ACTIVE: 4,
    CityStatus.SUSPENDED: 4,
}


def values_of(city: City) -> dict[str, str]:
    """A city as the fields of the form."""
    shown = {name: getattr(city, name) or "" for name in FIELDS}
    return {**shown, "coordinates": places.written(city.latitude, city.longitude)}


def typed(form: FormData) -> dict[str, str]:
    """The fields as they were sent."""
    return {name: str(form.get(name, "")).strip() for name in (*FIELDS, "coordinates")}


def body(shown: dict[str, str]) -> dict[str, Any] | None:
    """The fields as registry wants them; none where the coordinates cannot be read."""
    pair = places.coordinates(shown["coordinates"])
    if pair is None:
        return None
    made: dict[str, Any] = {name: shown[name] or (None if name in _MAY_BE_NONE else "") for name in FIELDS}
    return {**made, "latitude": pair[0], "longitude": pair[1]}


def stands(city: City | None) -> int:
    """Which step of its way a city is at; 4 when it has arrived."""
    return 0 if city is None else _STANDS.get(city.status, 0)
