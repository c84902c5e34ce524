"""What the portal reads of its visitor: roles, what they were told; and, for the moderator, what went on."""

from functools import cached_property
from uuid import UUID

from pydantic import AwareDatetime

from vzaimo.contracts.event import State


class Notification(State):
    """A notification in the reader's language."""

    id: UUID
    kind: str
    city: str | None
    subject: str
    event: UUID | None
    title: str
    text: str
    at: AwareDatetime
    read_at: AwareDatetime | None


class Mails(State):
    """How a group of notifications comes by mail; ``fixed`` ones cannot be muted."""

    email: str
    fixed: bool = False


class Preferences(State):
    """What a person wants by mail. The inbox has everything."""

    groups: dict[str, Mails]
    quiet_from: str | None = None
    quiet_until: str | None = None
    timezone: str | None = None
    version: int


class Unread(State):
    """How many notifications are not read."""

    unread: int


class Delivery(State):
    """A mail on its way, without its recipient."""

    id: UUID
    city: str | None
    kind: str
    status: str
    reason: str | None
    attempts: int
    created_at: AwareDatetime


class AuditEntry(State):
    """A fact without its contents."""

    id: int
    fact: str
    aggregate: str
    aggregate_id: str
    version: int
    city: str | None
    other_city: str | None
    actor: str
    at: AwareDatetime
    published: bool


class Role(State):
    """A role of the caller."""

    id: UUID
    role: str
    city: str | None


class Me(State):
    """The caller."""

    person: str
    roles: tuple[Role, ...]

    @cached_property
    def coordinated(self) -> list[str]:
        """The cities for which the caller acts."""
        return sorted({role.city for role in self.roles if role.role == "coordinator" and role.city})

    @cached_property
    def cities(self) -> list[str]:
        """The cities whose own things the caller may read."""
        return sorted({role.city for role in self.roles if role.city})

    @cached_property
    def moderates(self) -> bool:
        """Whether the caller runs the programme."""
        return any(role.role == "moderator" for role in self.roles)
