"""From the service's own log of facts to its streams, in order, for as long as it takes."""

from vzaimo.kit.relay.log import Log
from vzaimo.kit.relay.reconcile import StrayMessage, reconcile
from vzaimo.kit.relay.relay import Relay, RelayState
from vzaimo.kit.relay.stores import open_log

__all__ = ["Log", "Relay", "RelayState", "StrayMessage", "open_log", "reconcile"]
