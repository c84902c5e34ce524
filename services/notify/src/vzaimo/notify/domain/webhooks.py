"""What a city may have sent to a program of its own, and what becomes of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from vzaimo.contracts.event import Audience, Fact
from vzaimo.contracts.schemas import every_fact

READABLE: Mapping[str, type[Fact]] = {
    fact.__name__: fact for fact in every_fact() if fact.audience is not Audience.INTERNAL
}
"""By name, the facts that a city may read: public ones, and those that it is a party to; as its account on the bus."""
TEST_TYPE = "city.vzaimo.notify.WebhookTested.v1"
"""Of the event that a city has sent to see whether it arrives. It is on no bus."""

MOST_OF_A_CITY = 20
OVERLAP = timedelta(hours=24)
"""So long an earlier secret still signs beside the new one."""
FIRST_DELAY = timedelta(seconds=10)
LONGEST_DELAY = timedelta(hours=6)
GIVEN_UP_AFTER = timedelta(days=3)
KEPT = timedelta(days=30)
"""Deliveries are forgotten after that, and older facts are sent to nobody: so none is ever queued twice."""
_OK, _GONE = range(200, 300), 410
_LATER = frozenset({429, 503})
_DIGITS = 9


class Status(StrEnum):
    """Where a webhook stands. ``removed`` is final, and seen by nobody."""

    ACTIVE = "active"
    DISABLED = "disabled"
    REMOVED = "removed"


class Reason(StrEnum):
    """Why nothing is sent to a webhook."""

    GONE = "gone"
    FAILING = "failing"
    SWITCHED_OFF = "switched-off"
    CITY_WITHDRAWN = "city-withdrawn"


TOLD = frozenset({Reason.GONE, Reason.FAILING})
"""What a city's people hear of: they have not done it themselves."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: the status of an answer, or what went wrong before there was one."""

    status: int | None = None
    error: str | None = None
    retry_after: str | None = None
    """What it says of the next try, in its own words."""

    @property
    def taken(self) -> bool:
        """The receiver has it."""
        return self.status in _OK

    @property
    def gone(self) -> bool:
        """The receiver wants nothing more (410)."""
        return self.status == _GONE


def concerns(fact: Fact, city: str) -> bool:
    """Whether a city may read this very fact."""
    return fact.audience is Audience.PUBLIC or (fact.audience is Audience.PARTY and city in fact.parties)


def given_up(since: datetime | None, now: datetime) -> bool:
    """Whether what has been tried since then is not tried again."""
    return since is not None and now - since > GIVEN_UP_AFTER


def pause(delivery: UUID, attempts: int) -> timedelta:
    """How long after a failed attempt, of so many, the next one is made: twice as long each time, some hours at most.

    Each delivery has a shift of its own, a quarter at most, so that what failed together does not come back together.
    """
    usual = min(FIRST_DELAY * 2.0 ** min(attempts - 1, 20), LONGEST_DELAY)
    return usual * (0.75 + delivery.int % 1000 / 2000)


def asked_for(answer: Answer, now: datetime) -> datetime | None:
    """Until when a receiver with too much to do asks to be left alone (Retry-After: RFC 9110, 10.2.3); else nothing."""
    said = (answer.retry_after or "").strip()
    if answer.status not in _LATER or not said:
        return None
    if said.isascii() and said.isdigit():
        return now + min(timedelta(seconds=int(said[:_DIGITS])), GIVEN_UP_AFTER)
    try:
        moment = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def put_off(usual: datetime, asked: datetime | None, last: datetime) -> datetime:
    """When the next try is made: as usual, or later where that is asked for, but not after the last moment."""
    return usual if asked is None else max(usual, min(asked, last))


def packed(facts: Iterable[str]) -> str:
    """Names of facts in one column: ``|EventAnnounced|NeedPosted|``."""
    return "".join(f"|{name}" for name in sorted(set(facts))) + "|"


def unpacked(column: str) -> list[str]:
    """The names again."""
    return column.strip("|").split("|")


def shown(row: Any) -> dict[str, Any]:
    """A webhook's public state, from its row."""
    return {
        "id": row.id,
        "city": row.city,
        "status": row.status,
        "disabled_for": row.disabled_for,
        "disabled_at": row.disabled_at,
    }
