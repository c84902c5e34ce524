"""A restored store takes what it said of its own deliveries back from its facts."""

from collections.abc import Sequence

from sqlalchemy import update

from vzaimo.contracts.event import Fact
from vzaimo.contracts.notify import DeliveryFact
from vzaimo.kit.work import Work
from vzaimo.notify.store import DELIVERY


async def adopt(work: Work, facts: Sequence[Fact]) -> None:
    """A delivery that was given up stays so; one that the store has lost was told and is not made anew."""
    for fact in facts:
        if not isinstance(fact, DeliveryFact):
            raise TypeError(type(fact).__name__)
        await work.execute(
            update(DELIVERY)
            .where(DELIVERY.c.id == fact.delivery.id, DELIVERY.c.version < fact.aggregate_version)
            .values(status="dead", reason=fact.delivery.reason, due_at=None, version=fact.aggregate_version)
        )
