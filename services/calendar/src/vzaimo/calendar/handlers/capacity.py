"""Requests for seats: asked by the host, answered by the ledger, or not answered."""

import logging
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select, update

from vzaimo.calendar.domain import events
from vzaimo.calendar.handlers.access import check_active, host_status, own
from vzaimo.calendar.handlers.keep import keep
from vzaimo.calendar.store import EVENT, event_of, locked
from vzaimo.contracts.calendar import CapacityRequested, CapacitySettled, SeatPlan
from vzaimo.contracts.requests import CapacityAnswer
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, check_version
from vzaimo.kit.timers import Due
from vzaimo.kit.work import Done, Work, Works

log = logging.getLogger(__name__)


@retry_conflicts
async def request_capacity(
    event_id: UUID, seats: tuple[SeatPlan, ...], version: int | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """The host asks the ledger for other seats. Only an active city may have more."""
    async with works.begin(cause) as work:
        status = await host_status(work, event_id)
        row = await own(work, event_id, actor)
        check_version(row.version, version)
        state = event_of(row)
        if events.raises_capacity(state.announced, seats):
            check_active(row.host, status)
        return await keep(work, row, events.request_capacity(state, seats, work.now), CapacityRequested)


async def settle(work: Work, answers: Mapping[tuple[UUID, int], tuple[CapacityAnswer, Cause]]) -> None:
    """The ledger answered requests, by event and number; those that are not awaited (any more) count for nothing."""
    rows = await work.all(
        select(EVENT).where(EVENT.c.id.in_({event for event, _ in answers})).order_by(EVENT.c.id).with_for_update()
    )
    for row in rows:
        state = event_of(row)
        awaited = state.event.capacity_requested if state.event else None
        answered = answers.get((row.id, awaited.no)) if awaited else None
        if answered is None:
            continue
        answer, cause = answered
        settled = events.settle(state, answer)
        if settled is not None:
            await keep(work, row, settled, CapacitySettled, cause=cause)


async def mark_overdue(work: Work, due: Due) -> None:
    """Ten minutes have passed; a request that is still open is shown as overdue, and counted by the sweep."""
    row = await work.first(locked(UUID(due.aggregate_id)))
    asked = event_of(row).awaited if row is not None else None
    if row is not None and asked is not None and asked.no == due.revision:
        await work.execute(update(EVENT).where(EVENT.c.id == row.id).values(capacity_overdue=True))
        log.error("the seat ledger owes an answer", extra={"aggregate_id": due.aggregate_id, "no": asked.no})
