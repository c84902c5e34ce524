"""From a plan to an event that took place, or did not."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from vzaimo.calendar.domain.plans import (
    DEADLINES,
    Plan,
    check_complete,
    check_deadlines,
    check_order,
    checked_seats,
    scheduled,
)
from vzaimo.calendar.domain.presets import fitted
from vzaimo.calendar.domain.refusals import (
    CapacityRequestOpen,
    DeadlineBinds,
    EventIncomplete,
    EventTookPlace,
    MaterialChange,
    TooEarly,
    TooLate,
    WrongEventStatus,
)
from vzaimo.contracts.calendar import Admission, CapacityRequest, Deadlines, Event, EventStatus, Mode, SeatPlan
from vzaimo.contracts.requests import CapacityAnswer

COMPLETES_AFTER = timedelta(days=14)
"""After its end an event completes by itself (design: domain, Calendar)."""
ANSWERED_WITHIN = timedelta(minutes=10)
"""A request for capacity that the ledger has not answered by then is shown and alerted."""
_DETAILS = ("title", "audience", "topics", "practices", "need", "academic_hours")
_BINDING = ("admission", "queue_policy", "queue_order", "seats")
_MATERIAL = ("mode", "timezone")
_MATERIAL_OF_SESSION = ("starts", "ends", "starts_fold", "ends_fold", "site")


@dataclass(frozen=True, slots=True)
class EventState:
    """An event: its host's plan, and, once it is announced, what is public on the bus."""

    id: UUID
    host: str
    plan: Plan
    event: Event | None = None

    @property
    def status(self) -> EventStatus:
        """Where it stands."""
        return self.event.status if self.event else EventStatus.DRAFT

    @property
    def announced(self) -> Event:
        """The event. Raises ``WrongEventStatus`` unless it is announced."""
        if self.event is None or self.event.status is not EventStatus.ANNOUNCED:
            raise WrongEventStatus(self.id, self.status, (EventStatus.ANNOUNCED,))
        return self.event

    @property
    def awaited(self) -> CapacityRequest | None:
        """The request for seats that the ledger owes an answer to; nobody waits for one about an event that is over."""
        return self.event.capacity_requested if self.event and self.status is EventStatus.ANNOUNCED else None


def draft(event_id: UUID, host: str, plan: Plan) -> EventState:
    """Begin to plan. Times that do not exist are refused at once; what is missing may be added later."""
    scheduled(plan)
    checked_seats(plan.mode, plan.seats)
    return EventState(event_id, host, plan)


def announce(state: EventState, now: datetime) -> EventState:
    """Make it public and ask the ledger for its seats, request no. 1."""
    if state.event is not None:
        raise WrongEventStatus(state.id, state.status, (EventStatus.DRAFT,))
    plan = _with_deadlines(state.plan, now)
    check_complete(plan)
    if plan.deadlines is None:
        raise EventIncomplete(("deadlines",))
    sessions, seats = scheduled(plan), checked_seats(plan.mode, plan.seats)
    starts_at = sessions[0].starts_at
    if starts_at <= now:
        raise TooLate("sessions.0.starts", starts_at)
    check_deadlines(plan.deadlines, starts_at, now)
    event = Event(
        id=state.id,
        host=state.host,
        **_details(plan),
        mode=plan.mode,
        timezone=plan.timezone,
        starts_at=starts_at,
        ends_at=max(session.ends_at for session in sessions),
        sessions=sessions,
        deadlines=plan.deadlines,
        admission=plan.admission or (Admission.AUTOMATIC if plan.mode is Mode.REMOTE else Admission.HOST),
        queue_policy=plan.queue_policy,
        queue_order=plan.queue_order,
        status=EventStatus.ANNOUNCED,
        capacity_requested=CapacityRequest(no=1, seats=seats, requested_at=now),
        announced_at=now,
        cloned_from=plan.cloned_from,
    )
    return replace(state, plan=plan, event=event)


def revise(state: EventState, plan: Plan, now: datetime) -> EventState:
    """Change a draft in any way, an announced event in its details alone. Raises ``MaterialChange``.

    Deadlines that are ahead may be put off. Deadlines and seats that are not named stay as they were announced.
    """
    plan = plan.model_copy(update={"cloned_from": state.plan.cloned_from})
    if state.event is None:
        return draft(state.id, state.host, plan)
    event = state.announced
    agreed = {"deadlines_preset": state.plan.deadlines_preset}
    agreed |= {name: getattr(plan, name) or getattr(state.plan, name) for name in ("deadlines", "seats")}
    plan = plan.model_copy(update=agreed)
    if touched := _binding(state.plan, plan):
        raise MaterialChange(touched)
    check_complete(plan)
    deadlines = plan.deadlines or event.deadlines
    _check_put_off(event, deadlines, now)
    changed = event.model_copy(update={**_details(plan), "sessions": scheduled(plan), "deadlines": deadlines})
    return replace(state, plan=plan, event=changed)


def cancel(state: EventState, reason: str, now: datetime) -> EventState:
    """It will not take place, or breaks off; whoever plans it anew clones it. Raises ``EventTookPlace``."""
    check_not_over(state.announced, now)
    return _with(state, status=EventStatus.CANCELLED, cancelled_for=reason, cancelled_at=now)


def check_not_over(event: Event, now: datetime) -> None:
    """What is ahead or under way may be called off, or moved. Raises ``EventTookPlace``."""
    if now >= event.ends_at:
        raise EventTookPlace(event.id, event.ends_at)


def complete(state: EventState, now: datetime) -> EventState:
    """It took place. The host may say so once its last session has begun. Raises ``TooEarly``."""
    last = max(session.starts_at for session in state.announced.sessions)
    if now < last:
        raise TooEarly(last)
    return _with(state, status=EventStatus.COMPLETED, completed_at=now)


def request_capacity(state: EventState, seats: tuple[SeatPlan, ...], now: datetime) -> EventState:
    """Ask the ledger for other seats; one request is open at a time. Raises ``CapacityRequestOpen``.

    A kind of seat that is not named stays as it was agreed.
    """
    event = state.announced
    check_answered(event)
    named = {plan.mode for plan in seats}
    whole = checked_seats(event.mode, (*seats, *(plan for plan in event.seats if plan.mode not in named)))
    check_complete(state.plan.model_copy(update={"seats": whole}))
    return _with(state, capacity_requested=CapacityRequest(no=event.capacity_no + 1, seats=whole, requested_at=now))


def check_answered(event: Event) -> None:
    """The ledger has answered every request. Raises ``CapacityRequestOpen``."""
    if event.capacity_requested is not None:
        raise CapacityRequestOpen(event.capacity_requested.no, event.capacity_requested.requested_at)


def raises_capacity(event: Event, seats: tuple[SeatPlan, ...]) -> bool:
    """Whether any mode would have more seats than now."""
    agreed = {plan.mode: plan.capacity for plan in event.seats}
    for plan in seats:
        before = agreed.get(plan.mode, 0)
        if before is not None and (plan.capacity is None or plan.capacity > before):
            return True
    return False


def settle(state: EventState, answer: CapacityAnswer) -> EventState | None:
    """Take the ledger's answer; nothing for one that is not awaited (any more)."""
    event = state.event
    if event is None or event.capacity_requested is None or event.capacity_requested.no != answer.no:
        return None
    changed = event.model_copy(
        update={
            "seats": event.capacity_requested.seats if answer.applied else event.seats,
            "capacity_requested": None,
            "capacity_no": answer.no,
            "capacity_applied": answer.applied,
        }
    )
    plan = state.plan.model_copy(update={"seats": changed.seats}) if answer.applied else state.plan
    return replace(state, event=changed, plan=plan)


def _with_deadlines(plan: Plan, now: datetime) -> Plan:
    """The plan with the deadlines that its preset gives now, where its host named none."""
    if plan.deadlines is not None or plan.deadlines_preset is None or not plan.sessions:
        return plan
    return plan.model_copy(
        update={"deadlines": fitted(plan.deadlines_preset, scheduled(plan)[0].starts_at, now).deadlines}
    )


def _details(plan: Plan) -> dict[str, object]:
    return {name: getattr(plan, name) for name in _DETAILS}


def moved(old: Plan, new: Plan) -> tuple[str, ...]:
    """What a change would move: time, zone, sites and mode, for which whoever was admitted decides anew."""
    touched = [name for name in _MATERIAL if getattr(old, name) != getattr(new, name)]
    if [one.id for one in old.sessions] != [one.id for one in new.sessions]:
        return (*touched, "sessions")
    touched += [
        f"sessions.{place}.{name}"
        for place, (before, after) in enumerate(zip(old.sessions, new.sessions, strict=True))
        for name in _MATERIAL_OF_SESSION
        if getattr(before, name) != getattr(after, name)
    ]
    return tuple(touched)


def _check_put_off(event: Event, new: Deadlines, now: datetime) -> None:
    """Nobody has less time than was announced, and nothing that has passed comes back. Raises ``DeadlineBinds``."""
    for name in DEADLINES:
        before, after = getattr(event.deadlines, name), getattr(new, name)
        sooner = after < before if name != "apply_opens" else after > before
        if before != after and (before <= now or sooner):
            raise DeadlineBinds(f"deadlines.{name}", before)
    if new != event.deadlines:
        check_order(new, event.starts_at)


def _binding(old: Plan, new: Plan) -> tuple[str, ...]:
    return (*moved(old, new), *(name for name in _BINDING if getattr(old, name) != getattr(new, name)))


def _with(state: EventState, **changes: object) -> EventState:
    return replace(state, event=state.announced.model_copy(update=changes))
