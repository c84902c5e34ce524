"""What is in a feed, and for how long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from vzaimo.contracts.calendar import Event, EventStatus, Mode
from vzaimo.contracts.requests import RequestStatus

KEPT = timedelta(days=90)
"""So long an event stays after its end, and a cancelled one after it was called off."""
MOST = 2_000
"""Events in one feed; of more, the earliest are left out."""

CONCERNS = frozenset(
    {
        RequestStatus.SUBMITTED,
        RequestStatus.APPROVED,
        RequestStatus.OFFERED,
        RequestStatus.WAITLISTED,
        RequestStatus.CONFIRMED,
        RequestStatus.RECONFIRM_PENDING,
        RequestStatus.CLOSED,
    }
)
"""A city's request in such a state puts the event into its people's feed; closed: it was called off."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events a feed has: all, or those of a host, on a topic, in a mode; one; or what concerns some cities."""

    host: str | None = None
    topic: str | None = None
    mode: Mode | None = None
    event: UUID | None = None
    cities: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a city stands with an event, for its own people."""

    city: str
    status: RequestStatus
    granted: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as a feed shows it. ``standings`` in a private feed alone."""

    event: Event
    summary: str
    changed_at: datetime
    standings: tuple[Standing, ...] = ()
    hosted: bool = False

    @property
    def called_off(self) -> bool:
        """It does not take place."""
        return self.event.status is EventStatus.CANCELLED

    @property
    def busy(self) -> bool:
        """Whether the time is taken in the reader's calendar: their city hosts it, or has seats."""
        return not self.called_off and (self.hosted or any(one.granted for one in self.standings))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else a feed shows: names of cities, and where organisations are (WGS 84: latitude, longitude)."""

    cities: Mapping[str, str]
    places: Mapping[UUID, tuple[float, float]]


def kept_until(event: Event, now: datetime) -> datetime:
    """When an event leaves the feeds. ``now`` stands in where it is not known when it was called off."""
    if event.status is EventStatus.CANCELLED:
        return (event.cancelled_at or now) + KEPT
    return event.ends_at + KEPT
