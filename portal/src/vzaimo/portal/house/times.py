"""Times as people read them: by the clock of the venue, and beside it by the reader's."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.core import get_global
from babel.dates import format_date, format_interval, format_skeleton, get_timezone_location

from vzaimo.portal.house.words import Language


@lru_cache(maxsize=1000)
def zone_named(name: str | None) -> ZoneInfo | None:
    """A zone by its IANA name; nothing if there is none of that name."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


# CLDR's forms, remembered: a page has some ten of them, and each takes Babel as long as the rest of a line.


@lru_cache(maxsize=10_000)
def _written(day: date, form: str, language: Language) -> str:
    return format_date(day, form, locale=language)


@lru_cache(maxsize=10_000)
def _sketched(day: date, skeleton: str, language: Language) -> str:
    return format_skeleton(skeleton, datetime.combine(day, time()), locale=language)


@lru_cache(maxsize=10_000)
def _from_to(first: date, last: date, language: Language) -> str:
    return format_interval(first, last, skeleton="yMMMMd", locale=language)


@lru_cache(maxsize=1000)
def _located(zone: str, language: Language) -> str:
    return get_timezone_location(zone, locale=language, return_city=True)


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells times in one language, for a reader in one zone (none: not known)."""

    language: Language
    now: datetime
    reader: ZoneInfo | None = None

    def day(self, at: datetime, zone: ZoneInfo | None = None) -> str:
        """``4 октября 2026``, by the clock of the zone, else the reader's."""
        return _written(self._there(at, zone).date(), "long", self.language)

    def calendar_day(self, day: date) -> str:
        """``4 октября 2026``, of a calendar day."""
        return _written(day, "long", self.language)

    def short(self, at: datetime, zone: ZoneInfo | None = None) -> str:
        """``вс, 4 окт., 10:00``; with the year, where it is another one."""
        there = self._there(at, zone)
        skeleton = "MMMEd" if there.year == self._there(self.now, zone).year else "yMMMEd"
        return f"{_sketched(there.date(), skeleton, self.language)}, {there:%H:%M}"

    def exact(self, at: datetime) -> str:
        """The same with seconds, by the reader's clock."""
        return f"{self.short(at)}:{at:%S}"

    def wall(self, text: str) -> str:
        """``вс, 4 окт., 10:00`` of a form's field; what is no time is shown as it is."""
        try:
            there = datetime.fromisoformat(text).replace(tzinfo=UTC)
        except ValueError:
            return text
        return self.short(there, ZoneInfo("UTC"))

    def time(self, at: datetime, zone: ZoneInfo | None = None) -> str:
        """``10:00``, in both languages by 24 hours."""
        return f"{self._there(at, zone):%H:%M}"

    def days(self, first: datetime, last: datetime, zone: ZoneInfo | None = None) -> str:
        """``4–5 октября 2026``, or the one day."""
        start, end = self._there(first, zone).date(), self._there(last, zone).date()
        if start == end:
            return self.day(first, zone)
        if self.language == "ru" and (start.year, start.month) == (end.year, end.month):
            # CLDR's own interval abbreviates the month here.
            return f"{start.day}–{_written(end, 'long', 'ru')}"
        return _from_to(start, end, self.language)

    def month(self, at: datetime, zone: ZoneInfo | None = None) -> str:
        """``окт.``."""
        return _written(self._there(at, zone).date(), "MMM", self.language)

    def month_name(self, day: date) -> str:
        """``октябрь``."""
        return _written(day, "LLLL", self.language)

    def weekday(self, day: date, *, wide: bool = False) -> str:
        """``пн``, or ``понедельник``."""
        return _written(day, "EEEE" if wide else "EEEEEE", self.language)

    def beside(self, at: datetime, venue: ZoneInfo) -> str | None:
        """The reader's own time where it differs from the venue's: with the day, where that differs, too."""
        if self.reader is None:
            return None
        here, there = at.astimezone(self.reader), at.astimezone(venue)
        if here.utcoffset() == there.utcoffset():
            return None
        return self.time(at, self.reader) if here.date() == there.date() else self.short(at, self.reader)

    def offset(self, at: datetime, zone: ZoneInfo | None = None) -> str:
        """``UTC+3``, ``UTC+5:30``."""
        minutes = int((self._there(at, zone).utcoffset() or timedelta()).total_seconds() // 60)
        hours, rest = divmod(abs(minutes), 60)
        sign = "+" if minutes >= 0 else "−"
        return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")

    def zone(self, name: str) -> str:
        """``Самара, UTC+4``: a zone as people know it, by its city; an unknown name stays as it is."""
        zone = zone_named(name)
        if zone is None:
            return name
        return f"{_located(name, self.language)}, {self.offset(self.now, zone)}"

    def zones(self, *more: str | None) -> list[tuple[str, str]]:
        """Russia's zones and more, to choose from, from west to east."""
        known = {name: zone for name in (*get_global("territory_zones")["RU"], *more) if (zone := zone_named(name))}
        found = {name: (self.now.astimezone(zone).utcoffset() or timedelta()) for name, zone in known.items()}
        return sorted(((name, self.zone(name)) for name in found), key=lambda one: (found[one[0]], one[1]))

    def _there(self, at: datetime, zone: ZoneInfo | None) -> datetime:
        return at.astimezone(zone or self.reader or ZoneInfo("Europe/Moscow"))
