"""What happened to a request, when and by whom, as far as its gateway tells."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from vzaimo.portal.house.accounts import AuditEntry
from vzaimo.portal.house.shapes import Request

GUESTS = frozenset(
    {"RequestSubmitted", "RequestConfirmed", "OfferAccepted", "OfferDeclined", "RequestWithdrawn", "FeedbackReceived"}
)
"""Facts that only the guest's people bring about, where it was not a timer or another fact."""
HOSTS = frozenset({"RequestRedirected", "AttendanceRecorded"})


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of the history: ``who`` names the text; ``city`` for whom somebody acted, where that is sure."""

    fact: str
    at: datetime
    who: str
    city: str | None = None


def told(entries: Iterable[AuditEntry], request: Request, person: str) -> list[Happening]:
    """The log of a request for its reader. A person is a reference there: only the reader knows which is their own."""
    return [_line(one, request, person) for one in entries]


def acted(entry: AuditEntry, person: str) -> str:
    """Who brought it about, as ``person`` may know it: themselves, a timer, another fact, or somebody."""
    if entry.actor == person:
        return "you"
    if entry.actor == "timer":
        return "deadline"
    return "follows" if ":" in entry.actor else "somebody"


def _line(entry: AuditEntry, request: Request, person: str) -> Happening:
    who = acted(entry, person)
    city = request.city if entry.fact in GUESTS else request.host if entry.fact in HOSTS else None
    if who == "somebody" and city:
        return Happening(entry.fact, entry.at, "city", city)
    return Happening(entry.fact, entry.at, who)
