"""What city and host do with one request. Each function gives the request afterwards; ``halls`` counts the seats."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from vzaimo.contracts.calendar import AudienceRole, Event, EventStatus, SeatMode
from vzaimo.contracts.requests import Delegate, Offer, Request, RequestStatus
from vzaimo.requests.domain.refusals import (
    ApplicationsClosed,
    EventNotOpen,
    MinimumTooHigh,
    ModeNotOffered,
    NobodyNamed,
    OfferExpired,
    OwnEvent,
    RanksWithGaps,
    RoleNotInvited,
    ScheduleChanged,
    TooMany,
    UnknownDelegate,
)
from vzaimo.requests.domain.states import State, each, ended, placed, seated
from vzaimo.requests.domain.transitions import Step, check


@dataclass(frozen=True, slots=True)
class Person:
    """A delegate by name: no fact has it. ``erased_at``: what stands here was destroyed then, and is to stay so."""

    delegate: UUID
    name: str
    organisation: str | None = None
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delegation:
    """Whom a city wants to send: ranked delegates in person (their names apart), a head-count by role remote."""

    delegates: tuple[tuple[UUID, int, AudienceRole], ...] = ()
    heads: tuple[tuple[AudienceRole, int], ...] = ()
    min_viable: int = 1
    people: tuple[Person, ...] = ()


def draft(request_id: UUID, event: Event, city: str, mode: SeatMode, delegation: Delegation) -> Request:
    """A city begins to ask."""
    check_open(event)
    if city == event.host:
        raise OwnEvent(city)
    if mode not in event.mode.seat_modes:
        raise ModeNotOffered(mode, event.mode.seat_modes)
    request = Request(
        id=request_id,
        event=event.id,
        host=event.host,
        city=city,
        mode=mode,
        status=RequestStatus.DRAFT,
        wanted=0,
        schedule_revision=event.schedule_revision,
    )
    return revise(request, event, delegation)


def revise(request: Request, event: Event, delegation: Delegation) -> Request:
    """Name others, until the host has decided."""
    check(request, Step.REVISE)
    check_open(event)  # names that came after the event's purge would stay
    roles = [role for _, _, role in delegation.delegates] + [role for role, _ in delegation.heads]
    for role in roles:
        check_invited(event, role)
    if request.mode is SeatMode.IN_PERSON:
        wanted = len(delegation.delegates)
        ranks = tuple(sorted(rank for _, rank, _ in delegation.delegates))
        if delegation.heads or not wanted:
            raise NobodyNamed("heads" if delegation.heads else "delegates")
        if ranks != tuple(range(1, wanted + 1)):
            raise RanksWithGaps(ranks)
    else:
        wanted = sum(count for _, count in delegation.heads)
        if delegation.delegates or not wanted:
            raise NobodyNamed("delegates" if delegation.delegates else "heads")
    if delegation.min_viable > wanted:
        raise MinimumTooHigh(delegation.min_viable, wanted)
    delegates = [
        Delegate(id=one, rank=rank, role=role, status=State.PROPOSED) for one, rank, role in delegation.delegates
    ]
    return request.model_copy(
        update={
            "delegates": tuple(sorted(delegates, key=lambda one: one.rank)),
            "heads": dict(delegation.heads),
            "wanted": wanted,
            "min_viable": delegation.min_viable,
        }
    )


def submit(request: Request, event: Event, seen: int, now: datetime) -> Request:
    """Send it to the host. ``seen``: the schedule's revision that the city knows."""
    check(request, Step.SUBMIT)
    check_open(event)
    check_schedule(event, seen)
    opens, closes = event.deadlines.apply_opens, event.deadlines.apply_closes
    if not opens <= now < closes:
        raise ApplicationsClosed(opens, closes)
    # Whoever was redirected in time keeps the place in time that the first request had.
    since = request.submitted_at or now
    return request.model_copy(
        update={"status": RequestStatus.SUBMITTED, "submitted_at": since, "schedule_revision": seen}
    )


def approve(request: Request, chosen: Sequence[UUID] | int | None, reason: str, now: datetime) -> Request:
    """The host approves these delegates, so many by the city's rank, or all; the others are declined.

    Whoever is approved waits for a seat: the queue serves them, at once where seats are free.
    """
    check(request, Step.DECIDE)
    if isinstance(chosen, int) or chosen is None:
        count = request.wanted if chosen is None else chosen
        if count > request.wanted:
            raise TooMany(count, request.wanted)
        ids = {one.id for one in request.delegates[:count]}
    else:
        ids = set(chosen)
        for unknown in ids - {one.id for one in request.delegates}:
            raise UnknownDelegate(unknown)
        count = len(ids)
    delegates = tuple(
        one.model_copy(update={"status": State.WAITLISTED if one.id in ids else State.DECLINED})
        for one in request.delegates
    )
    return request.model_copy(
        update={
            "delegates": delegates,
            "waiting": count,
            "status": RequestStatus.WAITLISTED,
            **_decided(request, reason, now),
        }
    )


def reject(request: Request, reason: str, now: datetime) -> Request:
    """The host says no."""
    check(request, Step.DECIDE)
    return ended(request, RequestStatus.REJECTED, State.DECLINED).model_copy(update=_decided(request, reason, now))


def grant(request: Request, count: int, confirm_by: datetime) -> Request:
    """So many of those who wait get a seat, by the city's rank; by then the city says that it comes."""
    return placed(seated(request, count, State.GRANTED).model_copy(update={"confirm_by": confirm_by}))


def offer(request: Request, count: int, expires_at: datetime) -> Request:
    """So many seats are held until the city accepts or lets go."""
    return placed(request.model_copy(update={"offer": Offer(seats=count, expires_at=expires_at)}))


def confirm(request: Request, event: Event, seen: int) -> Request:
    """The city will come with those who have seats."""
    check(request, Step.CONFIRM)
    check_open(event)
    check_schedule(event, seen)
    confirmed = each(request, lambda one: State.CONFIRMED if one.status is State.GRANTED else one.status)
    return placed(confirmed.model_copy(update={"confirmed": request.granted, "schedule_revision": seen}))


def accept(request: Request, event: Event, seen: int, now: datetime) -> Request:
    """The city comes with as many as seats are held for."""
    check(request, Step.ACCEPT_OFFER)
    check_open(event)
    check_schedule(event, seen)
    if request.offer is None or now >= request.offer.expires_at:
        raise OfferExpired(request.offer.expires_at if request.offer else now)
    taken = seated(request, request.offer.seats, State.CONFIRMED)
    return placed(taken.model_copy(update={"confirmed": taken.granted, "offer": None, "schedule_revision": seen}))


def let_go(request: Request, *, expired: bool) -> Request:
    """The city declines the offer, or time does: its claim ends (rule 5)."""
    check(request, Step.EXPIRE_OFFER if expired else Step.DECLINE_OFFER)
    return ended(request, RequestStatus.EXPIRED if expired else RequestStatus.RELEASED, State.RELEASED)


def withdraw(request: Request) -> Request:
    """The city takes its request back."""
    check(request, Step.WITHDRAW)
    return ended(request, RequestStatus.WITHDRAWN, State.RELEASED)


def close(request: Request, reason: str) -> Request:
    """The event will not take place, or not in this mode."""
    check(request, Step.CLOSE)
    return ended(request, RequestStatus.CLOSED, State.RELEASED).model_copy(update={"reason": reason})


def prioritise(request: Request, priority: int) -> Request:
    """The host's own order of the queue: higher goes first."""
    check(request, Step.PRIORITISE)
    return request.model_copy(update={"priority": priority})


def check_open(event: Event) -> None:
    """An event that is cancelled or over takes nothing. Raises ``EventNotOpen``."""
    if event.status is not EventStatus.ANNOUNCED:
        raise EventNotOpen(event.id, event.status)


def check_invited(event: Event, role: AudienceRole) -> None:
    """An event without an audience is for everyone. Raises ``RoleNotInvited``."""
    if event.audience and role not in event.audience:
        raise RoleNotInvited(role, event.audience)


def check_schedule(event: Event, seen: int) -> None:
    """Whoever binds a delegation has seen the present schedule (rule 10). Raises ``ScheduleChanged``."""
    if seen != event.schedule_revision:
        raise ScheduleChanged(seen, event.schedule_revision)


def _decided(request: Request, reason: str, now: datetime) -> dict[str, object]:
    return {"decided_at": now, "decision_no": request.decision_no + 1, "reason": reason}
