"""Feeds as iCalendar (RFC 5545, 7986). Nothing depends on the moment: what has not changed is equal to the byte."""

from collections.abc import Sequence
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import icalendar
from icalendar import vDuration, vGeo, vText, vUri

from vzaimo.calendar.domain.feeds import Entry, Surroundings
from vzaimo.calendar.views.words import WORDS, printable, shortened
from vzaimo.contracts.calendar import Session, Site
from vzaimo.kit.http.language import Language
from vzaimo.kit.ics import Text

MEDIA_TYPE = "text/calendar; charset=utf-8"
REFRESH = timedelta(hours=1)
"""How often subscribers are asked to look."""
_DAY = timedelta(days=1)


def render(entries: Sequence[Entry], around: Surroundings, *, name: str, language: Language, public_url: str) -> bytes:
    """A calendar with one VEVENT for each session, in the order of their start."""
    calendar = icalendar.Calendar()
    calendar.add("PRODID", "-//Vzaimo//calendar//RU")
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("NAME", Text(name))
    calendar.add("X-WR-CALNAME", Text(name))
    calendar.add("REFRESH-INTERVAL", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vDuration(REFRESH))
    if entries:
        calendar.add("LAST-MODIFIED", max(entry.changed_at for entry in entries))
    for entry in sorted(entries, key=lambda entry: (entry.event.starts_at, str(entry.event.id))):
        for session in entry.event.sessions:
            calendar.add_component(_vevent(entry, session, around, language, public_url))
    _add_zones(calendar, entries)
    return bytes(calendar.to_ical())


def _vevent(
    entry: Entry, session: Session, around: Surroundings, language: Language, public_url: str
) -> icalendar.Event:
    event, words = entry.event, WORDS[language]
    zone = ZoneInfo(event.timezone)
    page = f"{public_url}/v1/events/{event.id}"
    join = f"{page}/join?session={session.id}" if session.joinable and not entry.called_off else None
    title = event.title if len(event.sessions) == 1 else f"{event.title}: {session.title}"
    shown = icalendar.Event()
    shown.add("UID", f"{session.id}@vzaimo.city")
    shown.add("DTSTAMP", entry.changed_at)
    shown.add("LAST-MODIFIED", entry.changed_at)
    shown.add("SEQUENCE", event.sequence)
    shown.add("STATUS", "CANCELLED" if entry.called_off else "CONFIRMED")
    shown.add("TRANSP", "OPAQUE" if entry.busy else "TRANSPARENT")
    shown.add("DTSTART", session.starts_at.astimezone(zone))
    shown.add("DTEND", session.ends_at.astimezone(zone))
    # Many programs show a cancelled event as any other: the words say it, too.
    shown.add("SUMMARY", Text(printable(f"{words.cancelled}: {title}" if entry.called_off else title)))
    shown.add("DESCRIPTION", Text(_description(entry, around, language, page, join)))
    shown.add("URL", vUri(page))
    if session.site is not None:
        shown.add("LOCATION", Text(_place(session.site)))
        where = around.places.get(session.site.organisation) if session.site.organisation else None
        if where is not None:
            shown.add("GEO", vGeo(where))
    elif join is not None:
        shown.add("LOCATION", words.online)
    if join is not None:
        shown.add("CONFERENCE", vUri(join), parameters={"VALUE": "URI", "FEATURE": "VIDEO", "LABEL": words.join})
    if event.topics:
        shown.add("CATEGORIES", [vText(topic) for topic in event.topics])
    return shown


def _description(entry: Entry, around: Surroundings, language: Language, page: str, join: str | None) -> str:
    words = WORDS[language]
    lines = [words.standing(one, around) for one in entry.standings]
    if entry.hosted:
        lines.append(words.hosted)
    else:
        lines.append(words.host.format(city=around.cities.get(entry.event.host, entry.event.host)))
    lines.append(words.modes[entry.event.mode])
    if entry.summary:
        lines.append(shortened(entry.summary))
    if join is not None:
        lines.append(f"{words.join}: {join}")
    lines.append(f"{words.more}: {page}")
    return printable("\n".join(lines))


def _place(site: Site) -> str:
    return printable(f"{site.name}, {site.address}" if site.address else site.name)


def _add_zones(calendar: icalendar.Calendar, entries: Sequence[Entry]) -> None:
    """A VTIMEZONE for each zone in use, over the years in use: a zone's whole history has hundreds of lines."""
    if not entries:
        return
    first = min(entry.event.starts_at for entry in entries).astimezone(UTC) - _DAY
    last = max(entry.event.ends_at for entry in entries).astimezone(UTC) + _DAY
    for place, name in enumerate(sorted(calendar.get_missing_tzids())):
        zone = icalendar.Timezone.from_tzinfo(
            ZoneInfo(name), name, first_date=date(first.year, 1, 1), last_date=date(last.year + 1, 1, 1)
        )
        calendar.subcomponents.insert(place, zone)
