"""A city's webhooks, and what is on its way to them."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from vzaimo.kit.database import Transaction
from vzaimo.kit.http import Cursor, Page, keyset, page_of
from vzaimo.notify.domain.refusals import UnknownWebhook
from vzaimo.notify.domain.webhooks import Status
from vzaimo.notify.shapes.webhooks import WebhookDeliveryView, WebhookView
from vzaimo.notify.store import WEBHOOK, WEBHOOK_DELIVERY, WEBHOOK_EVENT


async def webhooks(tx: Transaction, cursor: Cursor, city: str) -> Page[WebhookView]:
    """Those of a city, the oldest first."""
    rows = await tx.all(_of(city).where(keyset([WEBHOOK.c.id], cursor)).order_by(WEBHOOK.c.id).limit(cursor.limit + 1))
    return page_of(rows, cursor, [WEBHOOK.c.id], WebhookView.of)


async def webhook(tx: Transaction, city: str, webhook_id: UUID) -> Any:
    """The row of one of them. Raises ``UnknownWebhook``."""
    row = await tx.first(_of(city).where(WEBHOOK.c.id == webhook_id))
    if row is None:
        raise UnknownWebhook(city)
    return row


async def deliveries(tx: Transaction, cursor: Cursor, city: str, webhook_id: UUID) -> Page[WebhookDeliveryView]:
    """What was, or is to be, sent to one of them, the newest first. Raises ``UnknownWebhook``."""
    await webhook(tx, city, webhook_id)
    table = WEBHOOK_DELIVERY
    order = [table.c.created_at, table.c.id]
    rows = await tx.all(
        select(table, WEBHOOK_EVENT.c.type)
        .join(WEBHOOK_EVENT, WEBHOOK_EVENT.c.id == table.c.event)
        .where(table.c.webhook == webhook_id, keyset(order, cursor, descending=True))
        .order_by(*(one.desc() for one in order))
        .limit(cursor.limit + 1)
    )
    return page_of(rows, cursor, order, WebhookDeliveryView.of)


def _of(city: str) -> Any:
    return select(WEBHOOK).where(WEBHOOK.c.city == city, WEBHOOK.c.status != Status.REMOVED)
