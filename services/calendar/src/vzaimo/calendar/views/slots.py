"""When cities can meet."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import select

from vzaimo.calendar.domain.refusals import PeriodWrong, UnknownCity
from vzaimo.calendar.domain.slots import slots
from vzaimo.calendar.projections import CITY
from vzaimo.calendar.shapes.slots import SlotQuery, SlotsView, SlotView
from vzaimo.kit.database import Transaction

MOST_DAYS = 31


async def best(tx: Transaction, wanted: SlotQuery) -> SlotsView:
    """The candidates that suit most. Raises ``UnknownCity``, and ``PeriodWrong`` beyond a month."""
    if not timedelta(0) < wanted.until - wanted.since <= timedelta(days=MOST_DAYS):
        raise PeriodWrong("until", MOST_DAYS)
    cities = set(wanted.cities)
    rows = await tx.all(select(CITY.c.id, CITY.c.timezone).where(CITY.c.id.in_(cities), CITY.c.timezone.is_not(None)))
    zone_of = {row.id: row.timezone for row in rows}
    for city in sorted(cities - zone_of.keys()):
        raise UnknownCity(city)
    length = timedelta(minutes=wanted.minutes)
    found = slots(Counter(zone_of.values()), wanted.since, wanted.until, length, timedelta(minutes=wanted.step))
    return SlotsView(
        items=[
            SlotView(
                starts_at=slot.starts_at,
                ends_at=slot.starts_at + length,
                share=slot.share,
                cities=sorted(city for city, zone in zone_of.items() if zone in slot.zones),
            )
            for slot in found[: wanted.limit]
        ]
    )
