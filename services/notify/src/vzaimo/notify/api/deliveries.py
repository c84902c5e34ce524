"""Mails on their way, for those who mend them."""

from uuid import UUID

from fastapi import APIRouter, Response

from vzaimo.kit.http import Command, Cursor, Member, Page, Receipt
from vzaimo.kit.identity import NotAllowed
from vzaimo.notify.handlers import deliveries
from vzaimo.notify.shapes.deliveries import DeliveryStatus, DeliveryView
from vzaimo.notify.views import deliveries as views

router = APIRouter(tags=["deliveries"])


@router.get("/deliveries", response_model=Page[DeliveryView])
async def list_deliveries(call: Member, cursor: Cursor, status: DeliveryStatus | None = None) -> Response:
    """Mails on their way, for the moderator."""
    if not call.actor.moderates:
        raise NotAllowed
    async with call.gate.database.read() as tx:
        return call.listed(await views.deliveries(tx, cursor, status))


@router.post("/deliveries/{delivery_id}/retry", response_model=Receipt)
async def retry(delivery_id: UUID, call: Command) -> Response:
    """Try a mail that was given up once more."""
    return call.receipt(await deliveries.retry(delivery_id, works=call.works, cause=call.cause, actor=call.actor))
