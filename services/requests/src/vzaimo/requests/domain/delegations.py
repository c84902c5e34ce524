"""Changes within a delegation: seats by hand, people let go, a person replaced, a city sent to another event."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from vzaimo.contracts.calendar import AudienceRole, Event, SeatMode
from vzaimo.contracts.requests import Delegate, Request, RequestStatus
from vzaimo.requests.domain.refusals import (
    ApplicationsClosed,
    BelowMinimum,
    CountedByHeads,
    ForeignEvent,
    NoFreeSeats,
    RosterNotFrozen,
    TooMany,
    TooManyReplaced,
    UnknownDelegate,
)
from vzaimo.requests.domain.requests import Delegation, check_invited, check_open, draft
from vzaimo.requests.domain.states import LIVING, SEATED, State, counted, each, ended, placed, seated
from vzaimo.requests.domain.transitions import Step, check

MOST_NAMED = 1000
"""Delegates and those whom they replaced. The bus takes facts up to a size, and what becomes of an event is told of all
its requests at once: one that had grown too large would hold up the others."""


def seat(request: Request, event: Event, chosen: Sequence[UUID] | int, free: int, now: datetime) -> Request:
    """The host seats these who wait, or so many by rank. Before the freeze the queue does that."""
    check(request, Step.SEAT)
    check_open(event)
    if now < event.deadlines.roster_freeze:
        raise RosterNotFrozen(event.deadlines.roster_freeze)
    ids = () if isinstance(chosen, int) else _known(request, chosen, {State.WAITLISTED})
    count = chosen if isinstance(chosen, int) else len(ids)
    if count > request.waiting:
        raise TooMany(count, request.waiting)
    if count > free:
        raise NoFreeSeats(count, free)
    if not request.granted and count < request.min_viable:
        raise BelowMinimum(count, request.min_viable)
    # Whoever sits by the host's own hand is the host's to ask: no timer takes the seats back.
    by_hand = request.model_copy(update={"confirm_by": None})
    if isinstance(chosen, int):
        return placed(seated(by_hand, count, State.GRANTED))
    return placed(counted(each(by_hand, lambda one: State.GRANTED if one.id in ids else one.status)))


def release(request: Request, chosen: Sequence[UUID] | int) -> Request:
    """The city lets these go, or so many of those with seats, the last by rank first.

    Whoever gives seats back waits for no more (rule 6); whoever only waits for fewer keeps the place.
    """
    check(request, Step.RELEASE)
    if isinstance(chosen, int):
        if chosen > request.granted:
            raise TooMany(chosen, request.granted)
        last_first = [one.id for one in reversed(request.delegates) if one.status in SEATED]
        ids = frozenset(last_first[:chosen])
    else:
        ids = _known(request, chosen, LIVING)
    left = each(request, lambda one: State.RELEASED if one.id in ids else one.status)
    if request.mode is SeatMode.REMOTE and isinstance(chosen, int):
        granted = request.granted - chosen
        left = left.model_copy(update={"granted": granted, "confirmed": min(request.confirmed, granted), "waiting": 0})
    left = counted(left)
    if left.granted < request.granted:
        left = each(left, lambda one: State.RELEASED if one.status is State.WAITLISTED else one.status)
        left = left.model_copy(update={"waiting": 0})
    if not left.granted and not left.waiting:
        return ended(left, RequestStatus.RELEASED, State.RELEASED)
    return placed(left)


def replace(request: Request, event: Event, old: UUID, new: UUID, role: AudienceRole) -> Request:
    """Another person comes in a delegate's place: same rank, same seat."""
    check(request, Step.REPLACE)
    check_open(event)
    check_invited(event, role)
    _known(request, [old], LIVING)
    if len(request.delegates) >= MOST_NAMED:
        raise TooManyReplaced(MOST_NAMED)
    delegates: list[Delegate] = []
    for one in request.delegates:
        if one.id == old:
            delegates += [
                one.model_copy(update={"status": State.REPLACED}),
                one.model_copy(update={"id": new, "role": role}),
            ]
        else:
            delegates.append(one)
    return request.model_copy(update={"delegates": tuple(delegates)})


def redirect(request: Request, target: Event) -> Request:
    """The host sends the city to another event: here its claim ends."""
    check(request, Step.REDIRECT)
    over = ended(request, RequestStatus.REDIRECTED, State.RELEASED)
    return over.model_copy(update={"redirected_to": target.id})


def continued(request: Request, target: Event, new_id: UUID, people: Mapping[UUID, UUID], now: datetime) -> Request:
    """The draft at the other event that a redirected request goes on as; ``people``: delegates' new ids by old.

    It keeps the place in time; the city looks at it and submits while requests are taken.
    """
    if target.host != request.host or target.id == request.event:
        raise ForeignEvent(target.id)
    if now >= target.deadlines.apply_closes:
        raise ApplicationsClosed(target.deadlines.apply_opens, target.deadlines.apply_closes)
    going = [one for one in request.delegates if one.status in LIVING]
    delegation = Delegation(
        delegates=tuple((people[one.id], rank, one.role) for rank, one in enumerate(going, 1)),
        heads=tuple(sorted(request.heads.items())),
        min_viable=min(request.min_viable, len(going) or request.wanted),
    )
    new = draft(new_id, target, request.city, request.mode, delegation)
    return new.model_copy(update={"submitted_at": request.submitted_at, "redirected_from": request.id})


def _known(request: Request, chosen: Sequence[UUID], statuses: frozenset[State] | set[State]) -> frozenset[UUID]:
    if request.mode is SeatMode.REMOTE:
        raise CountedByHeads(request.wanted)
    known = {one.id for one in request.delegates if one.status in statuses}
    for one in chosen:
        if one not in known:
            raise UnknownDelegate(one)
    return frozenset(chosen)
