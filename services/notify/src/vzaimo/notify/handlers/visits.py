"""Events and the requests for them, which two consumers copy: each sees what the other has."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from vzaimo.contracts.calendar import Event
from vzaimo.contracts.requests import Request
from vzaimo.kit.database import insert
from vzaimo.kit.work import Work
from vzaimo.notify.handlers.tell import enter
from vzaimo.notify.projections import EVENT, REQUEST
from vzaimo.notify.store import ADMISSION


async def meet(work: Work, ids: set[UUID]) -> tuple[Mapping[UUID, Event], Mapping[UUID, Sequence[Request]]]:
    """These events, and by event the requests for it, as they are known when nobody else adds to them."""
    requests: dict[UUID, list[Request]] = defaultdict(list)
    if not ids:
        return {}, requests
    await enter(work, {f"event:{one}" for one in ids})
    rows = await work.all(select(EVENT.c.state).where(EVENT.c.id.in_({str(one) for one in ids})))
    events = [Event.model_validate(row.state) for row in rows]
    # As many as cities take part, at most.
    for row in await work.all(select(REQUEST.c.state).where(REQUEST.c.event.in_(ids)).order_by(REQUEST.c.id)):
        request = Request.model_validate(row.state)
        requests[request.event].append(request)
    return {event.id: event for event in events}, requests


async def admit(work: Work, requests: Sequence[tuple[Request, datetime]]) -> None:
    """Remember which of these were given seats: the parties see each other's contacts from then on."""
    rows = {one.id: {"request": one.id, "at": at} for one, at in requests if one.granted}
    if rows:
        await work.execute(insert(work.tx, ADMISSION).on_conflict_do_nothing(), list(rows.values()))
