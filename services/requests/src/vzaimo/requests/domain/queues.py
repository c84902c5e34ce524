"""Who gets the seats that are free: the queue of those whom the host has approved."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from vzaimo.contracts.calendar import Event, QueueOrder, QueuePolicy
from vzaimo.contracts.requests import Request
from vzaimo.requests.domain.ledgers import Ledger, free, moved
from vzaimo.requests.domain.requests import grant, offer

OFFER_LIFE = timedelta(hours=48)
_SEASON_BEGINS = 9
"""September."""


def season_of(event: Event) -> int:
    """The year in which the event's season began, 1 September by the venue's calendar."""
    local = event.starts_at.astimezone(ZoneInfo(event.timezone))
    return local.year if local.month >= _SEASON_BEGINS else local.year - 1


def reserves_hold(event: Event, now: datetime) -> bool:
    """A reserve returns to the pool at ``confirm_by`` (rule 3)."""
    return now < event.deadlines.confirm_by


def in_order(queue: Sequence[Request], order: QueueOrder, seats_this_season: Mapping[str, int]) -> list[Request]:
    """The host's priority first; then who submitted first, or whose city had the fewest seats this season (rule 4)."""

    def key(request: Request) -> tuple[object, ...]:
        fair = seats_this_season.get(request.city, 0) if order is QueueOrder.FAIR else 0
        return -request.priority, fair, request.submitted_at, str(request.id)

    return sorted(queue, key=key)


def promote(ledger: Ledger, queue: Sequence[Request], event: Event, now: datetime) -> list[Request]:
    """Serve the queue in its order; returns the requests that changed, as they are then (rule 5).

    Nobody is served once the roster is frozen: the host fills by hand. Under ``strict`` whoever cannot be served
    holds up those behind, except that a city's own reserve waits for nobody else; a city whose quota is used up
    holds up nobody.
    """
    changed: list[Request] = []
    if ledger.closed or now >= event.deadlines.roster_freeze:
        return changed
    reserves, held_up = reserves_hold(event, now), False
    for request in queue:
        city = request.city
        if request.offer is not None or not ledger.quota_left(city):
            continue
        room = min(request.waiting, free(ledger, city, reserves=reserves))
        if held_up:
            room = min(room, ledger.reserve_left(city) if reserves else 0)
        wanted = min(request.waiting, ledger.quota_left(city))
        if room and request.granted + room >= request.min_viable:
            served = grant(request, room)
            ledger = moved(ledger, city, granted=room)
        elif room and room == request.waiting:
            # All that the host approved, and still fewer than the city finds worth the journey: it may say.
            served = offer(request, room, min(now + OFFER_LIFE, event.deadlines.roster_freeze))
            ledger = moved(ledger, city, held=room)
        else:
            room, served = 0, None
        if served is not None:
            changed.append(served)
        if room < wanted and event.queue_policy is QueuePolicy.STRICT:
            held_up = True
    return changed
