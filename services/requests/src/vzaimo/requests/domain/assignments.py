"""Who sits in which session, where sessions run in parallel (rule 12)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from uuid import UUID

from vzaimo.contracts.calendar import Event, Session
from vzaimo.contracts.requests import Delegate, Request
from vzaimo.requests.domain.attendance import EXPECTED
from vzaimo.requests.domain.refusals import ForeignSession, SessionFull, SessionsOverlap, UnknownDelegate
from vzaimo.requests.domain.transitions import Step, check

Sessions = tuple[UUID, ...]


def parallel(event: Event) -> list[list[Session]]:
    """The sessions in groups: those of a group overlap, one with the next; those of two groups do not."""
    groups: list[list[Session]] = []
    until = None
    for one in sorted(event.sessions, key=lambda one: (one.starts_at, one.ends_at, str(one.id))):
        if until is not None and one.starts_at < until:
            groups[-1].append(one)
            until = max(until, one.ends_at)
        else:
            groups.append([one])
            until = one.ends_at
    return groups


def by_city(event: Event, requests: Iterable[Request]) -> dict[UUID, Sessions | None]:
    """One session of each group for every delegate with a seat, the delegations together where they fit.

    The largest delegation chooses first, the session with the most room; one that fits nowhere is divided by rank.
    None where nothing runs in parallel: everybody is everywhere. Raises ``SessionFull``.
    """
    delegations = [[one.id for one in _coming(request)] for request in _in_order(requests)]
    delegations.sort(key=len, reverse=True)
    everybody = [one for delegation in delegations for one in delegation]
    groups = parallel(event)
    if all(len(group) == 1 for group in groups):
        return dict.fromkeys(everybody)
    found: dict[UUID, list[UUID]] = {one: [] for one in everybody}
    for group in groups:
        for delegate, session in _spread(group, delegations).items():
            found[delegate].append(session)
    return {delegate: tuple(sessions) for delegate, sessions in found.items()}


def assign(event: Event, requests: Sequence[Request], chosen: Mapping[UUID, Sessions | None]) -> list[Request]:
    """The requests that change when these delegates sit in these sessions (none: in all). Others stay where they are.

    Raises ``UnknownDelegate``, ``ForeignSession``, ``SessionsOverlap``, ``SessionFull``.
    """
    known = {one.id: one for one in event.sessions}
    coming = {one.id for request in requests for one in _coming(request)}
    for delegate, sessions in chosen.items():
        if delegate not in coming:
            raise UnknownDelegate(delegate)
        for session in sessions or ():
            if session not in known:
                raise ForeignSession(session)
        _check_apart(delegate, [known[one] for one in sessions or ()])
    changed = []
    after = []
    for request in requests:
        delegates = tuple(
            one.model_copy(update={"sessions": chosen[one.id]}) if one.id in chosen else one
            for one in request.delegates
        )
        after.append(request.model_copy(update={"delegates": delegates}))
        if delegates != request.delegates:
            check(request, Step.ASSIGN)
            changed.append(after[-1])
    _check_room(event, attendance(event, after))
    return changed


def attendance(event: Event, requests: Iterable[Request]) -> Counter[UUID]:
    """How many delegates with a seat sit in each session."""
    everywhere = [one.id for one in event.sessions]
    return Counter(
        session
        for request in requests
        for one in _coming(request)
        for session in (everywhere if one.sessions is None else one.sessions)
    )


def over(event: Event, requests: Iterable[Request]) -> Counter[UUID]:
    """How many more delegates were assigned to each session than it holds now, for it may have become smaller."""
    chosen = Counter(session for request in requests for one in _coming(request) for session in one.sessions or ())
    return Counter({one.id: max(0, chosen[one.id] - (one.capacity or chosen[one.id])) for one in event.sessions})


def _spread(group: Sequence[Session], delegations: Sequence[Sequence[UUID]]) -> dict[UUID, UUID]:
    total = sum(len(one) for one in delegations)
    left = {one.id: min(one.capacity or total, total) for one in group}
    if sum(left.values()) < total:
        fullest = group[-1]
        raise SessionFull(fullest.id, left[fullest.id], total - sum(left.values()) + left[fullest.id])
    found: dict[UUID, UUID] = {}
    for delegation in delegations:
        waiting = list(delegation)
        while waiting:
            # The first of equals, so that the same people always sit in the same rooms.
            roomiest = max(left, key=lambda one: left[one])
            here, waiting = waiting[: left[roomiest]], waiting[left[roomiest] :]
            found |= dict.fromkeys(here, roomiest)
            left[roomiest] -= len(here)
    return found


def _check_apart(delegate: UUID, sessions: Sequence[Session]) -> None:
    ordered = sorted(sessions, key=lambda one: one.starts_at)
    for one, following in pairwise(ordered):
        if following.starts_at < one.ends_at:
            raise SessionsOverlap(delegate, (one.id, following.id))


def _check_room(event: Event, assigned: Mapping[UUID, int]) -> None:
    for one in event.sessions:
        if one.capacity is not None and assigned.get(one.id, 0) > one.capacity:
            raise SessionFull(one.id, one.capacity, assigned[one.id])


def _coming(request: Request) -> list[Delegate]:
    return sorted((one for one in request.delegates if one.status in EXPECTED), key=lambda one: one.rank)


def _in_order(requests: Iterable[Request]) -> list[Request]:
    return sorted(requests, key=lambda one: (one.city, str(one.id)))
