"""Who acts for a city; and contact data, which travel in a stream of their own."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from vzaimo.contracts.event import NOBODY, Audience, Fact, PersonRef, Slug, State

CONTACTS = "CONTACTS"
"""The stream of contact data: readable by notify alone, one message a person, never dead-lettered."""


class PersonRole(State):
    """One role of one person. A moderator's has no city; ``scopes`` belong to a city's service client."""

    id: UUID
    """The role's, not the person's."""
    person: PersonRef
    """A reference; nothing about the person."""
    city: Slug | None = None
    """For which the person acts; a moderator's role has none."""
    role: Literal["moderator", "coordinator", "viewer", "service"]
    """What the person may do."""
    scopes: tuple[Slug, ...] = ()
    """Of a city's service client: what it may do."""
    granted_at: AwareDatetime
    """From then on."""
    expires_at: AwareDatetime | None = None
    """Until then, if at all."""
    ended_at: AwareDatetime | None = None
    """When it was taken away."""


class RoleFact(Fact):
    """Something happened to a person's role."""

    service: ClassVar[str] = "registry"
    aggregate: ClassVar[str] = "role"

    role: PersonRole
    """The role after the change."""

    @property
    def key(self) -> str:
        """The role's id."""
        return str(self.role.id)

    @property
    def parties(self) -> tuple[str, str]:
        """The city that the role is for."""
        return self.role.city or NOBODY, NOBODY


class RoleGranted(RoleFact):
    """A person may act from now on."""

    audience: ClassVar[Audience] = Audience.INTERNAL


class RoleEnded(RoleFact):
    """A person may act no longer."""

    audience: ClassVar[Audience] = Audience.INTERNAL


class Contact(State):
    """How a person is reached at work. After erasure only ``person`` is left."""

    person: PersonRef
    """The reference that the person's roles have."""
    email: str | None = None
    """At work."""
    name: str | None = None
    """As the person gave it."""
    phone: str | None = None
    """At work."""
    locale: Literal["ru", "en"] = "ru"
    """In which language the person is written to."""


class ContactFact(Fact):
    """A person's contact data. One subject a person, whatever happened, so that the stream keeps the last only."""

    service: ClassVar[str] = "registry"
    aggregate: ClassVar[str] = "contact"
    stream: ClassVar[str] = CONTACTS
    fact_word: ClassVar[str] = "contact"

    contact: Contact
    """The contact data after the change."""

    @property
    def key(self) -> str:
        """The person's reference."""
        return self.contact.person


class ContactChanged(ContactFact):
    """A person's contact data are these from now on."""

    audience: ClassVar[Audience] = Audience.INTERNAL


class ContactErased(ContactFact):
    """A person's contact data are to be forgotten."""

    audience: ClassVar[Audience] = Audience.INTERNAL
