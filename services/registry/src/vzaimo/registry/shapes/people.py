"""Invitations, roles, contacts, and client programs."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, EmailStr, Field, StringConstraints

from vzaimo.contracts.event import Slug
from vzaimo.kit.http import Body
from vzaimo.kit.http.moments import Moment
from vzaimo.registry.shapes.fields import Line, Locale, Phone

Scope = Literal["read", "events", "requests", "practices", "organisations", "needs", "webhooks"]


class InvitationBody(Body):
    """Whom to invite to what."""

    role: Literal["moderator", "coordinator", "viewer"]
    city: Slug | None = None
    email: EmailStr


class Acceptance(Body):
    """The secret from the mail, and how the person is reached."""

    secret: Annotated[str, StringConstraints(min_length=16, max_length=200)]
    name: Line
    phone: Phone | None = None
    locale: Locale = "ru"


class ClientBody(Body):
    """A city's client program. ``client_id`` is the subject of its tokens."""

    client_id: Line
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=20)]
    expires_at: Moment


class InvitationView(BaseModel):
    """An invitation, without its secret."""

    id: UUID
    role: str
    city: str | None
    email: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    accepted_at: datetime | None
    mail_sent_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls.model_validate(row, from_attributes=True)


class RoleView(BaseModel):
    """A role of the caller."""

    id: UUID
    role: str
    city: str | None
    scopes: list[str]
    granted_at: datetime
    expires_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls.model_validate(row, from_attributes=True)


class PersonView(RoleView):
    """Who acts for a city, with work contacts."""

    name: str | None
    email: str | None
    phone: str | None


class Applicant(BaseModel):
    """Who applied for a city. Nothing is known of one whose data were erased."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    version: int = 0

    @classmethod
    def of(cls, row: Any) -> Self:
        """From the contact's row, if there is one."""
        return cls() if row.version is None else cls.model_validate(row, from_attributes=True)


class Me(BaseModel):
    """The caller: the reference by which facts name them, and roles."""

    person: str
    roles: list[RoleView]
