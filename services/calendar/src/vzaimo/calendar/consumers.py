"""What calendar takes from the bus."""

from uuid import UUID

from sqlalchemy import select

from vzaimo.calendar.domain import events
from vzaimo.calendar.handlers.events import keep
from vzaimo.calendar.projections import CITIES, GRANTS, LEDGERS, ORGANISATIONS, PRACTICES, ROLES
from vzaimo.calendar.store import EVENT, event_of
from vzaimo.contracts.calendar import CapacitySettled
from vzaimo.contracts.registry import CityFact, OrganisationFact, PracticeFact, RoleFact
from vzaimo.contracts.requests import CapacityFact, LedgerFact, RequestFact
from vzaimo.kit.inbound import Batch, Subscription
from vzaimo.kit.work import Work


async def settle(work: Work, batch: Batch) -> None:
    """The ledger answered requests for capacity."""
    answers = {(UUID(one.event.subject), one.fact.answer.no): one for one in batch.arrivals}
    rows = await work.all(
        select(EVENT).where(EVENT.c.id.in_({event for event, _ in answers})).order_by(EVENT.c.id).with_for_update()
    )
    for row in rows:
        state = event_of(row)
        awaited = state.event.capacity_requested if state.event else None
        arrival = answers.get((row.id, awaited.no)) if awaited else None
        if arrival is None:
            continue
        settled = events.settle(state, arrival.fact.answer)
        if settled is not None:
            await keep(work, row, settled, CapacitySettled, cause=arrival.cause)


SUBSCRIPTIONS = (
    Subscription(CityFact, CITIES),
    Subscription(RoleFact, ROLES),
    Subscription(PracticeFact, PRACTICES),
    Subscription(OrganisationFact, ORGANISATIONS),
    Subscription(LedgerFact, LEDGERS),
    Subscription(RequestFact, GRANTS),
    Subscription(CapacityFact, effect=settle),
)
