"""What needs a city now: each thing with its deadline, the nearest first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from vzaimo.contracts.calendar import Event
from vzaimo.contracts.requests import RequestStatus
from vzaimo.portal.house.shapes import Request

GUEST_DUTIES = {
    RequestStatus.DRAFT: "submit",
    RequestStatus.APPROVED: "confirm",
    RequestStatus.OFFERED: "offer",
    RequestStatus.RECONFIRM_PENDING: "reconfirm",
}


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that a city has to do: ``what`` names the text; without ``due`` whenever it likes."""

    what: str
    city: str
    request: Request
    event: Event | None
    due: datetime | None


def duties(
    requests: Iterable[Request], events: Mapping[UUID, Event], cities: Iterable[str], now: datetime
) -> list[Duty]:
    """What the cities owe, as guests and as hosts, by deadline; what is past its deadline is left out."""
    ours = set(cities)
    found = []
    for request in requests:
        event = events.get(request.event)
        if request.city in ours and request.status in GUEST_DUTIES:
            what = GUEST_DUTIES[request.status]
            found.append(Duty(what, request.city, request, event, _due(what, request, event)))
        if request.host in ours and request.status is RequestStatus.SUBMITTED:
            found.append(Duty("decide", request.host, request, event, event.deadlines.decide_by if event else None))
    open_still = [one for one in found if one.due is None or one.due > now]
    return sorted(open_still, key=lambda one: (one.due is None, one.due or now))


def _due(what: str, request: Request, event: Event | None) -> datetime | None:
    if what == "offer":
        return request.offer.expires_at if request.offer else None
    if what == "confirm":
        return request.confirm_by
    if what == "reconfirm":
        return request.reconfirm_by
    return event.deadlines.apply_closes if event else None
