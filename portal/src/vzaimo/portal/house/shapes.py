"""What the portal reads at the gateways: the contracts' states with what gateways add to them.

What a gateway does not send yet has a value that shows nothing.
"""

from calendar import monthrange
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from vzaimo.contracts import calendar, registry, requests
from vzaimo.contracts.event import State
from vzaimo.portal.house.gateways import Page


class City(registry.City):
    """A city."""

    version: int


class Topic(registry.Topic):
    """A topic."""

    version: int


class Organisation(registry.Organisation):
    """A place."""

    version: int = 0


class Seats(State):
    """Seats of one mode now; ``capacity`` and ``free`` without a limit are null."""

    mode: calendar.SeatMode
    capacity: int | None
    granted: int
    held: int
    waiting: int
    free: int | None

    @property
    def taken(self) -> int:
        """Seats that somebody has or is offered."""
        return self.granted + self.held


class Event(calendar.Event):
    """An event with its summary and the seats now."""

    summary: str = ""
    seats_now: tuple[Seats, ...] = ()
    capacity_overdue: bool = False
    """The seat ledger has not answered for ten minutes."""
    version: int

    @property
    def open_until(self) -> datetime:
        """Until when cities may ask."""
        return self.deadlines.apply_closes

    def takes_requests(self, now: datetime) -> bool:
        """Whether a city may ask to attend at this moment."""
        return (
            self.status is calendar.EventStatus.ANNOUNCED
            and self.deadlines.apply_opens <= now < self.deadlines.apply_closes
        )


class Indicator(registry.Indicator):
    """An indicator with the reason for a missing year."""

    baseline_reason: str | None = None


class Practice(registry.Practice):
    """A practice with its texts."""

    indicators: tuple[Indicator, ...]
    summary: str = ""
    does_not_apply: str = ""
    remark: str | None = None
    version: int


class Measurement(registry.Measurement):
    """A report; ``change`` is the part of the baseline by which it differs."""

    change: float | None = None


class Adoption(registry.Adoption):
    """Who adopted a practice and what it gave."""

    measurements: tuple[Measurement, ...] = ()
    version: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the report after twelve months is still to come."""
        return all(one.after_months != 12 for one in self.measurements)  # noqa: PLR2004 - the last report

    @property
    def awaited(self) -> list[tuple[int, date]]:
        """The reports that are still to come, with the day from which each can be given."""
        given = {one.after_months for one in self.measurements}
        return [(months, _months_later(self.committed_at, months)) for months in (6, 12) if months not in given]


class Need(requests.Need):
    """A learning need with its city's words."""

    words: str | None = None
    people: int = 0
    version: int


class FrequentTopic(State):
    """A topic that cities want to learn."""

    topic: str
    needs: int
    backers: int
    people: int


class Frequent(State):
    """The topics that most cities want to learn."""

    items: tuple[FrequentTopic, ...] = ()


class Match(State):
    """What there is on a need's topic already."""

    kind: Literal["event", "practice"]
    id: UUID
    city: str
    title: str


class Delegate(requests.Delegate):
    """A delegate; the name only for those whom it concerns."""

    name: str | None = None
    organisation: str | None = None


class Request(requests.Request):
    """A participation request."""

    delegates: tuple[Delegate, ...] = ()
    remark: str | None = None
    version: int


class QueueEntry(State):
    """One who waits; ``why`` no seat comes now."""

    place: int
    city: str
    request: UUID
    waiting: int
    priority: int = 0
    seats_this_season: int | None = None
    why: str | None = None


class Queue(State):
    """Who waits for a seat: the length for all, the entries for those whom they concern."""

    mode: calendar.SeatMode
    length: int
    entries: tuple[QueueEntry, ...] = ()


class Desk(Page[Request]):
    """Some requests, and what was asked for with them: what they are for, or who waits for a seat."""

    events: tuple[calendar.Event, ...] | None = None
    queues: tuple[Queue, ...] | None = None


class CityLine(State):
    """What a city gave and got in a season."""

    city: str
    name: str | None = None
    region: str | None = None
    events: int
    seats_hosted: int
    seats_received: int
    people: int


class Share(State):
    """People by one of the things that they are told apart by."""

    key: str
    people: int


class Season(State):
    """A season in numbers."""

    season: int
    cities: int
    events: int
    seats: int
    people: int
    decisions: int = 0
    decision_hours: float | None = None
    feedback: int = 0
    feedback_mean: float | None = None
    by_city: tuple[CityLine, ...] = ()
    by_topic: tuple[Share, ...] = ()
    by_role: tuple[Share, ...] = ()
    by_region: tuple[Share, ...] = ()
    by_mode: tuple[Share, ...] = ()


def _months_later(moment: datetime, months: int) -> date:
    """The same day of a later month, or that month's last."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return date(year, month, min(moment.day, monthrange(year, month)[1]))


def season_of(day: date) -> int:
    """The season of a day, by the year of its 1 September."""
    return day.year if day.month >= 9 else day.year - 1  # noqa: PLR2004 - September
