"""Days by a city's own calendar, and months from a moment on."""

from calendar import monthrange
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def today(timezone: str, now: datetime) -> date:
    """Which day it is there."""
    return now.astimezone(ZoneInfo(timezone)).date()


def begins(day: date, timezone: str) -> datetime:
    """When a day begins there. Where the clocks skip midnight, it is the moment of the skip."""
    return datetime.combine(day, time.min, ZoneInfo(timezone)).astimezone(UTC)


def months_later(moment: datetime, months: int) -> datetime:
    """The same day of a later month, or that month's last: 31 August and six months are 28 February."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
