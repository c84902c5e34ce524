"""The ledger's answers to what calendar asks of it, and what follows from an event's end."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from vzaimo.contracts.calendar import CapacityRequest, Event, EventStatus, SeatMode
from vzaimo.contracts.requests import CapacityAnswer, CapacityApplied, CapacityRefused, SeatsChanged
from vzaimo.kit.cause import Cause
from vzaimo.kit.inbound import Batch, Change
from vzaimo.kit.timers import Due
from vzaimo.kit.work import Work
from vzaimo.requests.domain.ledgers import Ledger, fits
from vzaimo.requests.handlers.halls import Hall, open_hall, public
from vzaimo.requests.store import LEDGER, ledger_columns

RESERVES = "reserves-return"
"""The timer at ``confirm_by``, when reserves return to the pool; one a ledger."""


async def follow(work: Work, batch: Batch) -> None:
    """Events changed: compare each with what was known, and act on the difference."""
    for change in batch.changes:
        event: Event = change.fact.event
        cause = change.arrival.cause
        rows = await work.all(
            select(LEDGER).where(LEDGER.c.event == event.id).order_by(LEDGER.c.mode).with_for_update()
        )
        known = max((row.capacity_no for row in rows), default=0)
        if event.capacity_requested is not None and event.capacity_requested.no > known:
            await _answer(work, event, event.capacity_requested, rows, cause)
        if _ended(change):
            for mode in event.mode.seat_modes:
                hall = await open_hall(work, event.id, mode, cause)
                called_off = event.status is EventStatus.CANCELLED
                await hall.close(event.cancelled_for or "event-cancelled" if called_off else None)
                await hall.save()


async def return_reserves(work: Work, due: Due) -> None:
    """At ``confirm_by`` reserves go to whoever waits."""
    event, _, mode = due.aggregate_id.partition("/")
    hall = await open_hall(work, UUID(event), SeatMode(mode))
    await hall.promote()
    await hall.save()


async def _answer(work: Work, event: Event, request: CapacityRequest, rows: Any, cause: Cause) -> None:
    halls = [await open_hall(work, event.id, SeatMode(row.mode), cause) for row in rows]
    plans = {plan.mode: plan for plan in request.seats}
    for hall in halls:
        await hall.know_shares(None)
    applied = all(fits(hall.ledger, plans[hall.ledger.mode]) for hall in halls if hall.ledger.mode in plans)
    for hall in halls:
        await _resize(hall, plans, request.no, applied=applied)
    if applied:
        for mode in plans.keys() - {hall.ledger.mode for hall in halls}:
            ledger = Ledger(event=event.id, host=event.host, mode=mode, plan=plans[mode])
            key = {"event": event.id, "mode": mode.value, "capacity_no": request.no, "version": 1}
            await work.execute(insert(LEDGER), {**key, **ledger_columns(ledger)})
            work.add(SeatsChanged(aggregate_version=1, ledger=public(ledger)), cause=cause)
        for plan in plans.values():
            if plan.reserves:
                work.remind(RESERVES, f"{event.id}/{plan.mode}", event.deadlines.confirm_by)
    answer = CapacityAnswer(
        event=event.id,
        host=event.host,
        no=request.no,
        applied=applied,
        granted={hall.ledger.mode: hall.ledger.granted + hall.ledger.held for hall in halls},
    )
    fact = CapacityApplied if applied else CapacityRefused
    work.add(fact(aggregate_version=request.no, answer=answer), cause=cause)


async def _resize(hall: Hall, plans: Any, no: int, *, applied: bool) -> None:

    hall.capacity_no = no
    if applied and hall.ledger.mode in plans:
        hall.ledger = replace(hall.ledger, plan=plans[hall.ledger.mode])
        await hall.promote()
    await hall.save()


def _ended(change: Change) -> bool:
    over = (EventStatus.CANCELLED, EventStatus.COMPLETED)
    was = change.before.status if change.before is not None else None
    return change.fact.event.status in over and was not in over
