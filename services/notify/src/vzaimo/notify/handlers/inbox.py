"""What a person does with an inbox."""

from uuid import UUID

from sqlalchemy import select, update

from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor
from vzaimo.kit.work import Done, Works
from vzaimo.notify.domain.refusals import UnknownNotification
from vzaimo.notify.store import NOTIFICATION


@retry_conflicts
async def read(notification_id: UUID, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """Mark one of the caller's notifications as read; twice is as good as once."""
    async with works.begin(cause) as work:
        row = await work.first(
            select(NOTIFICATION)
            .where(NOTIFICATION.c.id == notification_id, NOTIFICATION.c.person == actor.person)
            .with_for_update()
        )
        if row is None:
            raise UnknownNotification(notification_id)
        if row.read_at is not None:
            return work.done("notification", row.id, row.version)
        await work.execute(
            update(NOTIFICATION).where(NOTIFICATION.c.id == row.id).values(read_at=work.now, version=row.version + 1)
        )
        return work.done("notification", row.id, row.version + 1)


@retry_conflicts
async def read_all(*, works: Works, cause: Cause, actor: Actor) -> Done:
    """Mark all that the caller has been told so far as read."""
    async with works.begin(cause) as work:
        await work.execute(
            update(NOTIFICATION)
            .where(
                NOTIFICATION.c.person == actor.person,
                NOTIFICATION.c.read_at.is_(None),
                NOTIFICATION.c.at <= work.now,
            )
            .values(read_at=work.now, version=NOTIFICATION.c.version + 1)
        )
        return work.done("inbox", actor.person, 1)
