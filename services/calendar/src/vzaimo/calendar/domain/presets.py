"""Deadlines by a preset: what a host gets without naming five moments, and which promises of it still hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from vzaimo.calendar.domain.refusals import TooLate
from vzaimo.contracts.calendar import Deadlines

_MINUTE = timedelta(minutes=1)


class Preset(StrEnum):
    """A usual set of deadlines."""

    VISIT = "visit"
    STANDARD = "standard"
    WEBINAR = "webinar"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A preset's deadlines for a start, and whether each of its promises holds with them."""

    deadlines: Deadlines
    promises: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class _Shape:
    """How long applications are open at the least, and how many days before the start each deadline lies."""

    open_days: int = 0
    apply_closes: int = 0
    decide_by: int = 0
    confirm_by: int = 0
    roster_freeze: int = 0


_SHAPES = {
    Preset.VISIT: _Shape(open_days=30, apply_closes=63, decide_by=56, confirm_by=42, roster_freeze=7),
    Preset.STANDARD: _Shape(open_days=14, apply_closes=14, decide_by=10, confirm_by=5, roster_freeze=2),
    Preset.WEBINAR: _Shape(),
}
_PROMISES: Mapping[Preset, Mapping[str, Callable[[Deadlines, datetime], bool]]] = {
    Preset.VISIT: {
        "open-30-days": lambda given, _: given.apply_closes - given.apply_opens >= timedelta(days=30),
        "results-8-weeks-ahead": lambda given, start: start - given.decide_by >= timedelta(weeks=8),
    },
    Preset.STANDARD: {
        "open-14-days": lambda given, _: given.apply_closes - given.apply_opens >= timedelta(days=14),
        "closes-14-days-ahead": lambda given, start: start - given.apply_closes >= timedelta(days=14),
    },
    Preset.WEBINAR: {"open-until-start": lambda given, start: given.apply_closes == start},
}


def fitted(preset: Preset, starts_at: datetime, now: datetime) -> Fitted:
    """A preset's deadlines for an event announced now; applications open at once.

    Where less time is left than the preset wants, all its spans shrink in proportion: the order holds for any start
    ahead, and the promises say what was lost. Raises ``TooLate`` for a start that is past.
    """
    left = starts_at - now
    if left <= timedelta(0):
        raise TooLate("sessions.0.starts", starts_at)
    shape = _SHAPES[preset]
    wanted = timedelta(days=shape.open_days + shape.apply_closes)
    share = 1.0 if left >= wanted else left / wanted

    def before(days: int) -> datetime:
        # Whole minutes before the start: rounding the span down keeps the order, and stays ahead of now.
        return starts_at - timedelta(days=days) * share // _MINUTE * _MINUTE

    deadlines = Deadlines(
        apply_opens=now,
        apply_closes=before(shape.apply_closes),
        decide_by=before(shape.decide_by),
        confirm_by=before(shape.confirm_by),
        roster_freeze=before(shape.roster_freeze),
    )
    kept = {name: holds(deadlines, starts_at) for name, holds in _PROMISES[preset].items()}
    return Fitted(deadlines, kept)
