"""An announced event that is to move: the new schedule as it stands in a form, and whom it concerns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from json import dumps
from typing import Any, Literal

from vzaimo.contracts.calendar import Deadlines
from vzaimo.contracts.requests import RequestStatus
from vzaimo.portal.house import plans, seats
from vzaimo.portal.house.plans import DEADLINES, Plan
from vzaimo.portal.house.shapes import Request
from vzaimo.portal.house.times import zone_named

Kind = Literal["reconfirm", "offered", "undecided", "waiting"]
_TOUCHED: dict[RequestStatus, Kind] = {
    RequestStatus.APPROVED: "reconfirm",
    RequestStatus.CONFIRMED: "reconfirm",
    RequestStatus.RECONFIRM_PENDING: "reconfirm",
    RequestStatus.OFFERED: "offered",
    RequestStatus.SUBMITTED: "undecided",
    RequestStatus.WAITLISTED: "waiting",
}


@dataclass(frozen=True, slots=True)
class Touched:
    """Cities whom a change concerns in one way, and their seats."""

    kind: Kind
    cities: int
    seats: int


def body(shown: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    """The form's schedule as calendar wants it; seats only for a mode that is added."""
    before = set(plan.mode.seat_modes)
    return {
        "mode": shown["mode"],
        "timezone": shown["timezone"],
        "sessions": [plans.session(row) for row in shown["sessions"]],
        "deadlines": plans.moments(shown, plan),
        "reconfirm_by": plans.moment(shown["reconfirm_by"], shown["timezone"]) if shown["reconfirm_by"] else None,
        "seats": seats.body(shown, [mode for mode in plans.seat_modes(shown) if mode not in before]),
    }


def digest(made: Mapping[str, Any]) -> str:
    """Tells one schedule from another: what is sent is what was shown."""
    return blake2b(dumps(made, sort_keys=True).encode(), digest_size=12).hexdigest()


def shifted(shown: Mapping[str, Any], plan: Plan, deadlines: Deadlines, now: datetime) -> dict[str, str]:
    """The deadlines that are ahead, as far from the new start as they were from the old one."""
    zone, old = zone_named(plan.timezone), min((one.starts for one in plan.sessions), default=None)
    new = min((start for row in shown["sessions"] if (start := _wall(row["starts"]))), default=None)
    if old is None or new is None:
        return {}
    ahead = {name: at for name in DEADLINES if (at := getattr(deadlines, name)) > now}
    # By the wall clock: a deadline at six in the evening stays at six.
    return {
        name: f"{at.astimezone(zone).replace(tzinfo=None) + (new - old):%Y-%m-%dT%H:%M}" for name, at in ahead.items()
    }


def touched(requests: Iterable[Request], host: str) -> list[Touched]:
    """Whom a change of the event concerns: who has seats, who holds an offer, who waits for a decision or a seat."""
    cities: dict[Kind, set[str]] = {kind: set() for kind in _TOUCHED.values()}
    counts: dict[Kind, int] = dict.fromkeys(cities, 0)
    for one in requests:
        if one.host != host or one.status not in _TOUCHED:
            continue
        kind = _TOUCHED[one.status]
        cities[kind].add(one.city)
        counts[kind] += {
            "reconfirm": one.granted,
            "offered": one.offer.seats if one.offer else 0,
            "undecided": one.wanted,
            "waiting": one.waiting,
        }[kind]
    return [Touched(kind, len(found), counts[kind]) for kind, found in cities.items() if found]


def _wall(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
