"""What requests takes from the bus."""

from functools import partial

from vzaimo.contracts.calendar import EventFact
from vzaimo.contracts.registry import CityFact, PracticeFact, RoleFact, TopicFact
from vzaimo.kit.inbound import Batch, Effect, Subscription
from vzaimo.kit.work import Work
from vzaimo.requests.domain.terms import Terms
from vzaimo.requests.handlers import follow, invitations
from vzaimo.requests.handlers.erasures import plan_purge
from vzaimo.requests.projections import CITIES, EVENTS, PRACTICES, ROLES, TOPICS


def subscriptions(terms: Terms) -> tuple[Subscription, ...]:
    """Copies and their effects, under the programme's terms."""
    threshold = terms.needs_threshold
    after_a_city = _in_turn(follow.follow_cities, partial(invitations.follow_cities, threshold=threshold))
    after_an_event = _in_turn(
        follow.follow_events,
        partial(invitations.answer, threshold=threshold),
        partial(plan_purge, after=terms.purge_after),
    )
    return (
        Subscription(CityFact, CITIES, after_a_city),
        Subscription(RoleFact, ROLES),
        Subscription(EventFact, EVENTS, after_an_event),
        Subscription(PracticeFact, PRACTICES, partial(invitations.invite_newcomers, threshold=threshold)),
        Subscription(TopicFact, TOPICS),
    )


def _in_turn(*effects: Effect) -> Effect:
    async def effect(work: Work, batch: Batch) -> None:
        for one in effects:
            await one(work, batch)

    return effect
