"""What requests takes from the bus."""

from vzaimo.contracts.calendar import EventFact
from vzaimo.contracts.registry import CityFact, RoleFact
from vzaimo.kit.inbound import Subscription
from vzaimo.requests.handlers.follow import follow_cities, follow_events
from vzaimo.requests.projections import CITIES, EVENTS, ROLES

SUBSCRIPTIONS = (
    Subscription(CityFact, CITIES, follow_cities),
    Subscription(RoleFact, ROLES),
    Subscription(EventFact, EVENTS, follow_events),
)
