"""A person's inbox, in the words of now."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from vzaimo.kit.database import Transaction
from vzaimo.kit.http import Cursor, Page, keyset, page_of
from vzaimo.notify.catalogues import Locale
from vzaimo.notify.domain.kinds import Kind
from vzaimo.notify.letters import current
from vzaimo.notify.projections import Known, known
from vzaimo.notify.shapes.inbox import NotificationView, UnreadView
from vzaimo.notify.store import NOTICE, NOTIFICATION

MANY = 99


async def inbox(
    tx: Transaction, cursor: Cursor, person: str, locale: Locale, *, unread: bool
) -> Page[NotificationView]:
    """The person's notifications, the newest first, in the words of now."""
    order = [NOTIFICATION.c.at, NOTIFICATION.c.id]
    query = (
        select(NOTIFICATION, NOTICE.c.kind, NOTICE.c.subject, NOTICE.c.event)
        .join(NOTICE, NOTICE.c.id == NOTIFICATION.c.notice)
        .where(NOTIFICATION.c.person == person, keyset(order, cursor, descending=True))
    )
    if unread:
        query = query.where(NOTIFICATION.c.read_at.is_(None))
    rows = await tx.all(query.order_by(*(one.desc() for one in order)).limit(cursor.limit + 1))
    about = await _about(tx, rows)
    return page_of(rows, cursor, order, lambda row: _shown(row, about.get(row.notice), locale))


async def since(
    tx: Transaction, person: str, no: int, locale: Locale, limit: int
) -> list[tuple[int, NotificationView]]:
    """What the person was told after a number, in that order, with the numbers."""
    rows = await tx.all(
        select(NOTIFICATION, NOTICE.c.kind, NOTICE.c.subject, NOTICE.c.event)
        .join(NOTICE, NOTICE.c.id == NOTIFICATION.c.notice)
        .where(NOTIFICATION.c.person == person, NOTIFICATION.c.no > no)
        .order_by(NOTIFICATION.c.no)
        .limit(limit)
    )
    about = await _about(tx, rows)
    return [(row.no, _shown(row, about.get(row.notice), locale)) for row in rows]


async def unread_count(tx: Transaction, person: str) -> UnreadView:
    """How many the person has not read."""
    some = (
        select(NOTIFICATION.c.id)
        .where(NOTIFICATION.c.person == person, NOTIFICATION.c.read_at.is_(None))
        .limit(MANY)
        .subquery()
    )
    return UnreadView(unread=await tx.scalar(select(func.count()).select_from(some)))


async def _about(tx: Transaction, rows: Sequence[Any]) -> dict[UUID, Known]:
    shown = {row.notice for row in rows}
    return await known(tx, await tx.all(select(NOTICE).where(NOTICE.c.id.in_(shown)))) if shown else {}


def _shown(row: Any, about: Known | None, locale: Locale) -> NotificationView:
    letter = current(Kind(row.kind), about, locale) if about else None
    return NotificationView(
        id=row.id,
        kind=row.kind,
        city=row.city,
        subject=row.subject,
        event=row.event,
        title=letter.title if letter else "",
        text=letter.text if letter else "",
        at=row.at,
        read_at=row.read_at,
        version=row.version,
    )
