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
