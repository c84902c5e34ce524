"""Private feeds: whose a token is, and what concerns them."""

from datetime import datetime

from sqlalchemy import select

from vzaimo.calendar.domain.links import digest
from vzaimo.calendar.domain.refusals import UnknownFeed
from vzaimo.calendar.shapes.links import FeedTokenView
from vzaimo.calendar.store import FEED_TOKEN
from vzaimo.kit.database import Transaction
from vzaimo.kit.identity import ActorNotYetKnown, actor_of
from vzaimo.kit.roles import roles_of


async def cities(tx: Transaction, token: str, now: datetime) -> frozenset[str]:
    """The cities for which the token's owner may read now. Raises ``UnknownFeed``."""
    person = await tx.scalar(select(FEED_TOKEN.c.person).where(FEED_TOKEN.c.digest == digest(token)))
    if person is None:
        raise UnknownFeed
    try:
        return actor_of(person, await roles_of(tx, person), now).cities
    except ActorNotYetKnown:
        raise UnknownFeed from None


async def token(tx: Transaction, person: str) -> FeedTokenView:
    """Whether a person has a private feed."""
    row = await tx.first(select(FEED_TOKEN).where(FEED_TOKEN.c.person == person, FEED_TOKEN.c.digest.is_not(None)))
    return FeedTokenView(made_at=row.made_at if row else None)
