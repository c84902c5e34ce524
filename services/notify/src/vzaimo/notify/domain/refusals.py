"""What notify refuses. Fields are facts of the case; the words are in ``wording``."""

from dataclasses import dataclass
from uuid import UUID

from vzaimo.contracts.refusal import Refusal


@dataclass
class UnknownNotification(Refusal):
    """No such notification in the caller's inbox."""

    notification: UUID


@dataclass
class UnknownDelivery(Refusal):
    """No such delivery."""

    delivery: UUID


@dataclass
class DeliveryNotDead(Refusal):
    """Only what was given up is tried again by hand."""

    delivery: UUID
    status: str


@dataclass
class CannotBeMuted(Refusal):
    """Decisions, cancellations and reschedules come at once."""

    group: str


@dataclass
class UnknownZone(Refusal):
    """No time zone by the name that was given."""


@dataclass
class HalfQuiet(Refusal):
    """Quiet hours have a beginning and an end."""


@dataclass
class BadUnsubscribeToken(Refusal):
    """The address is none of those that our mails carry."""


@dataclass
class UnknownRequest(Refusal):
    """No such request, or none whose contacts the caller may see."""

    request: UUID


@dataclass
class TooManyStreams(Refusal):
    """As many streams are open as one person, or this process, may have."""

    most: int


@dataclass
class BadAddress(Refusal):
    """Nothing is sent there, or it is no address."""

    reason: str


@dataclass
class UnknownWebhook(Refusal):
    """The city has no such webhook, or none that the caller may see."""

    city: str


@dataclass
class TooManyWebhooks(Refusal):
    """A city has only so many."""

    most: int


@dataclass
class WebhookNotActive(Refusal):
    """Nothing is sent to a webhook that is disabled."""

    webhook: UUID


@dataclass
class TestPending(Refusal):
    """The last test is still on its way."""

    webhook: UUID


@dataclass
class NothingToRetry(Refusal):
    """Only what was given up, or left out, is sent again by hand."""

    delivery: UUID
    status: str


@dataclass
class WebhooksOff(Refusal):
    """This installation has no webhooks."""
