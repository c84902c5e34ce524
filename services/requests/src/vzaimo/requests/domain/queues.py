"""Who gets the seats that are free: the queue of those whom the host has approved."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from vzaimo.contracts.calendar import Event, QueueOrder, QueuePolicy
from vzaimo.contracts.requests import Request
from vzaimo.requests.domain.deadlines import confirm_until
from vzaimo.requests.domain.ledgers import Ledger, free, moved
from vzaimo.requests.domain.requests import grant, offer

OFFER_LIFE = timedelta(hours=48)
_SEASON_BEGINS = 9
"""September."""


class Wait(StrEnum):
    """Why somebody who waits is not served now."""

    CLOSED = "closed"
    ROSTER_FROZEN = "roster-frozen"
    SUSPENDED = "suspended"
    OFFER_OPEN = "offer-open"
    QUOTA_USED = "quota-used"
    HELD_UP = "held-up"
    """Somebody before in the queue cannot be served, and the policy is strict."""
    NO_FREE_SEATS = "no-free-seats"
    BELOW_MIN_VIABLE = "below-min-viable"
    NEXT_RELEASE = "next-release"
    """Seats are free: they go on when the next ones come free, for leaving the waiting list promotes nobody."""


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


def promote(
    ledger: Ledger, queue: Sequence[Request], event: Event, now: datetime, *, suspended: Collection[str] = ()
) -> list[Request]:
    """Serve the queue in its order; returns the requests that changed, as they are then (rule 5).

    Nobody is served once the roster is frozen: the host fills by hand. Under ``strict`` whoever cannot be served
    holds up those behind, except that a city's own reserve waits for nobody else; a city that is suspended, or whose
    quota is used up, holds up nobody.
    """
    served = _serve(ledger, queue, event, now, suspended)
    return [outcome for _, outcome in served if not isinstance(outcome, Wait)]


def waits(
    ledger: Ledger, queue: Sequence[Request], event: Event, now: datetime, *, suspended: Collection[str] = ()
) -> list[Wait]:
    """Why each in the queue is not served now, in its order."""
    served = _serve(ledger, queue, event, now, suspended)
    return [outcome if isinstance(outcome, Wait) else Wait.NEXT_RELEASE for _, outcome in served]


def _serve(
    ledger: Ledger, queue: Sequence[Request], event: Event, now: datetime, suspended: Collection[str]
) -> Iterator[tuple[Request, Request | Wait]]:
    reserves, held_up = reserves_hold(event, now), False
    for request in queue:
        city = request.city
        passed = _passed_over(ledger, request, event, now, suspended)
        if passed is not None:
            yield request, passed
            continue
        wanted = min(request.waiting, ledger.quota_left(city))
        room = min(wanted, free(ledger, city, reserves=reserves))
        behind = held_up and room > (own := ledger.reserve_left(city) if reserves else 0)
        if behind:
            room = own
        if room and (request.granted or room >= request.min_viable):
            ledger = moved(ledger, city, granted=room)
            yield request, grant(request, room, confirm_until(event, now))
        elif room and room == wanted:
            # All that the host approved and the quota allows, and still fewer than the city finds worth the journey:
            # it may say.
            ledger = moved(ledger, city, held=room)
            yield request, offer(request, room, min(now + OFFER_LIFE, event.deadlines.roster_freeze))
        else:
            yield request, Wait.HELD_UP if behind else Wait.BELOW_MIN_VIABLE if room else Wait.NO_FREE_SEATS
            room = 0
        if room < wanted and event.queue_policy is QueuePolicy.STRICT:
            held_up = True


def _passed_over(
    ledger: Ledger, request: Request, event: Event, now: datetime, suspended: Collection[str]
) -> Wait | None:
    if ledger.closed:
        return Wait.CLOSED
    if now >= event.deadlines.roster_freeze:
        return Wait.ROSTER_FROZEN
    if request.city in suspended:
        return Wait.SUSPENDED
    if request.offer is not None:
        return Wait.OFFER_OPEN
    return None if ledger.quota_left(request.city) else Wait.QUOTA_USED
