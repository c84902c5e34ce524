"""When a mail also speaks to its reader's calendar."""

from collections.abc import Mapping
from typing import Any, Literal

from vzaimo.contracts.calendar import EventStatus
from vzaimo.notify.domain.kinds import Kind
from vzaimo.notify.domain.visits import SEATED

_COMING = frozenset(
    {
        Kind.REQUEST_APPROVED,
        Kind.REQUEST_PROMOTED,
        Kind.VISIT_MOVED,
        Kind.VISIT_CHANGED,
        Kind.RECONFIRMATION_ASKED,
    }
)
_NOT_COMING = frozenset({Kind.REQUEST_CLOSED, Kind.SEATS_RELEASED})


def itip_method(
    kind: Kind, request: Mapping[str, Any], event: Mapping[str, Any] | None, city: str | None, *, admitted: bool
) -> Literal["REQUEST", "CANCEL"] | None:
    """What a guest's calendar is told. ``city``: the reader's; ``admitted``: it had seats before."""
    if event is None or city is None or request.get("city") != city:
        return None
    has_seats = request["status"] in SEATED and request["granted"] > 0
    if kind in _COMING and has_seats and event["status"] == EventStatus.ANNOUNCED:
        return "REQUEST"
    if kind in _NOT_COMING and admitted and not has_seats:
        return "CANCEL"
    return None
