"""Practices."""

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from vzaimo.contracts.registry import PracticeStatus
from vzaimo.kit.database import Transaction
from vzaimo.kit.http import Cursor, Page
from vzaimo.kit.identity import Actor
from vzaimo.kit.search import matching
from vzaimo.registry.domain.refusals import UnknownPractice
from vzaimo.registry.shapes.practices import PracticeFilter, PracticeView
from vzaimo.registry.store import PRACTICE, PRACTICE_TEXT, PRACTICE_TOPIC, TEXTS
from vzaimo.registry.views.pages import page

_CLOSED = frozenset({PracticeStatus.DRAFT, PracticeStatus.IN_REVIEW})
"""Seen by their city and the moderator alone."""


async def practices(tx: Transaction, cursor: Cursor, actor: Actor | None, wanted: PracticeFilter) -> Page[PracticeView]:
    """Practices in the order of their making: published ones for all, others for their city and the moderator.

    Load the lemmas before, for a text.
    """
    status = wanted.status or [PracticeStatus.PUBLISHED]
    query = select(PRACTICE).where(PRACTICE.c.status.in_(status)).order_by(PRACTICE.c.id)
    if wanted.city is not None:
        query = query.where(PRACTICE.c.city == wanted.city)
    if wanted.topic is not None:
        query = query.join(PRACTICE_TOPIC, PRACTICE_TOPIC.c.practice == PRACTICE.c.id)
        query = query.where(PRACTICE_TOPIC.c.topic == wanted.topic)
    if wanted.text is not None:
        words = matching(tx.dialect, PRACTICE_TEXT.name, TEXTS, wanted.text)
        query = query.where(PRACTICE.c.id.in_(select(PRACTICE_TEXT.c.practice).where(words)))
    if not (_CLOSED.isdisjoint(status) or (actor and actor.moderates)):
        own = PRACTICE.c.city.in_(sorted(actor.cities) if actor else [])
        query = query.where(or_(PRACTICE.c.status.not_in(_CLOSED), own))
    return await page(tx, query, cursor, [PRACTICE.c.id], lambda row: PracticeView.of(row, own=_own(actor, row)))


async def practice(tx: Transaction, practice_id: UUID, actor: Actor | None) -> PracticeView:
    """One practice. Raises ``UnknownPractice`` also for one that the caller may not see yet."""
    row = await tx.first(select(PRACTICE).where(PRACTICE.c.id == practice_id))
    if row is None or (row.published_at is None and not _own(actor, row)):
        raise UnknownPractice(practice_id)
    return PracticeView.of(row, own=_own(actor, row))


def _own(actor: Actor | None, row: Any) -> bool:
    return actor is not None and (actor.moderates or actor.views(row.city) or actor.serves(row.city, "practices"))
