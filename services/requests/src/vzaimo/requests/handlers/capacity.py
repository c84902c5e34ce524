"""The ledger's answers to what calendar asks of it."""

from collections.abc import Mapping

from sqlalchemy import insert

from vzaimo.contracts.calendar import CapacityRequest, Event, SeatMode
from vzaimo.contracts.requests import CapacityAnswer, CapacityApplied, CapacityFact, CapacityRefused, SeatsChanged
from vzaimo.kit.cause import Cause
from vzaimo.kit.work import Work
from vzaimo.requests.domain.ledgers import Ledger, fits, public
from vzaimo.requests.handlers.halls import OpenHall, open_hall
from vzaimo.requests.store import LEDGER, ledger_columns


async def answer(
    work: Work, event: Event, request: CapacityRequest, halls: dict[SeatMode, OpenHall], cause: Cause
) -> CapacityFact:
    """Apply what was asked, or refuse it whole; halls of new modes join the others. The caller saves them."""
    plans = {plan.mode: plan for plan in request.seats}
    for hall in halls.values():
        await hall.know_shares(None)
        hall.capacity_no = request.no
    applied = all(fits(hall.ledger, plans[mode]) for mode, hall in halls.items() if mode in plans)
    if applied:
        for mode in plans.keys() & halls.keys():
            halls[mode].hall.resize(plans[mode])
            await halls[mode].serve()
        for mode in sorted(plans.keys() - halls.keys()):
            ledger = Ledger(event=event.id, host=event.host, mode=mode, plan=plans[mode])
            key = {"event": event.id, "mode": mode.value, "capacity_no": request.no, "version": 1}
            await work.execute(insert(LEDGER), {**key, **ledger_columns(ledger)})
            work.add(SeatsChanged(aggregate_version=1, ledger=public(ledger)), cause=cause)
            halls[mode] = await open_hall(work, event.id, mode, cause)
    fact = CapacityApplied if applied else CapacityRefused
    return fact(aggregate_version=request.no, answer=_answer(event, request, halls, applied=applied))


def _answer(
    event: Event, request: CapacityRequest, halls: Mapping[SeatMode, OpenHall], *, applied: bool
) -> CapacityAnswer:
    return CapacityAnswer(
        event=event.id,
        host=event.host,
        no=request.no,
        applied=applied,
        granted={mode: hall.ledger.granted + hall.ledger.held for mode, hall in halls.items()},
    )
