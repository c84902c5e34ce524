"""A command of the host, or of the moderator for what was escalated: who sits in which session."""

from collections.abc import Mapping
from uuid import UUID

from vzaimo.contracts.calendar import SeatMode
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, NotAllowed
from vzaimo.kit.work import Done, Works
from vzaimo.requests.domain.assignments import Sessions, assign, by_city
from vzaimo.requests.domain.halls import SEATED
from vzaimo.requests.domain.requests import check_open
from vzaimo.requests.domain.transitions import Step
from vzaimo.requests.handlers.access import acts_for_host
from vzaimo.requests.handlers.halls import event_known, open_hall
from vzaimo.requests.store import REQUEST

IN_SEATS = tuple(one.value for one in sorted(SEATED))
"""The states of requests whose delegates have seats."""


@retry_conflicts
async def assign_sessions(
    event_id: UUID, chosen: Mapping[UUID, Sessions | None] | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """These delegates sit in these sessions; without a choice, all by city, the delegations together."""
    async with works.begin(cause) as work:
        event = await event_known(work, event_id)
        hall = await open_hall(work, event_id, SeatMode.IN_PERSON)
        found = await hall.all(REQUEST.c.status.in_(IN_SEATS))
        concerned = [one for one in found if chosen is None or any(who.id in chosen for who in one.delegates)]
        if not await acts_for_host(work, actor, event.host, concerned):
            raise NotAllowed
        check_open(event)
        for changed in assign(event, found, by_city(event, found) if chosen is None else chosen):
            await hall.take(changed, Step.ASSIGN)
        await hall.save()
        return work.done("ledger", f"{event_id}-{SeatMode.IN_PERSON}", hall.ledger_version)
