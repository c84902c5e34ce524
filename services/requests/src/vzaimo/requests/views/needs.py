"""Learning needs as they are shown, and what there is for them already."""

from typing import Any
from uuid import UUID

from sqlalchemy import String, func, literal, select, union_all

from vzaimo.contracts.calendar import EventStatus
from vzaimo.contracts.registry import PracticeStatus
from vzaimo.contracts.requests import NeedStatus
from vzaimo.kit.database import Transaction
from vzaimo.kit.http import Cursor, Page, keyset, page_of
from vzaimo.requests.domain.need_refusals import UnknownNeed
from vzaimo.requests.projections import EVENT, PRACTICE
from vzaimo.requests.shapes.needs import FrequentTopic, FrequentTopics, MatchView, NeedFilter, NeedView
from vzaimo.requests.store import NEED, holds

MOST_FREQUENT = 50


async def needs(tx: Transaction, cursor: Cursor, wanted: NeedFilter) -> Page[NeedView]:
    """Needs in the order of their posting."""
    query = select(NEED).where(keyset([NEED.c.id], cursor))
    for column, value in (
        (NEED.c.topic, wanted.topic),
        (NEED.c.city, wanted.city),
        (NEED.c.status, wanted.status),
        (NEED.c.mode, wanted.mode),
    ):
        if value is not None:
            query = query.where(column == value)
    rows = await tx.all(query.order_by(NEED.c.id).limit(cursor.limit + 1))
    return page_of(rows, cursor, [NEED.c.id], NeedView.of)


async def need(tx: Transaction, need_id: UUID) -> NeedView:
    """One need. Raises ``UnknownNeed``."""
    return NeedView.of(await _row(tx, need_id))


async def matches(tx: Transaction, need_id: UUID, cursor: Cursor) -> Page[MatchView]:
    """Announced events, then published practices on a need's topic; not the asking city's own."""
    need = await _row(tx, need_id)
    events = select(
        literal("event", String).label("kind"),
        EVENT.c.id,
        EVENT.c.host.label("city"),
        EVENT.c.event["title"].as_string().label("title"),
    ).where(EVENT.c.status == EventStatus.ANNOUNCED, holds(EVENT.c.topics, need.topic), EVENT.c.host != need.city)
    practices = select(literal("practice", String), PRACTICE.c.id, PRACTICE.c.city, PRACTICE.c.title).where(
        PRACTICE.c.status == PracticeStatus.PUBLISHED,
        holds(PRACTICE.c.topics, need.topic),
        PRACTICE.c.city != need.city,
    )
    found = union_all(events, practices).subquery("found")
    order = [found.c.kind, found.c.id]
    rows = await tx.all(select(found).where(keyset(order, cursor)).order_by(*order).limit(cursor.limit + 1))
    return page_of(rows, cursor, order, lambda row: MatchView(kind=row.kind, id=row.id, city=row.city, title=row.title))


async def frequent(tx: Transaction) -> FrequentTopics:
    """The topics of most needs that are not closed."""
    counted = func.count().label("needs")
    backers, people = func.sum(NEED.c.backers).label("backers"), func.sum(NEED.c.people).label("people")
    rows = await tx.all(
        select(NEED.c.topic, counted, backers, people)
        .where(NEED.c.status != NeedStatus.CLOSED)
        .group_by(NEED.c.topic)
        .order_by(counted.desc(), backers.desc(), NEED.c.topic)
        .limit(MOST_FREQUENT)
    )
    return FrequentTopics(
        items=[
            FrequentTopic(topic=row.topic, needs=row.needs, backers=int(row.backers), people=int(row.people))
            for row in rows
        ]
    )


async def _row(tx: Transaction, need_id: UUID) -> Any:
    row = await tx.first(select(NEED).where(NEED.c.id == need_id))
    if row is None:
        raise UnknownNeed(need_id)
    return row
