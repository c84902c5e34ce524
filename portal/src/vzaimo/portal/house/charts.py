"""Where the marks of drawings stand. Templates draw them as SVG; the numbers stand beside them as text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from vzaimo.portal.house.shapes import Adoption, Event, Seats

WIDTH = 100.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a bar, in hundredths of its length."""

    kind: str
    start: float
    width: float


def seat_bar(seats: Seats) -> list[Piece]:
    """Granted and held seats out of all; nothing where there is no limit."""
    if not seats.capacity:
        return []
    pieces, start = [], 0.0
    for kind, count in (("granted", seats.granted), ("held", seats.held)):
        width = round(min(count / seats.capacity * WIDTH, WIDTH - start), 2)
        if width > 0:
            pieces.append(Piece(kind, round(start, 2), width))
            start += width
    return pieces


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on a line of time, in hundredths of its length."""

    name: str
    at: datetime
    x: float
    past: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of time with its marks, and where now is on it."""

    marks: list[Mark]
    now: float
    next: str | None
    """The mark that comes next."""


LEAST_GAP = 4.0


def line_of_deadlines(event: Event, now: datetime) -> Line:
    """The deadlines of an event and its start. Marks that lie close together keep a distance."""
    moments = [(name, getattr(event.deadlines, name)) for name in type(event.deadlines).model_fields]
    moments.append(("starts_at", event.starts_at))
    first, last = moments[0][1], moments[-1][1]
    span: float = max((last - first).total_seconds(), 1.0)

    def place(at: datetime) -> float:
        part: float = (at - first).total_seconds() / span
        return min(max(part * WIDTH, 0.0), WIDTH)

    xs = _apart([place(at) for _, at in moments])
    marks = [Mark(name, at, round(x, 2), at <= now) for (name, at), x in zip(moments, xs, strict=True)]
    return Line(marks, round(_between(now, marks), 2), next((one.name for one in marks if not one.past), None))


def _apart(xs: Sequence[float]) -> list[float]:
    found = list(xs)
    for i in range(len(found) - 2, -1, -1):
        found[i] = min(found[i], found[i + 1] - LEAST_GAP)
    found[0] = max(found[0], 0.0)
    for i in range(1, len(found)):
        found[i] = max(found[i], found[i - 1] + LEAST_GAP)
    return found


def _between(now: datetime, marks: Sequence[Mark]) -> float:
    """Now stands between the same marks as in time, wherever these have been put."""
    if now <= marks[0].at:
        return 0.0
    for one, after in pairwise(marks):
        if one.at <= now < after.at:
            return one.x + (now - one.at) / (after.at - one.at) * (after.x - one.x)
    return WIDTH


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart."""

    label: str
    value: float
    width: float


def bars(rows: Iterable[tuple[str, float]]) -> list[Bar]:
    """Bars beside each other; the longest fills the width."""
    found = list(rows)
    most = max((value for _, value in found), default=0)
    return [Bar(label, value, round(value / most * WIDTH, 2) if most > 0 else 0.0) for label, value in found]


@dataclass(frozen=True, slots=True)
class Slope:
    """From a value to another, as heights in hundredths from above."""

    start: float
    end: float


def slope(before: float, after: float) -> Slope:
    """How steeply an indicator moved, against zero where both are on its one side."""
    low, high = min(before, after, 0), max(before, after, 0)
    span = (high - low) or 1

    def height(value: float) -> float:
        return round(10 + (high - value) / span * 80, 2)

    return Slope(height(before), height(after))


@dataclass(frozen=True, slots=True)
class Stop:
    """A value at a time, in hundredths of a drawing's width and height from the left above."""

    x: float
    y: float
    value: float


def course(adoption: Adoption) -> list[Stop]:
    """An indicator from before an adoption on: its baseline, and what was reported after 6 and 12 months."""
    found = [(0, adoption.baseline), *((one.after_months, one.value) for one in adoption.measurements)]
    values = [value for _, value in found]
    low, high = min(0.0, *values), max(0.0, *values)
    span = (high - low) or 1.0
    return [
        Stop(round(6 + months / 12 * 88, 2), round(10 + (high - value) / span * 80, 2), value)
        for months, value in found
    ]
