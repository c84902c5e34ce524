"""Organisations and topics."""

from uuid import UUID

from sqlalchemy import select

from vzaimo.kit.database import Transaction
from vzaimo.kit.http import Cursor, Page, Problem
from vzaimo.registry.domain.refusals import UnknownOrganisation
from vzaimo.registry.shapes.places import OrganisationView, TopicView
from vzaimo.registry.store import ORGANISATION, TOPIC
from vzaimo.registry.views.pages import page


async def organisations(tx: Transaction, cursor: Cursor, city_id: str | None) -> Page[OrganisationView]:
    """Organisations in the order of their registration."""
    query = select(ORGANISATION).order_by(ORGANISATION.c.id)
    if city_id is not None:
        query = query.where(ORGANISATION.c.city == city_id)
    return await page(tx, query, cursor, [ORGANISATION.c.id], OrganisationView.of)


async def organisation(tx: Transaction, organisation_id: UUID) -> OrganisationView:
    """One organisation. Raises ``UnknownOrganisation``."""
    row = await tx.first(select(ORGANISATION).where(ORGANISATION.c.id == organisation_id))
    if row is None:
        raise UnknownOrganisation(organisation_id)
    return OrganisationView.of(row)


async def topics(tx: Transaction, cursor: Cursor) -> Page[TopicView]:
    """Topics by slug, retired ones too."""
    return await page(tx, select(TOPIC).order_by(TOPIC.c.id), cursor, [TOPIC.c.id], TopicView.of)


async def topic(tx: Transaction, topic_id: str) -> TopicView:
    """One topic. Raises the problem ``not-found``: that of an unknown topic is about a field."""
    row = await tx.first(select(TOPIC).where(TOPIC.c.id == topic_id))
    if row is None:
        raise Problem("not-found")
    return TopicView.of(row)
