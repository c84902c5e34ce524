"""Times as people read them: by the clock of the venue, and beside it by the reader's."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.core import get_global
from babel.dates import format_date, format_interval, format_skeleton, format_time, get_timezone_location

from vzaimo.portal.house.words import Language


@lru_cache(maxsize=1000)
def zone_named(name: str | None) -> ZoneInfo | None:
    """A zone by its IANA name; nothing if there is none of that name."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells times in one language, for a reader in one zone (none: not known)."""

    language: Language
    now: datetime
    reader: ZoneInfo | None = None

    def day(self, at: datetime, zone: ZoneInfo | None = None) -> str:
        """``4 октября 2026``, by the clock of the zone, else the reader's."""
        return format_date(self._there(at, zone).date(), "long", locale=self.language)

    def calendar_day(self, day: date) -> str:
        """``4 октября 2026``, of a calendar day."""
        return format_date(day, "long", locale=self.language)

    def short(self, at: datetime, zone: ZoneInfo | None = None) -> str:
        """``вс, 4 окт., 10:00``; with the year, where it is another one."""
        there = self._there(at, zone)
        skeleton = "MMMEd" if there.year == self._there(self.now, zone).year else "yMMMEd"
        day = format_skeleton(skeleton, there, tzinfo=there.tzinfo, locale=self.language)
        return f"{day}, {self.time(at, zone)}"

    def exact(self, at: datetime) -> str:
        """The same with seconds, by the reader's clock."""
        there = self._there(at, None)
        return f"{self.short(at)}{format_time(there, ':ss', tzinfo=there.tzinfo, locale=self.language)}"

    def wall(self, text: str) -> str:
        """``вс, 4 окт., 10:00`` of a form's field; what is no time is shown as it is."""
        try:
            there = datetime.fromisoformat(text).replace(tzinfo=UTC)
        except ValueError:
            return text
        return self.short(there, ZoneInfo("UTC"))

    def time(self, at: datetime, zone: ZoneInfo | None = None) -> str:
        """``10:00``, in both languages by 24 hours."""
        there = self._there(at, zone)
        return format_time(there, "HH:mm", tzinfo=there.tzinfo, locale=self.language)

    def days(self, first: datetime, last: datetime, zone: ZoneInfo | None = None) -> str:
        """``4–5 октября 2026``, or the one day."""
        start, end = self._there(first, zone).date(), self._there(last, zone).date()
        if start == end:
            return self.day(first, zone)
        if self.language == "ru" and (start.year, start.month) == (end.year, end.month):
            # CLDR's own interval abbreviates the month here.
            return f"{start.day}–{format_date(end, 'long', locale='ru')}"
        return format_interval(start, end, skeleton="yMMMMd", locale=self.language)

    def month(self, at: datetime, zone: ZoneInfo | None = None) -> str:
        """``окт.``."""
        return format_date(self._there(at, zone).date(), "MMM", locale=self.language)

    def month_name(self, day: date) -> str:
        """``октябрь``."""
        return format_date(day, "LLLL", locale=self.language)

    def weekday(self, day: date, *, wide: bool = False) -> str:
        """``пн``, or ``понедельник``."""
        return format_date(day, "EEEE" if wide else "EEEEEE", locale=self.language)

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
        return f"{get_timezone_location(name, locale=self.language, return_city=True)}, {self.offset(self.now, zone)}"

    def zones(self, *more: str | None) -> list[tuple[str, str]]:
        """Russia's zones and more, to choose from, from west to east."""
        known = {name: zone for name in (*get_global("territory_zones")["RU"], *more) if (zone := zone_named(name))}
        found = {name: (self.now.astimezone(zone).utcoffset() or timedelta()) for name, zone in known.items()}
        return sorted(((name, self.zone(name)) for name in found), key=lambda one: (found[one[0]], one[1]))

    def _there(self, at: datetime, zone: ZoneInfo | None) -> datetime:
        return at.astimezone(zone or self.reader or ZoneInfo("Europe/Moscow"))
