"""Who came, and what cities said afterwards, as far as the caller may know."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from vzaimo.kit.database import Transaction
from vzaimo.kit.http import Cursor, Page, keyset, page_of
from vzaimo.kit.identity import Actor
from vzaimo.requests.domain.refusals import UnknownEvent
from vzaimo.requests.projections import EVENT
from vzaimo.requests.shapes.attendance import AttendanceView, FeedbackEntry, FeedbackView
from vzaimo.requests.store import ATTENDANCE, DELEGATE, FEEDBACK, REQUEST
from vzaimo.requests.views.names import named

MOST_FEEDBACK = 1000


async def attendance(
    tx: Transaction, event_id: UUID, session_id: UUID, cursor: Cursor, actor: Actor
) -> Page[AttendanceView]:
    """A session's list: whole for the host and, without names, for its viewers and the moderator; a guest's own.

    Raises ``UnknownEvent``.
    """
    host = await _host(tx, event_id)
    order = [ATTENDANCE.c.request, ATTENDANCE.c.who]
    query = (
        select(ATTENDANCE, REQUEST.c.city)
        .join(REQUEST, REQUEST.c.id == ATTENDANCE.c.request)
        .where(ATTENDANCE.c.session == session_id, ATTENDANCE.c.event == event_id, keyset(order, cursor))
    )
    if not (actor.views(host) or actor.moderates):
        query = query.where(REQUEST.c.city.in_(actor.cities))
    rows = await tx.all(query.order_by(*order).limit(cursor.limit + 1))
    people = [row for row in rows if row.minutes is not None and named(actor, row.city, host)]
    names = await _names(tx, [UUID(row.who) for row in people])
    return page_of(rows, cursor, order, lambda row: AttendanceView.of(row, names.get(row.who)))


async def feedback(tx: Transaction, event_id: UUID, actor: Actor | None) -> FeedbackView:
    """How many cities said something, and the mean; what they said for the host and themselves. Raises
    ``UnknownEvent``.
    """
    host = await _host(tx, event_id)
    of_event = FEEDBACK.c.event == event_id
    counted = await tx.first(
        select(func.count().label("number"), func.sum(FEEDBACK.c.score).label("total")).where(of_event)
    )
    query = (
        select(FEEDBACK.c.request, FEEDBACK.c.words, REQUEST.c.city, REQUEST.c.state)
        .join(REQUEST, REQUEST.c.id == FEEDBACK.c.request)
        .where(of_event)
    )
    if actor is None or not actor.views(host):
        query = query.where(REQUEST.c.city.in_(actor.cities if actor else ()))
    rows = await tx.all(query.order_by(FEEDBACK.c.request).limit(MOST_FEEDBACK))
    number, total = (counted.number, counted.total) if counted is not None else (0, None)
    return FeedbackView(
        event=event_id,
        number=number,
        mean=round(total / number, 2) if total else None,
        entries=[FeedbackEntry.of(row) for row in rows],
    )


async def _host(tx: Transaction, event_id: UUID) -> str:
    host: str | None = await tx.scalar(select(EVENT.c.host).where(EVENT.c.id == event_id))
    if host is None:
        raise UnknownEvent(event_id)
    return host


async def _names(tx: Transaction, delegates: Sequence[UUID]) -> dict[str, Any]:
    if not delegates:
        return {}
    rows = await tx.all(select(DELEGATE.c.id, DELEGATE.c.name).where(DELEGATE.c.id.in_(delegates)))
    return {str(row.id): row.name for row in rows}
