"""Commands of the host: decide, order the queue, seat by hand, send a city to another event."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update

from vzaimo.contracts.calendar import SeatMode
from vzaimo.contracts.requests import Request
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, check_version
from vzaimo.kit.ids import new_id
from vzaimo.kit.work import Done, Work, Works
from vzaimo.requests.domain import delegations, requests
from vzaimo.requests.domain.ledgers import free
from vzaimo.requests.domain.queues import reserves_hold
from vzaimo.requests.domain.refusals import UnknownRequest
from vzaimo.requests.domain.requests import Person
from vzaimo.requests.domain.states import LIVING, sent
from vzaimo.requests.domain.transitions import Step
from vzaimo.requests.handlers.access import acts_for_host, hidden
from vzaimo.requests.handlers.halls import OpenHall, event_known, hall_of, open_hall
from vzaimo.requests.handlers.members import check_status, city_status
from vzaimo.requests.handlers.requests import done, keep_draft
from vzaimo.requests.store import DELEGATE, REQUEST


@dataclass(frozen=True, slots=True)
class Decide:
    """Approve these delegates, so many by rank, or all (``chosen`` none); or reject. ``remark`` stays here."""

    approved: bool
    chosen: Sequence[UUID] | int | None
    reason: str
    remark: str | None


@retry_conflicts
async def decide(
    request_id: UUID, command: Decide, version: int | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """The host says whom it takes; seats go by the ledger, and whoever does not fit waits in order.

    The moderator decides what was escalated, and for a host that is suspended.
    """
    async with works.begin(cause) as work:
        hall, request = await _hosted(work, request_id, actor, version, moderated=True)
        requests.check_open(hall.event)
        if command.approved:
            await hall.admit(requests.approve(request, command.chosen, command.reason, work.now))
        else:
            await hall.take(requests.reject(request, command.reason, work.now), Step.DECIDE)
        await work.execute(update(REQUEST).where(REQUEST.c.id == request_id).values(remark=command.remark))
        return await done(hall, request_id)


@retry_conflicts
async def prioritise(
    request_id: UUID, priority: int, version: int | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """The host, or the moderator as above, moves a request up or down its queue; nobody loses a seat by it."""
    async with works.begin(cause) as work:
        hall, request = await _hosted(work, request_id, actor, version, moderated=True)
        await hall.take(requests.prioritise(request, priority), Step.PRIORITISE)
        await hall.serve()
        return await done(hall, request_id)


@retry_conflicts
async def seat(
    request_id: UUID,
    chosen: Sequence[UUID] | int,
    version: int | None,
    *,
    works: Works,
    cause: Cause,
    actor: Actor,
) -> Done:
    """After the freeze the host seats whoever waits by hand, as far as there are seats for their city."""
    async with works.begin(cause) as work:
        hall, request = await _hosted(work, request_id, actor, version)
        left = free(hall.ledger, request.city, reserves=reserves_hold(hall.event, work.now))
        await hall.take(delegations.seat(request, hall.event, chosen, left, work.now), Step.SEAT)
        return await done(hall, request_id)


@retry_conflicts
async def redirect(
    request_id: UUID, target_id: UUID, version: int | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """The host sends an active city to another event of its own, where a draft with the same people waits for it."""
    async with works.begin(cause) as work:
        place = await work.first(
            select(REQUEST.c.event, REQUEST.c.mode, REQUEST.c.city).where(REQUEST.c.id == request_id)
        )
        if place is None:
            raise UnknownRequest(request_id)
        # As for any new draft: a city that leaves meanwhile finds it, or is found to have left.
        status = await city_status(work, place.city)
        # Both halls in one order, whoever goes from where to where: copies first, then ledgers.
        both = sorted({place.event, target_id})
        events = {one: await event_known(work, one) for one in both}
        halls = {one: await open_hall(work, one, SeatMode(place.mode)) for one in both}
        hall, target = halls[place.event], events[target_id]
        request = await hall.request(request_id)
        _check_host(request, actor)
        check_version(hall.version(request_id), version)
        check_status(request.city, status)
        over = delegations.redirect(request, target)
        people = {one.id: new_id() for one in request.delegates if one.status in LIVING}
        draft = delegations.continued(request, target, new_id(), people, work.now)
        await hall.take(over, Step.REDIRECT)
        rows = await work.all(select(DELEGATE).where(DELEGATE.c.request == request_id, DELEGATE.c.id.in_(people)))
        going = [Person(people[row.id], row.name, row.organisation, row.erased_at) for row in rows]
        await keep_draft(work, draft, target, going)
        return await done(hall, request_id)


async def _hosted(
    work: Work, request_id: UUID, actor: Actor, version: int | None, *, moderated: bool = False
) -> tuple[OpenHall, Request]:
    """A request for its host; ``moderated``: for the moderator, too, where the host does not act."""
    hall = await hall_of(work, request_id)
    request = await hall.request(request_id)
    if not (moderated and sent(request) and await acts_for_host(work, actor, request.host, [request])):
        _check_host(request, actor)
    check_version(hall.version(request_id), version)
    return hall, request


def _check_host(request: Request, actor: Actor) -> None:
    if not actor.coordinates(request.host) or not sent(request):
        raise hidden(request, actor)
