"""People: how they are reached, what they are invited to, what they may do."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from vzaimo.contracts.registry import Contact, PersonRole
from vzaimo.kit.roles import RoleRow
from vzaimo.kit.tables import table_of
from vzaimo.registry.domain.people import Invitation
from vzaimo.registry.store.model import Model


class ContactRow(Model, table=True):
    """How a person is reached at work. After erasure only the reference stays, with its version."""

    __tablename__ = "contact"

    person: str = Field(primary_key=True, max_length=32)
    email: str | None = None
    name: str | None = None
    phone: str | None = None
    locale: str = "ru"
    version: int


class InvitationRow(Model, table=True):
    """An invitation and the mail that carries it."""

    __tablename__ = "invitation"
    __table_args__ = (
        Index("ix_invitation_city", "city", "id"),
        Index("ix_invitation_mail_due_at", "mail_due_at"),
        Index("ix_invitation_mailbox", "mailbox"),
        Index("ix_invitation_accepted_by", "accepted_by"),
    )

    id: UUID = Field(primary_key=True)
    role: str
    city: str | None = None
    email: str
    """As it was written; empty once the person's contact data are erased."""
    mailbox: str | None = None
    """The same without regard to case: by this a person's invitations are found."""
    accepted_by: str | None = Field(default=None, max_length=32)
    invited_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    accepted_at: datetime | None = None
    mail_due_at: datetime | None = None
    """When the mail is to be tried (again); none when it is sent, given up or pointless."""
    mail_attempts: int = 0
    mail_sent_at: datetime | None = None
    version: int


CONTACT, INVITATION, ROLE = table_of(ContactRow), table_of(InvitationRow), table_of(RoleRow)


def contact_of(row: Any) -> Contact:
    """A contact from its row."""
    return Contact(person=row.person, email=row.email, name=row.name, phone=row.phone, locale=row.locale)


def invitation_of(row: Any) -> Invitation:
    """An invitation from its row."""
    return Invitation(row.id, row.role, row.city, row.email, row.expires_at, row.revoked_at, row.accepted_at)


def role_of(row: Any) -> PersonRole:
    """A role from its row."""
    return PersonRole(
        id=row.id,
        person=row.person,
        city=row.city,
        role=row.role,
        scopes=tuple(row.scopes),
        granted_at=row.granted_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
    )
