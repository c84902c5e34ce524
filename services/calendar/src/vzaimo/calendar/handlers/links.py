"""Share links of a city's delegation."""

from uuid import UUID

from sqlalchemy import insert, select, update

from vzaimo.calendar.domain.links import check_ahead, digest
from vzaimo.calendar.domain.refusals import NoRemoteSeat, UnknownEvent, UnknownShareLink
from vzaimo.calendar.projections import remote_seats
from vzaimo.calendar.store import EVENT, SHARE_LINK
from vzaimo.contracts.calendar import Event
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, NotAllowed
from vzaimo.kit.work import Done, Works


@retry_conflicts
async def share(
    link_id: UUID, secret: str, event_id: UUID, city: str, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """A city with a remote seat makes a link for its delegation. It serves until the event's end."""
    if not actor.coordinates(city):
        raise NotAllowed
    async with works.begin(cause) as work:
        state = await work.scalar(select(EVENT.c.event).where(EVENT.c.id == event_id).with_for_update(read=True))
        if state is None:
            raise UnknownEvent(event_id)
        check_ahead(Event.model_validate(state), work.now)
        if await work.scalar(remote_seats(event_id, (city,)).limit(1).with_for_update(read=True)) is None:
            raise NoRemoteSeat(event_id)
        made = {"id": link_id, "event": event_id, "city": city, "digest": digest(secret), "made_at": work.now}
        await work.execute(insert(SHARE_LINK), {**made, "version": 1})
        return work.done("share_link", link_id, 1)


@retry_conflicts
async def revoke(event_id: UUID, link_id: UUID, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The city takes its link back; once more changes nothing."""
    async with works.begin(cause) as work:
        row = await work.first(
            select(SHARE_LINK).where(SHARE_LINK.c.id == link_id, SHARE_LINK.c.event == event_id).with_for_update()
        )
        if row is None or not (actor.views(row.city) or actor.coordinates(row.city)):
            raise UnknownShareLink
        if not actor.coordinates(row.city):
            raise NotAllowed
        if row.revoked_at is not None:
            return work.done("share_link", link_id, row.version)
        revoked = {"revoked_at": work.now, "version": row.version + 1}
        await work.execute(update(SHARE_LINK).where(SHARE_LINK.c.id == link_id).values(revoked))
        return work.done("share_link", link_id, row.version + 1)
