"""What calendar takes from the bus."""

from uuid import UUID

from vzaimo.calendar.handlers import capacity, cities
from vzaimo.calendar.projections import CITIES, GRANTS, LEDGERS, ORGANISATIONS, PRACTICES, ROLES
from vzaimo.contracts.registry import CityFact, CityStatus, OrganisationFact, PracticeFact, RoleFact
from vzaimo.contracts.requests import CapacityFact, LedgerFact, RequestFact
from vzaimo.kit.inbound import Batch, Subscription
from vzaimo.kit.work import Work


async def settle(work: Work, batch: Batch) -> None:
    """The ledger answered requests for capacity."""
    answers = {(UUID(one.event.subject), one.fact.answer.no): (one.fact.answer, one.cause) for one in batch.arrivals}
    await capacity.settle(work, answers)


async def follow_cities(work: Work, batch: Batch) -> None:
    """A city that withdraws holds no events any more; one with a new name is found by it."""
    gone = {
        change.after["id"]: change.arrival.cause
        for change in batch.changes
        if change.after["status"] == CityStatus.WITHDRAWN
        and (change.before is None or change.before.status != CityStatus.WITHDRAWN)
    }
    if gone:
        await cities.call_off(work, gone)
    renamed = {
        change.after["id"]: change.after["name"]
        for change in batch.changes
        if change.before is not None and change.before.name != change.after["name"]
    }
    if renamed:
        await cities.rename(work, renamed)


SUBSCRIPTIONS = (
    Subscription(CityFact, CITIES, follow_cities),
    Subscription(RoleFact, ROLES),
    Subscription(PracticeFact, PRACTICES),
    Subscription(OrganisationFact, ORGANISATIONS),
    Subscription(LedgerFact, LEDGERS),
    Subscription(RequestFact, GRANTS),
    Subscription(CapacityFact, effect=settle),
)
