"""Whom to call: the other side's coordinators, once the host has given seats."""

from uuid import UUID

from sqlalchemy import and_, or_, select

from vzaimo.contracts.requests import RequestStatus
from vzaimo.kit.database import Transaction
from vzaimo.kit.identity import Actor
from vzaimo.kit.roles import RoleName
from vzaimo.notify.domain.refusals import UnknownRequest
from vzaimo.notify.projections import CONTACT, REQUEST, ROLE
from vzaimo.notify.shapes.contacts import ContactsView, ContactView, PartyView
from vzaimo.notify.store import ADMISSION

MOST = 50
"""People of a city."""


async def contacts(tx: Transaction, request_id: UUID, actor: Actor) -> ContactsView:
    """Who is to be reached about a request. Raises ``UnknownRequest`` for whoever may not see it, or not yet."""
    row = await tx.first(
        select(REQUEST.c.host, REQUEST.c.city)
        .join(ADMISSION, ADMISSION.c.request == request_id)
        .where(REQUEST.c.id == str(request_id), REQUEST.c.status != RequestStatus.REJECTED.value)
    )
    # A client program is nobody who calls.
    own = actor.coordinated | actor.viewed
    sides = [] if row is None else [(row.host, row.city), (row.city, row.host)]
    shown = [other for mine, other in sides if mine in own]
    if not shown:
        raise UnknownRequest(request_id)
    return ContactsView(parties=[PartyView(city=city, people=await _people(tx, city)) for city in shown])


async def _people(tx: Transaction, city: str) -> list[ContactView]:
    rows = await tx.all(
        select(CONTACT.c.name, CONTACT.c.phone, CONTACT.c.email)
        .join(ROLE, and_(ROLE.c.person == CONTACT.c.person, ROLE.c.role == RoleName.COORDINATOR))
        .where(
            ROLE.c.city == city,
            ROLE.c.ended_at.is_(None),
            or_(CONTACT.c.email.is_not(None), CONTACT.c.phone.is_not(None)),
        )
        .order_by(CONTACT.c.name, CONTACT.c.person)
        .limit(MOST)
    )
    return [ContactView(name=row.name, phone=row.phone, email=row.email) for row in rows]
