"""What notify takes from the bus."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from pydantic import BaseModel
from sqlalchemy import update

from vzaimo.contracts.calendar import Event, EventFact
from vzaimo.contracts.notify import WebhookFact
from vzaimo.contracts.registry import (
    Adoption,
    AdoptionFact,
    City,
    CityFact,
    ContactFact,
    OrganisationFact,
    Practice,
    PracticeFact,
    RoleFact,
    TopicFact,
)
from vzaimo.contracts.requests import (
    Erasure,
    ErasureFact,
    HostInvitation,
    InvitationFact,
    LedgerFact,
    Need,
    NeedFact,
    Request,
    RequestFact,
)
from vzaimo.kit.inbound import Arrival, Batch, Effect, Subscription
from vzaimo.kit.work import Work
from vzaimo.notify.domain.notices import (
    Notice,
    of_adoption,
    of_city,
    of_departure,
    of_erasure,
    of_event,
    of_invitation,
    of_need,
    of_practice,
    withdrew,
)
from vzaimo.notify.domain.visits import behind, late, of_request, told
from vzaimo.notify.handlers.forward import forward
from vzaimo.notify.handlers.leaving import leave
from vzaimo.notify.handlers.remind import plan_adoption, plan_city, plan_event, plan_visit
from vzaimo.notify.handlers.tell import News, catch_up, publish
from vzaimo.notify.handlers.visits import admit, meet
from vzaimo.notify.projections import (
    ADOPTIONS,
    CITIES,
    CONTACTS,
    ERASURES,
    EVENTS,
    INVITATIONS,
    NEEDS,
    PRACTICES,
    REQUESTS,
    ROLES,
    TOPICS,
)
from vzaimo.notify.store import DELIVERY


def _steps(batch: Batch, part: str, state: type[BaseModel]) -> Iterator[tuple[Any, Any, Arrival[Any]]]:
    """Every new version in its order, with the one before: also those that a batch has passed over."""
    newer = {change.arrival.place: change for change in batch.changes}
    ordered = sorted(batch.arrivals, key=lambda one: (one.place, one.fact.aggregate_version))
    for place, arrivals in groupby(ordered, key=lambda one: one.place):
        if place not in newer:
            continue
        row = newer[place].before
        before = state.model_validate(row.state) if row is not None else None
        version = row.version if row is not None else 0
        for arrival in arrivals:
            if arrival.fact.aggregate_version > version:
                after = getattr(arrival.fact, part)
                yield before, after, arrival
                before, version = after, arrival.fact.aggregate_version


def _news(notice: Notice, arrival: Arrival[Any]) -> News:
    return News(notice, arrival.event.id, arrival.event.time, arrival.cause.traceparent)


def _tell(
    part: str,
    state: type[BaseModel],
    notices: Callable[[Any, Any], Iterable[Notice]],
    plan: Callable[[Work, Any, datetime], None] | None = None,
) -> Effect:
    async def effect(work: Work, batch: Batch) -> None:
        await publish(
            work,
            [
                _news(notice, arrival)
                for before, after, arrival in _steps(batch, part, state)
                for notice in notices(before, after)
            ],
        )
        if plan is not None:
            for change in batch.changes:
                plan(work, getattr(change.fact, part), change.arrival.event.time)

    return effect


async def _cities(work: Work, batch: Batch) -> None:
    """A city; and where it leaves, whom that touches."""
    steps = list(_steps(batch, "city", City))
    between = await leave(work, {after.id for before, after, _ in steps if withdrew(before, after)})
    news = []
    for before, after, arrival in steps:
        at = arrival.event.time
        notices = [*of_city(before, after)]
        if withdrew(before, after):
            notices += of_departure(after, between, at)
        news += [_news(notice, arrival) for notice in notices]
    await publish(work, news)
    for change in batch.changes:
        plan_city(work, change.fact.city, change.arrival.event.time)


async def _events(work: Work, batch: Batch) -> None:
    """An event, and what its guests are told of it."""
    steps = list(_steps(batch, "event", Event))
    _, requests = await meet(work, {after.id for _, after, _ in steps})
    news = [
        _news(notice, arrival)
        for before, after, arrival in steps
        for notice in (
            *of_event(before, after),
            *(notice for request in requests[after.id] for notice in told(before, after, request)),
        )
    ]
    for change in batch.changes:
        event, since = change.fact.event, change.arrival.event.time
        plan_event(work, event, since)
        for request in requests[event.id]:
            plan_visit(work, request, event, since)
    await publish(work, news)


async def _requests(work: Work, batch: Batch) -> None:
    """A request; and where it arrives after the event has moved, that its city should know."""
    steps = list(_steps(batch, "request", Request))
    events, _ = await meet(work, {after.event for _, after, _ in steps})
    await admit(work, [(after, arrival.event.time) for _, after, arrival in steps])
    news = [_news(notice, arrival) for before, after, arrival in steps for notice in of_request(before, after)]
    for change in batch.changes:
        request, since = change.fact.request, change.arrival.event.time
        event = events.get(request.event)
        plan_visit(work, request, event, since)
        if event is not None and behind(event, request):
            news.append(_news(late(event, request), change.arrival))
    await publish(work, news)


async def _roles(work: Work, batch: Batch) -> None:
    await catch_up(work, [change.after for change in batch.changes if change.before is None])


async def _contacts(work: Work, batch: Batch) -> None:
    """Deliveries that waited to know where to go need not wait any longer."""
    people = sorted({change.after["person"] for change in batch.changes if change.before is None})
    if people:
        await work.execute(
            update(DELIVERY)
            .where(DELIVERY.c.person.in_(people), DELIVERY.c.status == "retrying", DELIVERY.c.due_at.is_not(None))
            .values(due_at=work.now)
        )


def _and_forward(effect: Effect | None = None) -> Effect:
    """What cities want to be sent is queued with whatever else follows."""

    async def both(work: Work, batch: Batch) -> None:
        await forward(work, batch.arrivals)
        if effect is not None:
            await effect(work, batch)

    return both


SUBSCRIPTIONS = (
    Subscription(CityFact, CITIES, _and_forward(_cities)),
    Subscription(RoleFact, ROLES, _roles),
    Subscription(ContactFact, CONTACTS, _contacts),
    Subscription(TopicFact, TOPICS, _and_forward()),
    Subscription(OrganisationFact, effect=_and_forward()),
    Subscription(PracticeFact, PRACTICES, _and_forward(_tell("practice", Practice, of_practice))),
    Subscription(AdoptionFact, ADOPTIONS, _and_forward(_tell("adoption", Adoption, of_adoption, plan_adoption))),
    Subscription(EventFact, EVENTS, _and_forward(_events)),
    Subscription(RequestFact, REQUESTS, _and_forward(_requests)),
    Subscription(LedgerFact, effect=_and_forward()),
    Subscription(NeedFact, NEEDS, _and_forward(_tell("need", Need, of_need))),
    Subscription(InvitationFact, INVITATIONS, _and_forward(_tell("invitation", HostInvitation, of_invitation))),
    Subscription(ErasureFact, ERASURES, _tell("erasure", Erasure, of_erasure)),
    Subscription(WebhookFact, effect=_and_forward()),
)
