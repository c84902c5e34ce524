"""What a person wants by mail, and when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from vzaimo.notify.domain.kinds import NOT_MUTED, Group, Trait
from vzaimo.notify.domain.refusals import CannotBeMuted, UnknownZone

DIGEST_AT = time(8)
"""When the daily digest leaves, where its reader is."""
COALESCED = timedelta(minutes=15)
"""Edits of one event within so long are one mail."""
USUAL_ZONE = "Europe/Moscow"
"""Of those who act for no city: the moderators."""


class Choice(StrEnum):
    """How a group of kinds comes by mail. The inbox has everything."""

    INSTANT = "instant"
    DAILY = "daily"
    OFF = "off"


USUAL: Mapping[Group, Choice] = {**dict.fromkeys(Group, Choice.INSTANT), Group.NEEDS: Choice.DAILY}


@dataclass(frozen=True, slots=True)
class Preferences:
    """A person's wishes. Without a zone of their own, that of the city that they act for counts."""

    choices: Mapping[Group, Choice] = field(default_factory=dict)
    quiet_from: time | None = None
    quiet_until: time | None = None
    timezone: str | None = None

    def choice(self, group: Group) -> Choice:
        """How this group comes by mail."""
        return Choice.INSTANT if group in NOT_MUTED else self.choices.get(group, USUAL[group])


NOTHING_SAID = Preferences()


def checked(wishes: Preferences) -> Preferences:
    """The same wishes. Raises ``CannotBeMuted`` or ``UnknownZone``."""
    for group in sorted(NOT_MUTED):
        if wishes.choices.get(group, Choice.INSTANT) is not Choice.INSTANT:
            raise CannotBeMuted(group)
    if wishes.timezone is not None:
        try:
            ZoneInfo(wishes.timezone)
        except (KeyError, ValueError, OSError):
            raise UnknownZone from None
    return wishes


@dataclass(frozen=True, slots=True)
class Slot:
    """When a mail is due, and what it joins until then (nothing: it is a mail of its own)."""

    due_at: datetime
    joins: str | None = None


def slot(trait: Trait, wishes: Preferences, event: object, zone: str | None, now: datetime) -> Slot | None:
    """When a notice of a kind is mailed; nothing if it is not. ``zone``: that of the person's city."""
    choice = wishes.choice(trait.group)
    if choice is Choice.OFF:
        return None
    there = zone_of(wishes.timezone or zone)
    if choice is Choice.DAILY:
        return Slot(awake(wishes, _next(now, DIGEST_AT, there), there), "digest")
    due = now + COALESCED if trait.weight else now
    if not trait.urgent:
        due = awake(wishes, due, there)
    return Slot(due, f"edits/{event}") if trait.weight else Slot(due)


def awake(wishes: Preferences, moment: datetime, there: tzinfo) -> datetime:
    """That moment, or the end of the quiet hours in which it lies."""
    start, end = wishes.quiet_from, wishes.quiet_until
    if start is None or end is None or start == end:
        return moment
    clock = moment.astimezone(there).time()
    quiet = start <= clock < end if start < end else clock >= start or clock < end
    return _next(moment, end, there) if quiet else moment


def _next(moment: datetime, clock: time, there: tzinfo) -> datetime:
    """The next time that a clock there shows this."""
    day = moment.astimezone(there).date()
    shown = (datetime.combine(day + timedelta(days=ahead), clock, there) for ahead in range(3))
    return min(found for one in shown for found in _moments(one) if found > moment)


def _moments(shown: datetime) -> Iterator[datetime]:
    """When a clock shows this: twice where it is put back; where it is put forward past it, soon after that."""
    first, second = (shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    yield first
    if second > first:
        yield second


def zone_of(name: str | None) -> tzinfo:
    """A zone by its name; the programme's own for none."""
    try:
        return ZoneInfo(name or USUAL_ZONE)
    except (KeyError, ValueError, OSError):
        # A city's zone that this machine does not know yet: the programme's own.
        return timezone(timedelta(hours=3))
