"""What registry shows: rows as JSON, pages by key."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from vzaimo.kit.database import Transaction
from vzaimo.kit.http import Cursor, Page, keyset, page_of
from vzaimo.kit.identity import Actor
from vzaimo.registry.domain.refusals import UnknownCity, UnknownOrganisation, UnknownPractice, UnknownTopic
from vzaimo.registry.shapes import (
    CityView,
    InvitationView,
    OrganisationView,
    PersonView,
    PracticeView,
    RoleView,
    TopicView,
)
from vzaimo.registry.store import CITY, CONTACT, INVITATION, ORGANISATION, PRACTICE, PRACTICE_TOPIC, ROLE, TOPIC

T = TypeVar("T")


async def cities(tx: Transaction, cursor: Cursor, status: str | None) -> Page[CityView]:
    """Cities by slug."""
    query = select(CITY).order_by(CITY.c.id)
    if status is not None:
        query = query.where(CITY.c.status == status)
    return await _page(tx, query, cursor, [CITY.c.id], CityView.of)


async def city(tx: Transaction, city_id: str) -> CityView:
    """One city. Raises ``UnknownCity``."""
    row = await tx.first(select(CITY).where(CITY.c.id == city_id))
    if row is None:
        raise UnknownCity(city_id)
    return CityView.of(row)


async def organisations(tx: Transaction, cursor: Cursor, city_id: str | None) -> Page[OrganisationView]:
    """Organisations in the order of their registration."""
    query = select(ORGANISATION).order_by(ORGANISATION.c.id)
    if city_id is not None:
        query = query.where(ORGANISATION.c.city == city_id)
    return await _page(tx, query, cursor, [ORGANISATION.c.id], OrganisationView.of)


async def organisation(tx: Transaction, organisation_id: UUID) -> OrganisationView:
    """One organisation. Raises ``UnknownOrganisation``."""
    row = await tx.first(select(ORGANISATION).where(ORGANISATION.c.id == organisation_id))
    if row is None:
        raise UnknownOrganisation(organisation_id)
    return OrganisationView.of(row)


async def topics(tx: Transaction, cursor: Cursor) -> Page[TopicView]:
    """Topics by slug, retired ones too."""
    return await _page(tx, select(TOPIC).order_by(TOPIC.c.id), cursor, [TOPIC.c.id], TopicView.of)


async def topic(tx: Transaction, topic_id: str) -> TopicView:
    """One topic. Raises ``UnknownTopic``."""
    row = await tx.first(select(TOPIC).where(TOPIC.c.id == topic_id))
    if row is None:
        raise UnknownTopic(topic_id)
    return TopicView.of(row)


async def practices(
    tx: Transaction, cursor: Cursor, actor: Actor | None, *, city_id: str | None, topic_id: str | None, status: str
) -> Page[PracticeView]:
    """Practices in the order of their making: published ones for all, others for their city and the moderator."""
    query = select(PRACTICE).where(PRACTICE.c.status == status).order_by(PRACTICE.c.id)
    if city_id is not None:
        query = query.where(PRACTICE.c.city == city_id)
    if topic_id is not None:
        query = query.join(PRACTICE_TOPIC, PRACTICE_TOPIC.c.practice == PRACTICE.c.id)
        query = query.where(PRACTICE_TOPIC.c.topic == topic_id)
    if status in {"draft", "in_review"} and not (actor and actor.moderates):
        query = query.where(PRACTICE.c.city.in_(sorted(actor.cities) if actor else []))
    return await _page(tx, query, cursor, [PRACTICE.c.id], lambda row: PracticeView.of(row, own=_own(actor, row)))


async def practice(tx: Transaction, practice_id: UUID, actor: Actor | None) -> PracticeView:
    """One practice. Raises ``UnknownPractice`` also for one that the caller may not see yet."""
    row = await tx.first(select(PRACTICE).where(PRACTICE.c.id == practice_id))
    if row is None or (row.published_at is None and not _own(actor, row)):
        raise UnknownPractice(practice_id)
    return PracticeView.of(row, own=_own(actor, row))


async def invitations(tx: Transaction, cursor: Cursor, actor: Actor) -> Page[InvitationView]:
    """Invitations: a coordinator's own cities', the moderator's all."""
    query = select(INVITATION).order_by(INVITATION.c.id)
    if not actor.moderates:
        query = query.where(INVITATION.c.city.in_(sorted(c for c in actor.cities if actor.coordinates(c))))
    return await _page(tx, query, cursor, [INVITATION.c.id], InvitationView.of)


async def people(tx: Transaction, cursor: Cursor, city_id: str) -> Page[PersonView]:
    """Who acts for a city now, with work contacts."""
    query = (
        select(ROLE, CONTACT.c.name, CONTACT.c.email, CONTACT.c.phone)
        .outerjoin(CONTACT, CONTACT.c.person == ROLE.c.person)
        .where(ROLE.c.city == city_id, ROLE.c.ended_at.is_(None))
        .order_by(ROLE.c.id)
    )
    return await _page(tx, query, cursor, [ROLE.c.id], PersonView.of)


async def own_roles(tx: Transaction, person: str) -> list[RoleView]:
    """The caller's roles."""
    rows = await tx.all(
        select(ROLE).where(ROLE.c.person == person, ROLE.c.ended_at.is_(None)).order_by(ROLE.c.id).limit(500)
    )
    return [RoleView.of(row) for row in rows]


def _own(actor: Actor | None, row: Any) -> bool:
    return actor is not None and (actor.moderates or actor.views(row.city) or actor.serves(row.city, "practices"))


async def _page(tx: Transaction, query: Any, cursor: Cursor, columns: Any, shape: Callable[[Any], T]) -> Page[T]:
    rows = await tx.all(query.where(keyset(columns, cursor)).limit(cursor.limit + 1))
    return page_of(rows, cursor, columns, shape)
