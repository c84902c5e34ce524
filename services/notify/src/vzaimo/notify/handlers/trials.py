"""A city has something sent on purpose: a test, or what was given up, once more."""

import json
from uuid import UUID

from sqlalchemy import select, update

from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor
from vzaimo.kit.ids import new_id
from vzaimo.kit.work import Done, Work, Works
from vzaimo.notify.access import check_changes, check_mends
from vzaimo.notify.domain.refusals import NothingToRetry, TestPending, UnknownDelivery, WebhookNotActive
from vzaimo.notify.domain.webhooks import TEST_TYPE, Status
from vzaimo.notify.handlers.forward import body_row, delivery_row, keep
from vzaimo.notify.handlers.webhooks import locked
from vzaimo.notify.store import WEBHOOK_DELIVERY, WEBHOOK_EVENT


@retry_conflicts
async def test(city: str, webhook_id: UUID, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """Queue an event that says nothing but that it has arrived; one at a time."""
    check_changes(actor, city)
    async with works.begin(cause) as work:
        await _active(work, city, webhook_id)
        pending = (
            select(WEBHOOK_DELIVERY.c.id)
            .join(WEBHOOK_EVENT, WEBHOOK_EVENT.c.id == WEBHOOK_DELIVERY.c.event)
            .where(
                WEBHOOK_DELIVERY.c.webhook == webhook_id,
                WEBHOOK_DELIVERY.c.due_at.is_not(None),
                WEBHOOK_EVENT.c.type == TEST_TYPE,
            )
        )
        if await work.scalar(pending.limit(1)) is not None:
            raise TestPending(webhook_id)
        event_id = new_id()
        delivery = delivery_row(webhook_id, event_id, work.now, work)
        body = _event(event_id, webhook_id, city, work)
        await keep(work, [body_row(event_id, TEST_TYPE, body, cause.traceparent, work)], [delivery])
        return work.done("webhook_delivery", delivery["id"], 1)


@retry_conflicts
async def retry(city: str, webhook_id: UUID, delivery_id: UUID, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """Send what was given up, or left out while the webhook was disabled, from the start."""
    check_mends(actor, city)
    async with works.begin(cause) as work:
        await _active(work, city, webhook_id)
        table = WEBHOOK_DELIVERY
        row = await work.first(
            select(table).where(table.c.id == delivery_id, table.c.webhook == webhook_id).with_for_update()
        )
        if row is None:
            raise UnknownDelivery(delivery_id)
        if row.status not in {"dead", "suppressed"}:
            raise NothingToRetry(delivery_id, row.status)
        again = {"status": "queued", "attempts": 0, "tries_since": work.now, "due_at": work.now}
        await work.execute(
            update(table).where(table.c.id == delivery_id).values(**again, leased_until=None, version=row.version + 1)
        )
        return work.done("webhook_delivery", delivery_id, row.version + 1)


async def _active(work: Work, city: str, webhook_id: UUID) -> None:
    row = await locked(work, city, webhook_id)
    if row.status != Status.ACTIVE:
        raise WebhookNotActive(webhook_id)


def _event(event_id: UUID, webhook_id: UUID, city: str, work: Work) -> bytes:
    event = {
        "specversion": "1.0",
        "id": str(event_id),
        "source": "/vzaimo/notify",
        "type": TEST_TYPE,
        "subject": str(webhook_id),
        "time": work.now.isoformat(),
        "datacontenttype": "application/json",
        "data": {"webhook": str(webhook_id), "city": city},
    }
    return json.dumps(event, separators=(",", ":")).encode()
