"""Days and moments as people may send them: of our times, so that every clock of the world can show them."""

from datetime import date
from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, NaiveDatetime

D = TypeVar("D", bound=date)
FIRST, LAST = 2000, 2199
"""Years."""


def _of_our_times(day: D) -> D:
    if not FIRST <= day.year <= LAST:
        raise ValueError(f"the year must be between {FIRST} and {LAST}")
    return day


Day = Annotated[date, AfterValidator(_of_our_times)]
Moment = Annotated[AwareDatetime, AfterValidator(_of_our_times)]
Wall = Annotated[NaiveDatetime, AfterValidator(_of_our_times)]
"""By the clock on a wall, without an offset."""
