"""Adoptions: from a practice to who adopted it, and what it gave."""

from uuid import UUID

from sqlalchemy import select

from vzaimo.kit.database import Transaction
from vzaimo.kit.http import Cursor, Page
from vzaimo.registry.domain.refusals import UnknownAdoption
from vzaimo.registry.shapes.adoptions import AdoptionView
from vzaimo.registry.store import ADOPTION
from vzaimo.registry.views.pages import page


async def adoptions(
    tx: Transaction, cursor: Cursor, *, practice_id: UUID | None, city_id: str | None, source_id: str | None
) -> Page[AdoptionView]:
    """Adoptions in their order: of a practice, by a city, of a city's practices."""
    query = select(ADOPTION).order_by(ADOPTION.c.id)
    if practice_id is not None:
        query = query.where(ADOPTION.c.practice == practice_id)
    if city_id is not None:
        query = query.where(ADOPTION.c.city == city_id)
    if source_id is not None:
        query = query.where(ADOPTION.c.source == source_id)
    return await page(tx, query, cursor, [ADOPTION.c.id], AdoptionView.of)


async def adoption(tx: Transaction, adoption_id: UUID) -> AdoptionView:
    """One adoption. Raises ``UnknownAdoption``."""
    row = await tx.first(select(ADOPTION).where(ADOPTION.c.id == adoption_id))
    if row is None:
        raise UnknownAdoption(adoption_id)
    return AdoptionView.of(row)
