"""All that registry keeps about a person, for that person."""

from sqlalchemy import func, or_, select

from vzaimo.kit.database import Database, Transaction
from vzaimo.kit.http import Cursor, Page, keyset, page_of
from vzaimo.kit.tables import OutboxRow, table_of
from vzaimo.registry.domain.people import folded
from vzaimo.registry.shapes.contacts import ActView, ContactThen, ContactView, OwnData, OwnRoleView
from vzaimo.registry.shapes.people import InvitationView
from vzaimo.registry.store import CITY, CONTACT, INVITATION, ROLE

OUTBOX = table_of(OutboxRow)
MOST = 500
"""Rows of a kind; no person comes near it."""


async def own_data(tx: Transaction, person: str, email: str | None) -> OwnData:
    """What is kept, by the person's reference and by the verified mailbox of their token."""
    kept = await tx.first(select(CONTACT).where(CONTACT.c.person == person))
    boxes = {folded(one) for one in (email, kept.email if kept else None) if one}
    log = (
        select(OUTBOX.c.created_at, OUTBOX.c.body)
        .where(OUTBOX.c.aggregate == "contact", OUTBOX.c.aggregate_id == person, func.length(OUTBOX.c.body) > 0)
        .order_by(OUTBOX.c.id)
    )
    roles = select(ROLE).where(ROLE.c.person == person).order_by(ROLE.c.id)
    invited = or_(INVITATION.c.accepted_by == person, INVITATION.c.mailbox.in_(sorted(boxes)))
    invitations = select(INVITATION).where(invited).order_by(INVITATION.c.id)
    applied = select(CITY.c.id).where(CITY.c.applicant == person).order_by(CITY.c.id)
    history = [ContactThen.of(row) for row in await tx.all(log.limit(MOST))]
    return OwnData(
        person=person,
        contact=ContactView.of(kept) if kept else None,
        contact_history=[one for one in history if one is not None],
        roles=[OwnRoleView.of(row) for row in await tx.all(roles.limit(MOST))],
        invitations=[InvitationView.of(row) for row in await tx.all(invitations.limit(MOST))],
        applied_for=[row.id for row in await tx.all(applied.limit(MOST))],
    )


async def acts(database: Database, cursor: Cursor, person: str) -> Page[ActView]:
    """What the person did, from the log of facts. It has no index by actor: the maintenance thread reads it."""
    columns = [OUTBOX.c.id]
    query = (
        select(OUTBOX.c.id, OUTBOX.c.created_at, OUTBOX.c.event_type, OUTBOX.c.aggregate, OUTBOX.c.aggregate_id)
        .where(OUTBOX.c.actor == person, keyset(columns, cursor))
        .order_by(OUTBOX.c.id)
        .limit(cursor.limit + 1)
    )
    rows = await database.in_thread(lambda connection: connection.execute(query).all())
    return page_of(rows, cursor, columns, ActView.of)
