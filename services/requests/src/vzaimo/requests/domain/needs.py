"""What a city wants to learn: backed by others, answered by an event. ``closed`` is final."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from vzaimo.contracts.calendar import AudienceRole, Mode
from vzaimo.contracts.requests import (
    Backer,
    Need,
    NeedAnswered,
    NeedBacked,
    NeedClosed,
    NeedFact,
    NeedPosted,
    NeedStatus,
)
from vzaimo.requests.domain.need_refusals import (
    AlreadyBacked,
    NeedNotOpen,
    NotBacking,
    OwnNeed,
    PeriodBackwards,
    PeriodOver,
)

WITHDRAWN = "city-withdrawn"
"""The reason code of a need whose city takes part no longer."""
PERIOD_OVER = "period-over"
"""The reason code of a need that nobody answered in its time."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a city wants to learn, for whom, and when."""

    city: str
    topic: str
    roles: tuple[AudienceRole, ...]
    heads: int
    mode: Mode
    not_before: date
    not_after: date


def post(need_id: UUID, wish: Wish, now: datetime) -> Need:
    """A city says what it wants to learn."""
    if wish.not_after < wish.not_before:
        raise PeriodBackwards(wish.not_before, wish.not_after)
    if wish.not_after < now.date():
        raise PeriodOver(wish.not_after)
    return Need(
        id=need_id,
        city=wish.city,
        topic=wish.topic,
        roles=wish.roles,
        heads=wish.heads,
        mode=wish.mode,
        not_before=wish.not_before,
        not_after=wish.not_after,
        status=NeedStatus.OPEN,
        posted_at=now,
    )


def back(need: Need, city: str, heads: int, now: datetime) -> Need:
    """Another city wants to learn the same; once."""
    if city == need.city:
        raise OwnNeed(city)
    _check(need, NeedStatus.OPEN)
    if city in _backers(need):
        raise AlreadyBacked(city)
    return need.model_copy(update={"backers": (*need.backers, Backer(city=city, heads=heads, backed_at=now))})


def take_back(need: Need, city: str) -> Need:
    """A city no longer wants to."""
    _check(need, NeedStatus.OPEN, NeedStatus.ANSWERED)
    if city not in _backers(need):
        raise NotBacking(city)
    return need.model_copy(update={"backers": tuple(one for one in need.backers if one.city != city)})


def close(need: Need, reason: str) -> Need:
    """It is looked after no longer."""
    _check(need, NeedStatus.OPEN, NeedStatus.ANSWERED)
    return need.model_copy(update={"status": NeedStatus.CLOSED, "closed_for": reason})


def over_at(need: Need) -> datetime:
    """When a need's last day is over. In UTC: by then it is over in every city of the programme."""
    return datetime.combine(need.not_after + timedelta(days=1), time(), UTC)


def lapse(need: Need, now: datetime) -> Need:
    """Whatever was not answered by the end of its period is looked after no longer."""
    return close(need, PERIOD_OVER) if need.status is NeedStatus.OPEN and now >= over_at(need) else need


def without(need: Need, city: str) -> Need:
    """The same when a city has left the programme: its own needs close, its backings go."""
    if need.status is NeedStatus.CLOSED:
        return need
    if need.city == city:
        return close(need, WITHDRAWN)
    return take_back(need, city) if city in _backers(need) else need


def settle(need: Need, events: Sequence[UUID]) -> Need:
    """Answered by the first of the events that name it and take place; open again when none does any more."""
    if need.status is NeedStatus.CLOSED or need.answered_by in events:
        return need
    if events:
        return need.model_copy(update={"status": NeedStatus.ANSWERED, "answered_by": events[0]})
    return need.model_copy(update={"status": NeedStatus.OPEN, "answered_by": None})


def invites(need: Need, threshold: int) -> bool:
    """Whether enough cities back it to ask others to host."""
    return need.status is NeedStatus.OPEN and len(need.backers) >= threshold


def invite(need: Need, hosts: Collection[str], threshold: int) -> Need:
    """Ask these cities to host, each once; whoever wants to learn it is not asked."""
    new = sorted(set(hosts) - {need.city, *need.invited, *_backers(need)}) if invites(need, threshold) else []
    return need.model_copy(update={"invited": (*need.invited, *new)}) if new else need


def told(before: Need | None, after: Need) -> type[NeedFact]:
    """The fact that tells what became of a need."""
    if before is not None and (before.status, before.answered_by) == (after.status, after.answered_by):
        return NeedBacked
    return {
        NeedStatus.OPEN: NeedPosted,
        NeedStatus.ANSWERED: NeedAnswered,
        NeedStatus.CLOSED: NeedClosed,
    }[after.status]


def _backers(need: Need) -> set[str]:
    return {one.city for one in need.backers}


def _check(need: Need, *needed: NeedStatus) -> None:
    if need.status not in needed:
        raise NeedNotOpen(need.status, needed)
