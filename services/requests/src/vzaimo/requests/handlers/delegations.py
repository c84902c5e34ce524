"""Commands of the guest about its people: let some go, replace one."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from vzaimo.contracts.calendar import AudienceRole
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, check_version
from vzaimo.kit.work import Done, Works
from vzaimo.requests.domain import delegations
from vzaimo.requests.domain.refusals import RosterFrozen
from vzaimo.requests.domain.requests import Person
from vzaimo.requests.domain.transitions import Step
from vzaimo.requests.handlers.access import hidden, may_write
from vzaimo.requests.handlers.halls import hall_of
from vzaimo.requests.handlers.requests import done, keep_names, own


@dataclass(frozen=True, slots=True)
class Replace:
    """``person`` comes in the place of the delegate ``old``."""

    old: UUID
    person: Person
    role: AudienceRole


@retry_conflicts
async def release(
    request_id: UUID,
    chosen: Sequence[UUID] | int,
    version: int | None,
    *,
    works: Works,
    cause: Cause,
    actor: Actor,
) -> Done:
    """The city lets some of its people go; their seats go on at once."""
    async with works.begin(cause) as work:
        hall, request = await own(work, request_id, actor, version)
        await hall.take(delegations.release(request, chosen), Step.RELEASE)
        return await done(hall, request_id)


@retry_conflicts
async def replace(
    request_id: UUID, command: Replace, version: int | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """Another person comes in a delegate's place: the city says so until the freeze, then the host does (rule 7)."""
    async with works.begin(cause) as work:
        hall = await hall_of(work, request_id)
        request = await hall.request(request_id)
        freeze = hall.event.deadlines.roster_freeze
        if work.now < freeze or not actor.coordinates(request.host):
            if not may_write(actor, request.city):
                raise hidden(request, actor)
            if work.now >= freeze:
                raise RosterFrozen(freeze)
        check_version(hall.version(request_id), version)
        after = delegations.replace(request, hall.event, command.old, command.person.delegate, command.role)
        await hall.take(after, Step.REPLACE)
        await keep_names(work, request_id, [command.person])
        return await done(hall, request_id)
