"""Reminders: rows that follow the states, and what is said when they fall due."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from vzaimo.contracts.calendar import Event
from vzaimo.contracts.registry import Adoption, City
from vzaimo.contracts.requests import Request, RequestStatus
from vzaimo.kit.timers import Due
from vzaimo.kit.work import Work
from vzaimo.notify.domain import reminders
from vzaimo.notify.domain.notices import Notice
from vzaimo.notify.domain.preferences import zone_of
from vzaimo.notify.domain.reminders import Reminder
from vzaimo.notify.handlers.tell import News, publish
from vzaimo.notify.projections import ADOPTION, CITY, EVENT, REQUEST

_NO_FACT = UUID(int=0)
"""A reminder follows from a state and a moment; its notice is named by these."""


def plan(
    work: Work, aggregate_id: object, names: Iterable[str], planned: Mapping[str, datetime], since: datetime
) -> None:
    """Set, move or take back the reminders of an aggregate. ``since``: when its state became so."""
    for name in names:
        due = planned.get(name)
        # What was due before the state was so concerned nobody then.
        if due is not None and due > since:
            work.remind(name, aggregate_id, due)
        else:
            work.forget(name, aggregate_id)


def plan_visit(work: Work, request: Request, event: Event | None, since: datetime) -> None:
    """The reminders of a guest."""
    plan(work, request.id, reminders.VISIT, reminders.of_visit(request, event), since)


def plan_event(work: Work, event: Event, since: datetime) -> None:
    """Those of a host."""
    plan(work, event.id, reminders.EVENT, reminders.of_event(event), since)


def plan_city(work: Work, city: City, since: datetime) -> None:
    """Those of a city that takes part."""
    plan(work, city.id, reminders.CITY, reminders.of_city(city, zone_of(city.timezone)), since)


def plan_adoption(work: Work, adoption: Adoption, since: datetime) -> None:
    """Those of a city that adopts."""
    plan(work, adoption.id, reminders.ADOPTION, reminders.of_adoption(adoption), since)


async def remind(work: Work, due: Due) -> None:
    """A reminder fell due: say it, if the state still is what it was set for and it is not too late."""
    if not reminders.in_time(due.kind, due.due_at, work.now):
        return
    found = await _AT[due.kind](work, due)
    if found is not None:
        await publish(work, [News(found, _NO_FACT, work.now, work.cause.traceparent)])


async def _visit(work: Work, due: Due) -> Notice | None:
    request = await _state(work, REQUEST, due.aggregate_id, Request)
    event = await _state(work, EVENT, str(request.event), Event) if request else None
    if request is None or reminders.of_visit(request, event).get(due.kind) != due.due_at:
        return None
    return _notice(reminders.VISIT[due.kind], request.city, request.id, due, request.event)


async def _event(work: Work, due: Due) -> Notice | None:
    event = await _state(work, EVENT, due.aggregate_id, Event)
    if event is None or reminders.of_event(event).get(due.kind) != due.due_at:
        return None
    undecided = select(REQUEST.c.id).where(REQUEST.c.event == event.id, REQUEST.c.status == RequestStatus.SUBMITTED)
    if await work.scalar(undecided.limit(1)) is None:
        return None
    return _notice(reminders.EVENT[due.kind], event.host, event.id, due, event.id)


async def _city(work: Work, due: Due) -> Notice | None:
    city = await _state(work, CITY, due.aggregate_id, City)
    if city is None or reminders.of_city(city, zone_of(city.timezone)).get(due.kind) != due.due_at:
        return None
    return _notice(reminders.CITY[due.kind], city.id, city.id, due)


async def _adoption(work: Work, due: Due) -> Notice | None:
    adoption = await _state(work, ADOPTION, due.aggregate_id, Adoption)
    if adoption is None or reminders.of_adoption(adoption).get(due.kind) != due.due_at:
        return None
    return _notice(reminders.ADOPTION[due.kind], adoption.city, adoption.id, due)


def _notice(reminder: Reminder, city: str, subject: UUID | str, due: Due, event: UUID | None = None) -> Notice:
    return Notice(reminder.kind, city, subject, event, once=f"{due.kind}/{due.due_at.isoformat()}")


async def _state(work: Work, table: Any, key: str, model: Any) -> Any:
    state = await work.scalar(select(table.c.state).where(table.c.id == key))
    return None if state is None else model.model_validate(state)


_AT = {
    **dict.fromkeys(reminders.VISIT, _visit),
    **dict.fromkeys(reminders.EVENT, _event),
    **dict.fromkeys(reminders.CITY, _city),
    **dict.fromkeys(reminders.ADOPTION, _adoption),
}
TIMERS = dict.fromkeys(reminders.ALL, remind)
