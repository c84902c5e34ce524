"""Commands of the guest: ask, name others, submit, confirm, confirm again, take an offer or not, withdraw."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select

from vzaimo.contracts.calendar import Admission, Event, SeatMode
from vzaimo.contracts.requests import Request
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, NotAllowed, check_version
from vzaimo.kit.work import Done, Work, Works
from vzaimo.requests.domain import requests, schedules
from vzaimo.requests.domain.queues import season_of
from vzaimo.requests.domain.refusals import RequestExists
from vzaimo.requests.domain.requests import Delegation, Person
from vzaimo.requests.domain.transitions import Step
from vzaimo.requests.handlers.access import hidden, may_write
from vzaimo.requests.handlers.halls import OpenHall, event_known, hall_of, open_hall
from vzaimo.requests.handlers.members import check_active
from vzaimo.requests.store import DELEGATE, REQUEST, in_ledger, request_columns

AUTOMATIC = "fits"
"""The reason code of an admission by itself."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A city wants to attend an event in one mode."""

    event: UUID
    city: str
    mode: SeatMode
    delegation: Delegation


@retry_conflicts
async def draft(request_id: UUID, command: Ask, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """A city begins to ask; one open request an event and mode."""
    event_id, city, mode = command.event, command.city, command.mode
    if not may_write(actor, city):
        raise NotAllowed
    async with works.begin(cause) as work:
        await check_active(work, city)
        event = await event_known(work, event_id)
        request = requests.draft(request_id, event, city, mode, command.delegation)
        # Whoever drafts for the same city at once waits for the ledger's row, and finds this request then.
        await open_hall(work, event_id, mode)
        await keep_draft(work, request, event, command.delegation.people)
        return work.done("request", request_id, 1)


async def keep_draft(work: Work, request: Request, event: Event, people: Iterable[Person]) -> None:
    """Write a new draft and its names; its hall is open. Raises ``RequestExists``."""
    open_one = await work.scalar(
        select(REQUEST.c.id).where(
            in_ledger(REQUEST, event.id, request.mode.value), REQUEST.c.city == request.city, REQUEST.c.open
        )
    )
    if open_one is not None:
        raise RequestExists(open_one)
    columns = {
        "id": request.id,
        "event": event.id,
        "mode": request.mode.value,
        "host": event.host,
        "city": request.city,
        "season": season_of(event),
        "created_at": work.now,
        "version": 1,
    }
    await work.execute(insert(REQUEST), {**columns, **request_columns(request)})
    await keep_names(work, request.id, people)


@retry_conflicts
async def revise(
    request_id: UUID, delegation: Delegation, version: int | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """Name others, until the host has decided."""
    async with works.begin(cause) as work:
        hall, request = await own(work, request_id, actor, version)
        await hall.take(requests.revise(request, hall.event, delegation), Step.REVISE)
        await work.execute(delete(DELEGATE).where(DELEGATE.c.request == request_id))
        await keep_names(work, request_id, delegation.people)
        return await done(hall, request_id)


@retry_conflicts
async def submit(request_id: UUID, seen: int, version: int | None, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """Send it to the host; where admission is automatic, whoever fits is in at once."""
    async with works.begin(cause) as work:
        hall, request = await own(work, request_id, actor, version)
        await check_active(work, request.city)
        submitted = requests.submit(request, hall.event, seen, work.now)
        await hall.take(submitted, Step.SUBMIT)
        if hall.event.admission is Admission.AUTOMATIC:
            await hall.admit(requests.approve(submitted, None, AUTOMATIC, work.now))
        return await done(hall, request_id)


@retry_conflicts
async def confirm(
    request_id: UUID, seen: int, version: int | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """The city will come with those who have seats."""

    def step(request: Request, event: Event, _work: Work) -> Request:
        return requests.confirm(request, event, seen)

    return await _step(request_id, version, step, Step.CONFIRM, works=works, cause=cause, actor=actor)


@retry_conflicts
async def reconfirm(
    request_id: UUID, seen: int, version: int | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """The city comes to the new schedule."""

    def step(request: Request, event: Event, _work: Work) -> Request:
        return schedules.reconfirm(request, event, seen)

    return await _step(request_id, version, step, Step.RECONFIRM, works=works, cause=cause, actor=actor)


@retry_conflicts
async def accept_offer(
    request_id: UUID, seen: int, version: int | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """The city comes with as many as seats are held for."""

    def step(request: Request, event: Event, work: Work) -> Request:
        return requests.accept(request, event, seen, work.now)

    return await _step(request_id, version, step, Step.ACCEPT_OFFER, works=works, cause=cause, actor=actor)


@retry_conflicts
async def decline_offer(request_id: UUID, version: int | None, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The city lets the offered seats go."""

    def step(request: Request, _event: Event, _work: Work) -> Request:
        return requests.let_go(request, expired=False)

    return await _step(request_id, version, step, Step.DECLINE_OFFER, works=works, cause=cause, actor=actor)


@retry_conflicts
async def withdraw(request_id: UUID, version: int | None, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The city takes its request back; its seats go to the queue."""

    def step(request: Request, _event: Event, _work: Work) -> Request:
        return requests.withdraw(request)

    return await _step(request_id, version, step, Step.WITHDRAW, works=works, cause=cause, actor=actor)


async def _step(
    request_id: UUID,
    version: int | None,
    step: Callable[[Request, Event, Work], Request],
    name: Step,
    *,
    works: Works,
    cause: Cause,
    actor: Actor,
) -> Done:
    async with works.begin(cause) as work:
        hall, request = await own(work, request_id, actor, version)
        await hall.take(step(request, hall.event, work), name)
        return await done(hall, request_id)


async def own(work: Work, request_id: UUID, actor: Actor, version: int | None) -> tuple[OpenHall, Request]:
    """The guest's own request, locked with its hall. Raises ``UnknownRequest``, ``NotAllowed``, ``Stale``."""
    hall = await hall_of(work, request_id)
    request = await hall.request(request_id)
    if not may_write(actor, request.city):
        raise hidden(request, actor)
    check_version(hall.version(request_id), version)
    return hall, request


async def done(hall: OpenHall, request_id: UUID) -> Done:
    """Save the hall; the answer to a command about one of its requests."""
    await hall.save()
    return hall.work.done("request", request_id, hall.version(request_id))


async def keep_names(work: Work, request_id: UUID, people: Iterable[Person]) -> None:
    """Write the names of people of a request."""
    rows: list[dict[str, Any]] = [
        {
            "id": one.delegate,
            "request": request_id,
            "name": one.name,
            "organisation": one.organisation,
            "erased_at": one.erased_at,
        }
        for one in people
    ]
    if rows:
        await work.execute(insert(DELEGATE), rows)
