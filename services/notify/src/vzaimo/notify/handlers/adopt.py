"""A restored store takes what it said of its own deliveries and webhooks back from its facts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update

from vzaimo.contracts.event import Fact
from vzaimo.contracts.notify import Delivery, DeliveryFact, WebhookFact
from vzaimo.kit.work import Work
from vzaimo.notify.store import DELIVERY, WEBHOOK, WEBHOOK_DELIVERY


async def adopt(work: Work, facts: Sequence[Fact]) -> None:
    """What was given up, or disabled, stays so; what the store has lost was told and is not made anew."""
    for fact in facts:
        if isinstance(fact, DeliveryFact):
            table, key, values = _given_up(fact.delivery)
        elif isinstance(fact, WebhookFact):
            table, key, values = WEBHOOK, fact.webhook.id, fact.webhook.model_dump(exclude={"id", "city"})
        else:
            raise TypeError(type(fact).__name__)
        await work.execute(
            update(table)
            .where(table.c.id == key, table.c.version < fact.aggregate_version)
            .values(**values, version=fact.aggregate_version)
        )


def _given_up(delivery: Delivery) -> tuple[Any, Any, dict[str, Any]]:
    dead = {"status": "dead", "due_at": None}
    if delivery.channel == "webhook":
        return WEBHOOK_DELIVERY, delivery.id, {**dead, "error": delivery.reason}
    return DELIVERY, delivery.id, {**dead, "reason": delivery.reason}
