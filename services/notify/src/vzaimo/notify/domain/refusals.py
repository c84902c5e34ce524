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
