"""From the bus into the service: copy, comparison and effect in one transaction, then the acknowledgement."""

from vzaimo.kit.inbound.arrival import Arrival
from vzaimo.kit.inbound.copies import Change, Copy, keep
from vzaimo.kit.inbound.inbound import Inbound
from vzaimo.kit.inbound.rebuild import Compared
from vzaimo.kit.inbound.subscription import Batch, Effect, Subscription

__all__ = ["Arrival", "Batch", "Change", "Compared", "Copy", "Effect", "Inbound", "Subscription", "keep"]
