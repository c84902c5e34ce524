"""When cities of many time zones can meet: the share of them for which a slot lies within working hours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from vzaimo.calendar.domain.zones import zone_of

OPENS, CLOSES = time(9), time(18)
"""Working hours by each city's own clock, Monday to Friday."""
_FRIDAY = 4
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """A candidate start and the zones where the whole slot lies within working hours."""

    starts_at: datetime
    share: float
    zones: frozenset[str]


def slots(
    cities: Mapping[str, int], since: datetime, until: datetime, length: timedelta, step: timedelta
) -> list[Slot]:
    """Candidate starts from ``since``, a step apart, that end by ``until``: the best first, then the earliest.

    ``cities``: how many cities are in each zone. Candidates that suit nobody are left out.
    """
    fitting: dict[int, set[str]] = {}
    last = (until - since - length) // step
    for zone in cities:
        for opens, closes in _working(zone, since, until):
            first_place = max(0, -((since - opens) // step))
            for place in range(first_place, min(last, (closes - length - since) // step) + 1):
                fitting.setdefault(place, set()).add(zone)
    total = sum(cities.values())
    found = [
        Slot(since + place * step, sum(cities[zone] for zone in zones) / total, frozenset(zones))
        for place, zones in fitting.items()
    ]
    return sorted(found, key=lambda slot: (-slot.share, slot.starts_at))


def _working(zone: str, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    there = zone_of(zone)
    day, last = since.astimezone(there).date(), until.astimezone(there).date()
    days: list[date] = []
    while day <= last:
        if day.weekday() <= _FRIDAY:
            days.append(day)
        day += _DAY
    return [
        (
            datetime.combine(one, OPENS, there).astimezone(since.tzinfo),
            datetime.combine(one, CLOSES, there).astimezone(since.tzinfo),
        )
        for one in days
    ]
