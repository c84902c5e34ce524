"""A trace as the store of traces tells it, and where its spans stand in a waterfall."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pydantic import AwareDatetime

from vzaimo.contracts.event import State
from vzaimo.portal.house.charts import WIDTH

DEEPEST = 6
"""Levels that are indented; what lies deeper stands there as well."""
THINNEST = 0.6
"""Hundredths of the width that any span takes, so that it is seen."""
NOTCH = 4.0
"""Hundredths of the width that a pause takes, however long it was."""
SHORT_PAUSE = 50.0
"""Milliseconds; a shorter pause is drawn as long as it is."""


class TraceLine(State):
    """A trace in a list."""

    trace_id: str
    name: str
    services: tuple[str, ...]
    began_at: AwareDatetime
    duration_ms: float
    spans: int
    errors: int


class Span(State):
    """A piece of work; ``start_ms`` counts from the beginning of its trace."""

    span_id: str
    parent: str | None
    service: str
    name: str
    kind: str
    start_ms: float
    duration_ms: float
    error: str | None
    attributes: dict[str, Any]

    @property
    def end_ms(self) -> float:
        """When it was over."""
        return self.start_ms + self.duration_ms


class Trace(State):
    """One request's way through services and bus."""

    trace_id: str
    began_at: AwareDatetime
    duration_ms: float
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which nothing ran, and where it is cut out of the drawing."""

    after_ms: float
    length_ms: float
    x: float


@dataclass(frozen=True, slots=True)
class Step:
    """A span with its level and its place in hundredths of the width."""

    span: Span
    level: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """A trace as it is drawn: what follows from something stands below it."""

    steps: Sequence[Step]
    pauses: Sequence[Pause]


def waterfall(trace: Trace) -> Waterfall:
    """Where everything stands. Long pauses (a mail that waited a quarter of an hour) are cut to a notch."""
    scale = _Scale(trace.spans)
    steps = []
    for span, level in _ordered(trace.spans):
        x = scale.place(span.start_ms)
        width = max(scale.place(span.end_ms) - x, THINNEST)
        steps.append(Step(span, min(level, DEEPEST), round(min(x, WIDTH - THINNEST), 2), round(width, 2)))
    return Waterfall(steps, scale.pauses)


def _ordered(spans: Sequence[Span]) -> Iterator[tuple[Span, int]]:
    """Each span before what follows from it, with its level; one whose origin is not kept begins anew."""
    there = {one.span_id for one in spans}
    below: dict[str | None, list[Span]] = {}
    for one in sorted(spans, key=lambda one: one.start_ms):
        below.setdefault(one.parent if one.parent in there else None, []).append(one)
    waiting = [(one, 0) for one in reversed(below.pop(None, []))]
    while waiting:
        span, level = waiting.pop()
        yield span, level
        waiting += [(one, level + 1) for one in reversed(below.pop(span.span_id, []))]


class _Scale:
    """From milliseconds to hundredths of the width."""

    def __init__(self, spans: Sequence[Span]) -> None:
        busy = list(_together((one.start_ms, one.end_ms) for one in spans))
        gaps = [(end, start - end) for (_, end), (start, _) in pairwise(busy)]
        work = sum(end - start for start, end in busy)
        cut = [(at, length) for at, length in gaps if length > max(work, SHORT_PAUSE)]
        room = max(WIDTH - NOTCH * len(cut), WIDTH / 2)
        self._notch = (WIDTH - room) / len(cut) if cut else 0.0
        whole = max((one.end_ms for one in spans), default=0.0) - sum(length for _, length in cut)
        self._unit = room / whole if whole > 0 else 0.0
        self._cut = cut
        self.pauses = [Pause(at, length, round(self.place(at) + self._notch / 2, 2)) for at, length in cut]

    def place(self, at: float) -> float:
        """Where a moment is."""
        gone = [(start, length) for start, length in self._cut if start + length <= at]
        return (at - sum(length for _, length in gone)) * self._unit + len(gone) * self._notch


def _together(pieces: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """The times in which anything ran."""
    start, end = None, 0.0
    for begins, ends in sorted(pieces):
        if start is None:
            start, end = begins, ends
        elif begins > end:
            yield start, end
            start, end = begins, ends
        else:
            end = max(end, ends)
    if start is not None:
        yield start, end


def said(attributes: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a span says of itself, by name; what every span says is left out."""
    return sorted((name, str(value)) for name, value in attributes.items() if name not in _USUAL)


_USUAL = {"url.scheme", "network.protocol.version", "server.address", "server.port", "error.type"}
