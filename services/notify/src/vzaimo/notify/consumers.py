"""What notify takes from the bus."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

from pydantic import BaseModel
from sqlalchemy import update

from vzaimo.contracts.calendar import Event, EventFact
from vzaimo.contracts.registry import City, CityFact, ContactFact, Practice, PracticeFact, RoleFact
from vzaimo.contracts.requests import Request, RequestFact
from vzaimo.kit.inbound import Arrival, Batch, Effect, Subscription
from vzaimo.kit.work import Work
from vzaimo.notify.domain.notices import Notice, of_city, of_event, of_practice, of_request
from vzaimo.notify.handlers.tell import catch_up, publish
from vzaimo.notify.projections import CITIES, CONTACTS, EVENTS, PRACTICES, REQUESTS, ROLES
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


def _tell(part: str, state: type[BaseModel], notices: Callable[[Any, Any], Iterable[Notice]]) -> Effect:
    async def effect(work: Work, batch: Batch) -> None:
        await publish(
            work,
            [
                (notice, arrival.event.id, arrival.event.time, getattr(after, "host", None))
                for before, after, arrival in _steps(batch, part, state)
                for notice in notices(before, after)
            ],
        )

    return effect


async def _roles(work: Work, batch: Batch) -> None:
    await catch_up(work, [change.after for change in batch.changes if change.before is None])


async def _contacts(work: Work, batch: Batch) -> None:
    """Deliveries that waited to know where to go need not wait any longer."""
    people = sorted({change.after["person"] for change in batch.changes})
    if people:
        await work.execute(
            update(DELIVERY)
            .where(DELIVERY.c.person.in_(people), DELIVERY.c.due_at.is_not(None))
            .values(due_at=work.now)
        )


SUBSCRIPTIONS = (
    Subscription(CityFact, CITIES, _tell("city", City, of_city)),
    Subscription(RoleFact, ROLES, _roles),
    Subscription(ContactFact, CONTACTS, _contacts),
    Subscription(PracticeFact, PRACTICES, _tell("practice", Practice, of_practice)),
    Subscription(EventFact, EVENTS, _tell("event", Event, of_event)),
    Subscription(RequestFact, REQUESTS, _tell("request", Request, of_request)),
)
