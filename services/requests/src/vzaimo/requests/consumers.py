"""What requests takes from the bus."""

from vzaimo.contracts.calendar import EventFact
from vzaimo.contracts.registry import CityFact, RoleFact
from vzaimo.kit.inbound import Subscription
from vzaimo.requests.handlers.capacity import follow
from vzaimo.requests.projections import CITIES, EVENTS, ROLES

SUBSCRIPTIONS = (
    Subscription(CityFact, CITIES),
    Subscription(RoleFact, ROLES),
    Subscription(EventFact, EVENTS, follow),
)
