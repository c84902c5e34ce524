"""Where a city's organisations are: coordinates as people copy them from maps, and a plan of a city's own."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from vzaimo.portal.house.shapes import Organisation

WIDTH, HEIGHT, MARGIN = 640, 320, 40
_KM_OF_A_DEGREE = 111.2
_NUMBER = r"[-+−]?\d{1,3}(?:[.,]\d+)?"
_PAIR = re.compile(rf"\s*({_NUMBER})\s*(?:[;,\s]\s*)({_NUMBER})\s*")
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
"""Kilometres that a scale may show."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A place on the plan; ``no`` stands beside its name in the list."""

    no: int
    place: Organisation
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Places as they lie to one another, north above; the scale is ``length`` long and means ``km``."""

    pins: list[Pin]
    km: float
    length: float


def coordinates(text: str) -> tuple[float | None, float | None] | None:
    """Latitude and longitude out of ``55.7558, 37.6173``; a pair of nothing from nothing, none from anything else."""
    if not text.strip():
        return None, None
    found = _PAIR.fullmatch(text)
    if found is None:
        return None
    latitude, longitude = (float(one.replace(",", ".").replace("−", "-")) for one in found.groups())
    return latitude, longitude


def written(latitude: float | None, longitude: float | None) -> str:
    """Coordinates as they stand in a form."""
    return "" if latitude is None or longitude is None else f"{latitude:g}, {longitude:g}"


def plan(places: Sequence[Organisation]) -> Plan | None:
    """Those that have coordinates; nothing where none has."""
    found = [
        (no, one, one.longitude, one.latitude)
        for no, one in enumerate(places, 1)
        if one.latitude is not None and one.longitude is not None
    ]
    if not found:
        return None
    middle = math.cos(math.radians(sum(latitude for *_, latitude in found) / len(found)))
    spots = [
        (no, one, longitude * _KM_OF_A_DEGREE * middle, -latitude * _KM_OF_A_DEGREE)
        for no, one, longitude, latitude in found
    ]
    xs, ys = [x for *_, x, _ in spots], [y for *_, y in spots]
    scale = min((WIDTH - 2 * MARGIN) / max(max(xs) - min(xs), 1.0), (HEIGHT - 2 * MARGIN) / max(max(ys) - min(ys), 1.0))
    left = WIDTH / 2 - (max(xs) + min(xs)) / 2 * scale
    top = HEIGHT / 2 - (max(ys) + min(ys)) / 2 * scale
    pins = [Pin(no, one, round(left + x * scale, 1), round(top + y * scale, 1)) for no, one, x, y in spots]
    km = max((one for one in _STEPS if one * scale <= WIDTH / 4), default=_STEPS[0])
    return Plan(pins, km, round(km * scale, 1))
