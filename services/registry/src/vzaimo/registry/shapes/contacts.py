"""What is kept about a person."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from vzaimo.contracts.event import parse
from vzaimo.contracts.registry import Contact, ContactFact
from vzaimo.kit.http import Body
from vzaimo.registry.shapes.fields import Line, Locale, Phone
from vzaimo.registry.shapes.people import InvitationView, RoleView


class ContactChange(Body):
    """How the person is reached; the e-mail comes from the token with which a role was taken."""

    name: Line
    phone: Phone | None = None
    locale: Locale = "ru"


class ContactView(Contact):
    """Contact data as they are now."""

    version: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls.model_validate(row, from_attributes=True)


class ContactThen(BaseModel):
    """Contact data as they were from a moment on."""

    since: datetime
    contact: Contact

    @classmethod
    def of(cls, row: Any) -> Self | None:
        """From its row in the log; nothing from another fact."""
        fact = parse(bytes(row.body)).data
        return cls(since=row.created_at, contact=fact.contact) if isinstance(fact, ContactFact) else None


class OwnRoleView(RoleView):
    """A role, also one that has ended."""

    ended_at: datetime | None


class OwnData(BaseModel):
    """All that registry keeps about the caller. What they did is listed at ``/v1/me/acts``."""

    person: str
    contact: ContactView | None
    contact_history: list[ContactThen]
    roles: list[OwnRoleView]
    invitations: list[InvitationView]
    applied_for: list[str]


class ActView(BaseModel):
    """Something that the caller did: a fact in registry's log."""

    at: datetime
    fact: str
    aggregate: str
    id: str

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row in the log."""
        fact = row.event_type.rsplit(".", 2)[-2]
        return cls(at=row.created_at, fact=fact, aggregate=row.aggregate, id=row.aggregate_id)
