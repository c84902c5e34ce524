"""Wall-clock time of a venue to an instant."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vzaimo.calendar.domain.refusals import UnknownTimezone, WallClockAmbiguous, WallClockMissing

_OF_A_MACHINE = re.compile(r"(?:localtime|posixrules|Factory|right/.*|posix/.*)")
"""Files beside the zones of some machines. Facts carry the name to others, which lack them or read another time."""


def zone_of(name: str) -> ZoneInfo:
    """The zone with this IANA name. Raises ``UnknownTimezone``."""
    if _OF_A_MACHINE.fullmatch(name):
        raise UnknownTimezone(name)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownTimezone(name) from None


def instant(local: datetime, timezone: str, fold: int | None, field: str) -> datetime:
    """The moment, in UTC, at which clocks there show ``local``.

    ``fold`` (PEP 495) chooses between the two moments of an hour that comes twice: 0 the first, 1 the second.
    Raises ``WallClockMissing``, ``WallClockAmbiguous``, ``UnknownTimezone``.
    """
    zone = zone_of(timezone)
    first, second = (local.replace(tzinfo=zone, fold=one) for one in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        raise WallClockMissing(field, local, timezone)
    if fold is None:
        raise WallClockAmbiguous(field, local, timezone)
    return (second if fold else first).astimezone(UTC)
