"""What requests takes from the bus."""

from functools import partial

from vzaimo.contracts.calendar import EventFact
from vzaimo.contracts.registry import CityFact, PracticeFact, RoleFact
from vzaimo.kit.inbound import Batch, Effect, Subscription
from vzaimo.kit.work import Work
from vzaimo.requests.domain.terms import Terms
from vzaimo.requests.handlers.capacity import follow
from vzaimo.requests.handlers.erasures import plan_purge
from vzaimo.requests.handlers.invitations import answer, follow_cities, invite_newcomers
from vzaimo.requests.projections import CITIES, EVENTS, PRACTICES, ROLES


def subscriptions(terms: Terms) -> tuple[Subscription, ...]:
    """Copies and their effects, under the programme's terms."""
    threshold = terms.needs_threshold
    return (
        Subscription(CityFact, CITIES, partial(follow_cities, threshold=threshold)),
        Subscription(RoleFact, ROLES),
        Subscription(
            EventFact,
            EVENTS,
            _in_turn(follow, partial(answer, threshold=threshold), partial(plan_purge, after=terms.purge_after)),
        ),
        Subscription(PracticeFact, PRACTICES, partial(invite_newcomers, threshold=threshold)),
    )


def _in_turn(*effects: Effect) -> Effect:
    async def effect(work: Work, batch: Batch) -> None:
        for one in effects:
            await one(work, batch)

    return effect
