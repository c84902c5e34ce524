"""The moderator mends deliveries."""

from uuid import UUID

from sqlalchemy import select, update

from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, NotAllowed
from vzaimo.kit.work import Done, Works
from vzaimo.notify.domain.refusals import DeliveryNotDead, UnknownDelivery
from vzaimo.notify.store import DELIVERY


@retry_conflicts
async def retry(delivery_id: UUID, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """A moderator lets a delivery that was given up be tried again, from the start."""
    if not actor.moderates:
        raise NotAllowed
    async with works.begin(cause) as work:
        row = await work.first(select(DELIVERY).where(DELIVERY.c.id == delivery_id).with_for_update())
        if row is None:
            raise UnknownDelivery(delivery_id)
        if row.status != "dead":
            raise DeliveryNotDead(delivery_id, row.status)
        await work.execute(
            update(DELIVERY)
            .where(DELIVERY.c.id == delivery_id)
            .values(
                status="queued", attempts=0, reason=None, tries_since=None, due_at=work.now, version=row.version + 1
            )
        )
        return work.done("delivery", delivery_id, row.version + 1)
