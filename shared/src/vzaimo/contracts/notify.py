"""Facts of notify: what could not be delivered."""

from typing import ClassVar
from uuid import UUID

from vzaimo.contracts.event import NOBODY, Audience, Fact, Slug, State


class Delivery(State):
    """One mail to one person, without the person."""

    id: UUID
    """Never changes."""
    channel: Slug
    """``email``, or another way."""
    kind: Slug
    """What it was about, a code."""
    city: Slug | None = None
    """For which the recipient acts."""
    attempts: int
    """How often it was tried."""
    reason: Slug
    """Why it was given up, a code."""


class DeliveryFact(Fact):
    """Something happened to a delivery."""

    service: ClassVar[str] = "notify"
    aggregate: ClassVar[str] = "delivery"

    delivery: Delivery
    """The delivery that was given up."""

    @property
    def key(self) -> str:
        """The delivery's id."""
        return str(self.delivery.id)

    @property
    def parties(self) -> tuple[str, str]:
        """The city that the recipient acts for."""
        return self.delivery.city or NOBODY, NOBODY


class DeliveryDead(DeliveryFact):
    """A delivery was given up; an operator may try it again."""

    audience: ClassVar[Audience] = Audience.INTERNAL
