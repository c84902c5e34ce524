"""The map: an outline of the land without borders, cities on it, and lines from who teaches to who learns.

Albers' equal-area conic projection, with the parallels that atlases use for Russia. ``python -m
vzaimo.portal.house.maps land-110m.json`` draws the outline anew from Natural Earth's data (npm: world-atlas).
"""

import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from vzaimo.portal.house.shapes import City

Point = tuple[float, float]
WIDTH, HEIGHT = 960, 560
_SCALE = 770.0
_CENTRE = math.radians(97)
_NORTH, _SOUTH = math.radians(64), math.radians(52)
_N = (math.sin(_NORTH) + math.sin(_SOUTH)) / 2
_C = math.cos(_SOUTH) ** 2 + 2 * _N * math.sin(_SOUTH)
_SHIFT = 70.0
_WEST, _EAST, _LOW, _HIGH = 10.0, 200.0, 38.0, 82.0
"""Degrees between which land is drawn."""
_ATLANTIC = -30.0
"""What lies west of it is drawn in the east: Chukotka reaches beyond 180°."""
_STEP = 2.0
"""Degrees after which an edge gets a corner, so that it follows the projection."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A city on the map."""

    city: City
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Arc:
    """From a city to one that learns from it."""

    source: City
    city: City
    path: str


def project(longitude: float, latitude: float) -> Point:
    """Degrees to places on the drawing."""
    turned = longitude + 360 if longitude < _ATLANTIC else longitude
    angle = _N * (math.radians(turned) - _CENTRE)
    radius = math.sqrt(_C - 2 * _N * math.sin(math.radians(latitude))) / _N * _SCALE
    return WIDTH / 2 + radius * math.sin(angle), radius * math.cos(angle) - _SHIFT


def points(cities: Iterable[City]) -> list[Spot]:
    """Where cities are; those without coordinates are left out."""
    found = []
    for city in cities:
        if city.latitude is not None and city.longitude is not None:
            x, y = project(city.longitude, city.latitude)
            found.append(Spot(city, round(x, 1), round(y, 1)))
    return found


def arcs(pairs: Iterable[tuple[City | None, City | None]]) -> list[Arc]:
    """Bent lines from source to learner."""
    found = []
    for source, city in pairs:
        ends = points(one for one in (source, city) if one is not None)
        if len(ends) == 2 and source is not None and city is not None:  # noqa: PLR2004 - both ends
            one, other = ends
            lift = math.hypot(other.x - one.x, other.y - one.y) * 0.22
            middle = f"{(one.x + other.x) / 2:.1f} {(one.y + other.y) / 2 - lift:.1f}"
            found.append(Arc(source, city, f"M{one.x} {one.y}Q{middle} {other.x} {other.y}"))
    return found


@cache
def outline() -> str:
    """The land, as the path of an SVG."""
    return (files("vzaimo.portal") / "assets" / "land.txt").read_text(encoding="utf-8").strip()


def _rings(atlas: dict[str, object]) -> Iterator[list[Point]]:
    """The rings of a TopoJSON's land, in degrees."""
    scale, translate = atlas["transform"]["scale"], atlas["transform"]["translate"]  # type: ignore[index] # the form is TopoJSON's
    arcs_of: list[list[Point]] = []
    for arc in atlas["arcs"]:  # type: ignore[attr-defined] # the form is TopoJSON's
        x = y = 0
        line = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            line.append((x * scale[0] + translate[0], y * scale[1] + translate[1]))
        arcs_of.append(line)
    for geometry in atlas["objects"]["land"]["geometries"]:  # type: ignore[index] # the form is TopoJSON's
        for polygon in geometry["arcs"]:
            for ring in polygon:
                yield [point for no in ring for point in (arcs_of[no] if no >= 0 else arcs_of[~no][::-1])]


def _unwound(ring: Sequence[Point]) -> list[Point]:
    """The ring without its jumps at 180°, in the east where all of it lies west of the Atlantic."""
    found = [ring[0]]
    for x, y in ring[1:]:
        found.append((x + 360 * round((found[-1][0] - x) / 360), y))
    beyond = max(x for x, _ in found) < _ATLANTIC
    return [(x + 360, y) for x, y in found] if beyond else found


def _cut(ring: Sequence[Point]) -> list[Point]:
    """What of a ring lies in the window (Sutherland and Hodgman)."""
    found = _unwound(ring)
    for axis, bound, sign in ((0, _WEST, 1), (0, _EAST, -1), (1, _LOW, 1), (1, _HIGH, -1)):
        kept: list[Point] = []
        for one, other in zip(found, found[1:] + found[:1], strict=True):
            inside, then = (one[axis] - bound) * sign >= 0, (other[axis] - bound) * sign >= 0
            if inside:
                kept.append(one)
            if inside != then:
                part = (bound - one[axis]) / (other[axis] - one[axis])
                kept.append((one[0] + part * (other[0] - one[0]), one[1] + part * (other[1] - one[1])))
        found = kept
    return found


def _drawn(ring: Sequence[Point]) -> str:
    corners: list[str] = []
    for one, other in zip(ring, [*ring[1:], ring[0]], strict=True):
        steps = max(1, math.ceil(max(abs(other[0] - one[0]), abs(other[1] - one[1])) / _STEP))
        for step in range(steps):
            x, y = project(one[0] + (other[0] - one[0]) * step / steps, one[1] + (other[1] - one[1]) * step / steps)
            corner = f"{x:.0f} {y:.0f}"
            if not corners or corners[-1] != corner:
                corners.append(corner)
    return f"M{'L'.join(corners)}Z"


def main() -> None:
    """Draw the outline from a file of npm's world-atlas."""
    atlas = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    cut = [found for ring in _rings(atlas) if len(found := _cut(ring)) > 3]  # noqa: PLR2004 - a ring has more
    sys.stdout.write("".join(_drawn(ring) for ring in cut) + "\n")


if __name__ == "__main__":
    main()
