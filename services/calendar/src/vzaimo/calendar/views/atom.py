"""Announcements as Atom (RFC 4287), in pages (RFC 5005)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from vzaimo.calendar.domain.feeds import Entry, Surroundings
from vzaimo.calendar.views.words import WORDS, printable, shortened
from vzaimo.kit.http.language import Language

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
_ATOM = "http://www.w3.org/2005/Atom"


def render(
    entries: Sequence[Entry], around: Surroundings, *, links: Sequence[tuple[str, str]], language: Language, url: str
) -> bytes:
    """A page. ``links``: relation and address; ``url``: the gateway's own, without a slash at its end."""
    words = WORDS[language]
    feed = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": language})
    _text(feed, "id", f"{url}/v1/feeds/events.atom")
    _text(feed, "title", words.announcements)
    latest = max((entry.changed_at for entry in entries), default=datetime(1970, 1, 1, tzinfo=UTC))
    _text(feed, "updated", latest.isoformat())
    for relation, address in links:
        ET.SubElement(feed, "link", {"rel": relation, "href": address, "type": "application/atom+xml"})
    for entry in entries:
        _entry(feed, entry, around, language, url)
    rendered: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return rendered


def _entry(feed: ET.Element, entry: Entry, around: Surroundings, language: Language, url: str) -> None:
    event, words = entry.event, WORDS[language]
    shown = ET.SubElement(feed, "entry")
    _text(shown, "id", f"urn:uuid:{event.id}")
    _text(shown, "title", f"{words.cancelled}: {event.title}" if entry.called_off else event.title)
    _text(shown, "updated", entry.changed_at.isoformat())
    _text(shown, "published", (event.announced_at or entry.changed_at).isoformat())
    _text(ET.SubElement(shown, "author"), "name", around.cities.get(event.host, event.host))
    page = f"{url}/v1/events/{event.id}"
    ET.SubElement(shown, "link", {"rel": "alternate", "href": page, "type": "application/json"})
    calendar = f"{url}/v1/feeds/events/{event.id}.ics"
    ET.SubElement(shown, "link", {"rel": "related", "href": calendar, "type": "text/calendar"})
    for topic in event.topics:
        ET.SubElement(shown, "category", {"term": topic})
    zone = ZoneInfo(event.timezone)
    starts, ends = (moment.astimezone(zone).strftime("%d.%m.%Y %H:%M") for moment in (event.starts_at, event.ends_at))
    lines = [words.times.format(starts=starts, ends=ends, zone=event.timezone), words.modes[event.mode]]
    if entry.summary:
        lines.append(shortened(entry.summary))
    _text(shown, "summary", "\n".join(lines))


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = printable(text)
