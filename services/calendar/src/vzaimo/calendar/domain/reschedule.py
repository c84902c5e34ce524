"""A material change of an announced event: whoever was admitted decides anew."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vzaimo.calendar.domain.events import EventState, check_answered, check_not_over, moved
from vzaimo.calendar.domain.plans import (
    DEADLINES,
    PlannedSession,
    check_complete,
    check_order,
    checked_seats,
    scheduled,
)
from vzaimo.calendar.domain.refusals import (
    DeadlinesOutOfOrder,
    ModeInUse,
    NoRoomToReconfirm,
    NothingRescheduled,
    SeatPlanWrong,
    TooLate,
)
from vzaimo.contracts.calendar import CapacityRequest, Deadlines, Event, Mode, SeatMode, SeatPlan

RECONFIRMED_WITHIN = timedelta(hours=72)
"""How long those who were admitted have to decide anew, unless the host says otherwise or the roster freezes before."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When, where and how an event takes place from now on, by the venue's clock."""

    mode: Mode
    timezone: str
    sessions: tuple[PlannedSession, ...]
    deadlines: Deadlines
    reconfirm_by: datetime | None = None
    seats: tuple[SeatPlan, ...] = ()
    """Of a mode that is added; those agreed for the others stay."""


Scheduling = Callable[[tuple[PlannedSession, ...]], Schedule]
"""The schedule that the host wrote, once the sessions that the event has are known."""


def reschedule(state: EventState, new: Schedule, used: Mapping[SeatMode, int], now: datetime) -> EventState:
    """Move an announced event. ``used``: the seats granted or held, as far as known here.

    Raises ``NothingRescheduled`` where time, zone, sites and mode stay, ``ModeInUse`` for a mode that people sit in,
    ``CapacityRequestOpen`` where the mode changes while the ledger owes an answer, ``EventTookPlace`` after its end,
    and what is wrong with the times.
    """
    event = state.announced
    check_not_over(event, now)
    seats = _seats(state, event, new, used)
    timed = {"mode": new.mode, "timezone": new.timezone, "sessions": new.sessions, "deadlines": new.deadlines}
    plan = state.plan.model_copy(update={**timed, "seats": seats, "deadlines_preset": None})
    check_complete(plan)
    if not moved(state.plan, plan):
        raise NothingRescheduled(state.id)
    sessions = scheduled(plan)
    starts_at = sessions[0].starts_at
    if starts_at <= now:
        raise TooLate("sessions.0.starts", starts_at)
    _check_deadlines(event.deadlines, new.deadlines, starts_at, now)
    changed = event.model_copy(
        update={
            "mode": new.mode,
            "timezone": new.timezone,
            "sessions": sessions,
            "starts_at": starts_at,
            "ends_at": max(session.ends_at for session in sessions),
            "deadlines": new.deadlines,
            "reconfirm_by": _reconfirm_by(new, now),
            "schedule_revision": event.schedule_revision + 1,
            "seats": tuple(one for one in event.seats if one.mode in new.mode.seat_modes),
        }
    )
    if adds_mode(event, new):
        request = CapacityRequest(no=event.capacity_no + 1, seats=seats, requested_at=now)
        changed = changed.model_copy(update={"capacity_requested": request})
    return replace(state, plan=plan, event=changed)


def adds_mode(event: Event, new: Schedule) -> bool:
    """Whether people could take part in a way that they could not before: more seats."""
    return not set(new.mode.seat_modes) <= set(event.mode.seat_modes)


def _seats(state: EventState, event: Event, new: Schedule, used: Mapping[SeatMode, int]) -> tuple[SeatPlan, ...]:
    before, after = set(event.mode.seat_modes), set(new.mode.seat_modes)
    if before != after:
        check_answered(event)
    for mode in sorted(before - after):
        if used.get(mode):
            raise ModeInUse(mode, used[mode])
    for plan in new.seats:
        if plan.mode in before:
            raise SeatPlanWrong(f"seats.{plan.mode}", "not-added")
    known = event.seats or state.plan.seats
    return checked_seats(new.mode, (*(plan for plan in known if plan.mode in after), *new.seats))


def _check_deadlines(old: Deadlines, new: Deadlines, starts_at: datetime, now: datetime) -> None:
    check_order(new, starts_at)
    for name in DEADLINES[1:]:
        # What has passed may stay so; what is ahead may not be pulled into the past. Opening may: it means at once.
        if getattr(new, name) <= now < getattr(old, name):
            raise TooLate(f"deadlines.{name}", getattr(new, name))
    if new.roster_freeze <= now:
        raise NoRoomToReconfirm(new.roster_freeze)


def _reconfirm_by(new: Schedule, now: datetime) -> datetime:
    freeze = new.deadlines.roster_freeze
    if new.reconfirm_by is None:
        return min(now + RECONFIRMED_WITHIN, freeze)
    if new.reconfirm_by <= now:
        raise TooLate("reconfirm_by", new.reconfirm_by)
    if new.reconfirm_by > freeze:
        raise DeadlinesOutOfOrder("reconfirm_by", "roster_freeze")
    return new.reconfirm_by
