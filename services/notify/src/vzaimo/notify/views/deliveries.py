"""Mails on their way, without their recipients."""

from sqlalchemy import select

from vzaimo.kit.database import Transaction
from vzaimo.kit.http import Cursor, Page, keyset, page_of
from vzaimo.notify.shapes.deliveries import DeliveryStatus, DeliveryView
from vzaimo.notify.store import DELIVERY


async def deliveries(tx: Transaction, cursor: Cursor, status: DeliveryStatus | None) -> Page[DeliveryView]:
    """Mails on their way, in the order of their ids."""
    query = select(DELIVERY).where(keyset([DELIVERY.c.id], cursor))
    if status is not None:
        query = query.where(DELIVERY.c.status == status)
    rows = await tx.all(query.order_by(DELIVERY.c.id).limit(cursor.limit + 1))
    return page_of(rows, cursor, [DELIVERY.c.id], DeliveryView.of)
