"""A person's own private feed."""

from sqlalchemy import select, update

from vzaimo.calendar.domain.links import digest
from vzaimo.calendar.domain.refusals import UnknownFeed
from vzaimo.calendar.store import FEED_TOKEN
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import insert, retry_conflicts
from vzaimo.kit.identity import Actor
from vzaimo.kit.work import Done, Works


@retry_conflicts
async def make(secret: str, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """Give the caller a private feed, in place of the one that they had."""
    async with works.begin(cause) as work:
        made = {"digest": digest(secret), "made_at": work.now}
        statement = insert(work.tx, FEED_TOKEN).values(person=actor.person, version=1, **made)
        version = await work.scalar(
            statement.on_conflict_do_update(
                index_elements=["person"], set_={**made, "version": FEED_TOKEN.c.version + 1}
            ).returning(FEED_TOKEN.c.version)
        )
        return work.done("feed_token", actor.person, version)


@retry_conflicts
async def revoke(*, works: Works, cause: Cause, actor: Actor) -> Done:
    """Close the caller's private feed. Raises ``UnknownFeed``."""
    async with works.begin(cause) as work:
        mine = FEED_TOKEN.c.person == actor.person
        row = await work.first(select(FEED_TOKEN).where(mine).with_for_update())
        if row is None or row.digest is None:
            raise UnknownFeed
        await work.execute(update(FEED_TOKEN).where(mine).values(digest=None, version=row.version + 1))
        return work.done("feed_token", actor.person, row.version + 1)
