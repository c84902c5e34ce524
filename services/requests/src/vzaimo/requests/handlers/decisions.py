"""Commands of the host: decide, and order the queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update

from vzaimo.contracts.requests import Request, RequestStatus
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, NotAllowed, check_version
from vzaimo.kit.work import Done, Work, Works
from vzaimo.requests.domain import requests
from vzaimo.requests.domain.refusals import UnknownRequest
from vzaimo.requests.domain.transitions import Step
from vzaimo.requests.handlers.halls import Hall, hall_of
from vzaimo.requests.store import REQUEST


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
    """The host says whom it takes; seats go by the ledger, and whoever does not fit waits in order."""
    async with works.begin(cause) as work:
        hall, request = await _hosted(work, request_id, actor, version)
        requests.check_open(hall.event)
        if command.approved:
            await hall.admit(requests.approve(request, command.chosen, command.reason, work.now))
        else:
            hall.put(requests.reject(request, command.reason, work.now), Step.DECIDE)
        await work.execute(update(REQUEST).where(REQUEST.c.id == request_id).values(remark=command.remark))
        await hall.save()
        return work.done("request", request_id, hall.version(request_id))


@retry_conflicts
async def prioritise(
    request_id: UUID, priority: int, version: int | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """The host moves a request up or down its queue; nobody loses a seat by it."""
    async with works.begin(cause) as work:
        hall, request = await _hosted(work, request_id, actor, version)
        hall.put(requests.prioritise(request, priority), Step.PRIORITISE)
        await hall.promote()
        await hall.save()
        return work.done("request", request_id, hall.version(request_id))


async def _hosted(work: Work, request_id: UUID, actor: Actor, version: int | None) -> tuple[Hall, Request]:
    hall = await hall_of(work, request_id)
    request = await hall.request(request_id)
    if not actor.coordinates(request.host) or request.status is RequestStatus.DRAFT:
        submitted = request.status is not RequestStatus.DRAFT
        if actor.views(request.city) or (submitted and (actor.views(request.host) or actor.moderates)):
            raise NotAllowed
        raise UnknownRequest(request_id)
    check_version(hall.version(request_id), version)
    return hall, request
