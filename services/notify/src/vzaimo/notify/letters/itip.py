"""An event into the calendars of those who come, and out of them again (iTIP, RFC 5546, by mail: RFC 6047).

One object a session: all components of a REQUEST share one UID (RFC 5546, 3.2.2), and each session has its own, the
same as in calendar's feeds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any, Literal
from zoneinfo import ZoneInfo

import icalendar
from icalendar import vCalAddress, vText, vUri

from vzaimo.contracts.calendar import Event, Session
from vzaimo.kit.ics import Text
from vzaimo.notify.letters.mail import Envelope

Method = Literal["REQUEST", "CANCEL"]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a calendar is told of an event. ``join_url``: where ``/v1/events/{id}/join`` is answered."""

    method: Method
    event: Mapping[str, Any]
    join_url: str
    now: datetime


def attach(message: EmailMessage, invitation: Invitation, envelope: Envelope) -> None:
    """The first session as the mail's last alternative, for programs that show it; every session as a file."""
    objects = list(_objects(invitation, envelope))
    told = {"method": invitation.method, "charset": "utf-8"}
    message.add_alternative(objects[0], maintype="text", subtype="calendar", params=told)
    for number, one in enumerate(objects, 1):
        name = "invite.ics" if number == 1 else f"invite-{number}.ics"
        message.add_attachment(one, maintype="text", subtype="calendar", params=told, filename=name)


def _objects(invitation: Invitation, envelope: Envelope) -> Iterator[bytes]:
    event = Event.model_validate(invitation.event)
    for session in event.sessions:
        calendar = icalendar.Calendar()
        calendar.add("PRODID", "-//Vzaimo//notify//RU")
        calendar.add("VERSION", "2.0")
        calendar.add("CALSCALE", "GREGORIAN")
        calendar.add("METHOD", invitation.method)
        # From a year's start to the next year's: a zone's whole history has hundreds of lines.
        first, last = (session.starts_at - _DAY).year, (session.ends_at + _DAY).year
        zone = icalendar.Timezone.from_tzinfo(
            ZoneInfo(event.timezone), event.timezone, first_date=date(first, 1, 1), last_date=date(last + 1, 1, 1)
        )
        calendar.add_component(zone)
        calendar.add_component(_vevent(event, session, invitation, envelope))
        yield bytes(calendar.to_ical())


def _vevent(event: Event, session: Session, invitation: Invitation, envelope: Envelope) -> icalendar.Event:
    zone, cancelled = ZoneInfo(event.timezone), invitation.method == "CANCEL"
    shown = icalendar.Event()
    shown.add("UID", f"{session.id}@vzaimo.city")
    shown.add("DTSTAMP", invitation.now)
    shown.add("SEQUENCE", event.sequence)
    shown.add("STATUS", "CANCELLED" if cancelled else "CONFIRMED")
    shown.add("DTSTART", session.starts_at.astimezone(zone))
    shown.add("DTEND", session.ends_at.astimezone(zone))
    shown.add("SUMMARY", Text(event.title if len(event.sessions) == 1 else f"{event.title}: {session.title}"))
    shown.add("ORGANIZER", _address(envelope.sender))
    attendee = _address(envelope.to)
    attendee.params |= {"ROLE": vText("REQ-PARTICIPANT"), "PARTSTAT": vText("NEEDS-ACTION"), "RSVP": vText("FALSE")}
    shown.add("ATTENDEE", attendee)
    if session.site is not None:
        site = session.site
        shown.add("LOCATION", Text(f"{site.name}, {site.address}" if site.address else site.name))
    if session.joinable and not cancelled:
        # Never the link itself: there the caller's right to it is looked at.
        shown.add("URL", vUri(f"{invitation.join_url}/v1/events/{event.id}/join?session={session.id}"))
    return shown


def _address(mailbox: str) -> vCalAddress:
    name, address = parseaddr(mailbox)
    found = vCalAddress(f"mailto:{address}")
    if name:
        found.params["CN"] = vText(name)
    return found
