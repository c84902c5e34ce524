"""Who is led where, and a city's share links."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from vzaimo.calendar.domain.links import check_ahead, digest, join_link
from vzaimo.calendar.domain.refusals import NoRemoteSeat, ShareLinkRevoked, UnknownEvent, UnknownShareLink
from vzaimo.calendar.projections import remote_seats
from vzaimo.calendar.shapes.links import ShareLinkView
from vzaimo.calendar.store import EVENT, SHARE_LINK, event_of
from vzaimo.contracts.calendar import Event
from vzaimo.kit.database import Transaction
from vzaimo.kit.http import CursorValue, Page, keyset, page_of
from vzaimo.kit.identity import Actor


async def join(tx: Transaction, event_id: UUID, session: UUID | None, actor: Actor, now: datetime) -> str:
    """Where the host's people, and those of a city with a remote seat, join. Raises ``NoRemoteSeat`` for others."""
    row, event = await _event(tx, event_id)
    check_ahead(event, now)
    hosts = actor.views(event.host) or actor.serves(event.host, "events")
    if not hosts and await tx.scalar(remote_seats(event_id, actor.cities).limit(1)) is None:
        raise NoRemoteSeat(event_id)
    return join_link(event, event_of(row).plan.sessions, session, now)


async def shared(tx: Transaction, secret: str, session: UUID | None, now: datetime) -> str:
    """Where somebody with a city's share link joins, as long as the city has a seat."""
    link = await tx.first(select(SHARE_LINK).where(SHARE_LINK.c.digest == digest(secret)))
    if link is None:
        raise UnknownShareLink
    if link.revoked_at is not None:
        raise ShareLinkRevoked
    row, event = await _event(tx, link.event)
    check_ahead(event, now)
    if await tx.scalar(remote_seats(link.event, (link.city,)).limit(1)) is None:
        raise NoRemoteSeat(link.event)
    return join_link(event, event_of(row).plan.sessions, session, now)


async def share_links(tx: Transaction, cursor: CursorValue, event_id: UUID, actor: Actor) -> Page[ShareLinkView]:
    """The links that the caller's cities have made for an event, revoked ones too; never their secrets."""
    await _event(tx, event_id)
    order = [SHARE_LINK.c.id]
    query = select(SHARE_LINK).where(
        SHARE_LINK.c.event == event_id, SHARE_LINK.c.city.in_(actor.cities), keyset(order, cursor)
    )
    return page_of(await tx.all(query.order_by(*order).limit(cursor.limit + 1)), cursor, order, ShareLinkView.of)


async def _event(tx: Transaction, event_id: UUID) -> tuple[Any, Event]:
    row = await tx.first(select(EVENT).where(EVENT.c.id == event_id, EVENT.c.event.is_not(None)))
    if row is None:
        raise UnknownEvent(event_id)
    return row, Event.model_validate(row.event)
