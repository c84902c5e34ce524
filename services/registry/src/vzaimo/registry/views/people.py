"""Who acts for whom, who is invited, and what is known about a person."""

from sqlalchemy import select

from vzaimo.kit.database import Transaction
from vzaimo.kit.http import Cursor, Page
from vzaimo.kit.identity import Actor
from vzaimo.registry.domain.refusals import UnknownCity
from vzaimo.registry.shapes.people import Applicant, InvitationView, PersonView, RoleView
from vzaimo.registry.store import CITY, CONTACT, INVITATION, ROLE
from vzaimo.registry.views.pages import page


async def invitations(tx: Transaction, cursor: Cursor, actor: Actor) -> Page[InvitationView]:
    """Invitations: a coordinator's own cities', the moderator's all."""
    query = select(INVITATION).order_by(INVITATION.c.id)
    if not actor.moderates:
        query = query.where(INVITATION.c.city.in_(sorted(c for c in actor.cities if actor.coordinates(c))))
    return await page(tx, query, cursor, [INVITATION.c.id], InvitationView.of)


async def people(tx: Transaction, cursor: Cursor, city_id: str) -> Page[PersonView]:
    """Who acts for a city now, with work contacts."""
    query = (
        select(ROLE, CONTACT.c.name, CONTACT.c.email, CONTACT.c.phone)
        .outerjoin(CONTACT, CONTACT.c.person == ROLE.c.person)
        .where(ROLE.c.city == city_id, ROLE.c.ended_at.is_(None))
        .order_by(ROLE.c.id)
    )
    return await page(tx, query, cursor, [ROLE.c.id], PersonView.of)


async def applicant(tx: Transaction, city_id: str) -> Applicant:
    """Who applied for a city. Raises ``UnknownCity``."""
    row = await tx.first(
        select(CONTACT.c.name, CONTACT.c.email, CONTACT.c.phone, CONTACT.c.version)
        .select_from(CITY)
        .outerjoin(CONTACT, CONTACT.c.person == CITY.c.applicant)
        .where(CITY.c.id == city_id)
    )
    if row is None:
        raise UnknownCity(city_id)
    return Applicant.of(row)


async def own_roles(tx: Transaction, person: str) -> list[RoleView]:
    """The caller's roles."""
    rows = await tx.all(
        select(ROLE).where(ROLE.c.person == person, ROLE.c.ended_at.is_(None)).order_by(ROLE.c.id).limit(500)
    )
    return [RoleView.of(row) for row in rows]
