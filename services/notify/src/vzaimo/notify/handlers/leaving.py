"""A city takes part no longer: who hears of it, and what ends."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import or_, select

from vzaimo.contracts.calendar import Event
from vzaimo.contracts.requests import Request
from vzaimo.kit.work import Work
from vzaimo.notify.domain.visits import TOUCHED
from vzaimo.notify.domain.webhooks import Reason
from vzaimo.notify.handlers.disable import disable
from vzaimo.notify.projections import EVENT, REQUEST
from vzaimo.notify.store import WEBHOOK


async def leave(work: Work, cities: Collection[str]) -> list[tuple[Request, Event]]:
    """Nothing is sent to these cities' webhooks; return what was to be between them and others.

    A request that is heard of later tells by itself what becomes of it.
    """
    if not cities:
        return []
    await disable(work, WEBHOOK.c.city.in_(cities), Reason.CITY_WITHDRAWN)
    rows = await work.all(
        select(REQUEST.c.state).where(
            or_(REQUEST.c.host.in_(cities), REQUEST.c.city.in_(cities)), REQUEST.c.status.in_(TOUCHED)
        )
    )
    requests = [Request.model_validate(row.state) for row in rows]
    ids = {str(request.event) for request in requests}
    events: dict[UUID, Event] = {}
    for row in await work.all(select(EVENT.c.state).where(EVENT.c.id.in_(ids))):
        event = Event.model_validate(row.state)
        events[event.id] = event
    return [(request, events[request.event]) for request in requests if request.event in events]
