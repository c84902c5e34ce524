"""What the portal reads of a city's webhooks: where facts are sent, which ones, and what became of them."""

from uuid import UUID

from pydantic import AwareDatetime

from vzaimo.contracts.event import State

ACTIVE = "active"
RETRIED = {"dead", "suppressed"}
"""What may be tried once more."""


class Webhook(State):
    """Where a city wants facts sent, without its secret."""

    id: UUID
    address: str
    facts: tuple[str, ...]
    status: str
    disabled_reason: str | None = None
    created_at: AwareDatetime
    secret_changed_at: AwareDatetime
    version: int


class Told(State):
    """A secret, in the one answer that has it."""

    id: UUID
    secret: str


class Sending(State):
    """A fact on its way to a webhook. ``answer`` is the status that came back, ``error`` why none did."""

    id: UUID
    type: str
    status: str
    attempts: int
    answer: int | None = None
    error: str | None = None
    created_at: AwareDatetime
    sent_at: AwareDatetime | None = None
    next_at: AwareDatetime | None = None

    @property
    def fact(self) -> str:
        """The fact's name, out of its type ``city.vzaimo.calendar.EventAnnounced.v1``."""
        return self.type.rsplit(".", 2)[-2] if self.type.count(".") > 1 else self.type
