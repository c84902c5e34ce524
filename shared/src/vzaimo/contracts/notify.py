"""Facts of notify: what could not be delivered."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from vzaimo.contracts.event import NOBODY, Audience, Fact, Slug, State


class Delivery(State):
    """One mail to one person, without the person; or one fact to one webhook, without its address."""

    id: UUID
    """Never changes."""
    channel: Slug
    """By which way it was to arrive, a code."""
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
        """The city that the recipient acts for, or whose webhook it is."""
        return self.delivery.city or NOBODY, NOBODY


class DeliveryDead(DeliveryFact):
    """A delivery was given up; an operator may try it again."""

    audience: ClassVar[Audience] = Audience.INTERNAL


class Webhook(State):
    """Where a city wants facts sent, without the address: that may hold a secret."""

    id: UUID
    """Never changes."""
    city: Slug
    """Whose it is."""
    status: Literal["active", "disabled"]
    """A disabled one is sent nothing."""
    disabled_for: Slug | None = None
    """``gone``: it answered 410; ``failing``: nothing was taken for three days; ``switched-off``: by the city;
    ``city-withdrawn``."""
    disabled_at: AwareDatetime | None = None
    """Since when."""


class WebhookFact(Fact):
    """Something happened to a webhook."""

    service: ClassVar[str] = "notify"
    aggregate: ClassVar[str] = "webhook"

    webhook: Webhook
    """The webhook as it is now."""

    @property
    def key(self) -> str:
        """The webhook's id."""
        return str(self.webhook.id)

    @property
    def parties(self) -> tuple[str, str]:
        """The city whose it is."""
        return self.webhook.city, NOBODY


class WebhookDisabled(WebhookFact):
    """Nothing is sent to a webhook any longer, until its city enables it again."""

    audience: ClassVar[Audience] = Audience.PARTY
