"""What a host plans: an event in the venue's wall-clock time, with the texts and links that no fact carries."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import combinations, pairwise
from uuid import UUID

from pydantic import NaiveDatetime

from vzaimo.calendar.domain.presets import Preset
from vzaimo.calendar.domain.refusals import (
    DeadlinesOutOfOrder,
    EventIncomplete,
    SeatPlanWrong,
    SessionEndsTooEarly,
    SessionsOverlap,
    TooLate,
    UnknownPlannedSession,
)
from vzaimo.calendar.domain.zones import instant, zone_of
from vzaimo.contracts.calendar import (
    Admission,
    AudienceRole,
    Deadlines,
    Mode,
    QueueOrder,
    QueuePolicy,
    SeatMode,
    SeatPlan,
    Session,
    Site,
)
from vzaimo.contracts.event import Slug, State

DEADLINES = tuple(Deadlines.model_fields)


class WrittenSession(State):
    """A session as its host writes it, by the venue's clock; without ``id`` calendar finds one.

    ``fold`` chooses in an hour that comes twice (PEP 495).
    """

    id: UUID | None = None
    title: str
    starts: NaiveDatetime
    ends: NaiveDatetime
    starts_fold: int | None = None
    ends_fold: int | None = None
    site: Site | None = None
    join_link: str | None = None
    capacity: int | None = None


class PlannedSession(WrittenSession):
    """A session that is known by its id from now on."""

    id: UUID


class Plan(State):
    """What the host has written so far. A draft may lack anything but title, mode and zone."""

    title: str
    summary: str = ""
    mode: Mode
    audience: tuple[AudienceRole, ...] = ()
    topics: tuple[Slug, ...] = ()
    practices: tuple[UUID, ...] = ()
    need: UUID | None = None
    academic_hours: int | None = None
    timezone: str
    sessions: tuple[PlannedSession, ...] = ()
    deadlines: Deadlines | None = None
    deadlines_preset: Preset | None = None
    """Gives the deadlines at the announcement, where ``deadlines`` does not."""
    seats: tuple[SeatPlan, ...] = ()
    admission: Admission | None = None
    queue_policy: QueuePolicy = QueuePolicy.STRICT
    queue_order: QueueOrder = QueueOrder.SUBMITTED
    cloned_from: UUID | None = None


Writing = Callable[[tuple[PlannedSession, ...]], Plan]
"""What the host wrote, once the sessions that the event has are known."""


def identified(
    written: Sequence[WrittenSession], known: Sequence[PlannedSession], fresh: Sequence[UUID]
) -> tuple[PlannedSession, ...]:
    """Sessions with their ids: the one that is named, else the one that stood in this place, else a new one.

    ``fresh``: an id for each, should it be new. Raises ``UnknownPlannedSession`` for an id that the event does not
    have: ids are calendar's to give, since assignments and ways to join are found by them.
    """
    ours, named = {one.id for one in known}, {one.id for one in written}
    usual = [one.id if one.id not in named else None for one in known]
    found = []
    for place, one in enumerate(written):
        if one.id is not None and one.id not in ours:
            raise UnknownPlannedSession(f"sessions.{place}.id", one.id)
        kept = one.id or (usual[place] if place < len(usual) else None) or fresh[place]
        found.append(PlannedSession.model_validate(one.model_dump(exclude={"id"}) | {"id": kept}))
    return tuple(found)


def scheduled(plan: Plan) -> tuple[Session, ...]:
    """The sessions as moments, in the order of their start. Raises for times that do not exist or come twice."""
    zone_of(plan.timezone)
    sessions = []
    for place, one in enumerate(plan.sessions):
        starts = instant(one.starts, plan.timezone, one.starts_fold, f"sessions.{place}.starts")
        ends = instant(one.ends, plan.timezone, one.ends_fold, f"sessions.{place}.ends")
        if ends <= starts:
            raise SessionEndsTooEarly(place)
        sessions.append(
            Session(
                id=one.id,
                title=one.title,
                starts_at=starts,
                ends_at=ends,
                site=one.site,
                joinable=one.join_link is not None,
                capacity=one.capacity,
            )
        )
    for (first, a), (second, b) in combinations(enumerate(sessions), 2):
        if a.site is not None and _place(a) == _place(b) and a.starts_at < b.ends_at and b.starts_at < a.ends_at:
            raise SessionsOverlap(first, second, a.site.name)
    return tuple(sorted(sessions, key=lambda session: (session.starts_at, session.ends_at, str(session.id))))


def check_complete(plan: Plan) -> None:
    """What must be there before others see it. Raises ``EventIncomplete``."""
    missing = [name for name in ("audience", "sessions", "deadlines") if not getattr(plan, name)]
    if SeatMode.IN_PERSON in plan.mode.seat_modes:
        if not any(seats.mode is SeatMode.IN_PERSON and seats.capacity for seats in plan.seats):
            missing.append("seats.in_person.capacity")
        missing += [
            f"sessions.{place}.site"
            for place, one in enumerate(plan.sessions)
            if one.site is None and (plan.mode is Mode.IN_PERSON or one.join_link is None)
        ]
    if missing:
        raise EventIncomplete(tuple(missing))


def check_order(deadlines: Deadlines, starts_at: datetime) -> None:
    """Hold ``apply_opens < apply_closes ≤ decide_by ≤ confirm_by ≤ roster_freeze ≤ start`` (design: domain)."""
    moments = [(name, getattr(deadlines, name)) for name in DEADLINES] + [("start", starts_at)]
    for (earlier, before), (later, after) in pairwise(moments):
        if before > after or (earlier == "apply_opens" and before == after):
            raise DeadlinesOutOfOrder(earlier, later)


def check_deadlines(deadlines: Deadlines, starts_at: datetime, now: datetime) -> None:
    """The same, and applications are open for a while yet: for an announcement."""
    check_order(deadlines, starts_at)
    if deadlines.apply_closes <= now:
        raise TooLate("deadlines.apply_closes", deadlines.apply_closes)


def checked_seats(mode: Mode, seats: tuple[SeatPlan, ...]) -> tuple[SeatPlan, ...]:
    """One plan for each kind of seat, in order; remote seats without a plan are unlimited. Raises ``SeatPlanWrong``."""
    given = {plan.mode: plan for plan in seats}
    if len(given) < len(seats):
        raise SeatPlanWrong("seats", "twice")
    for extra in given.keys() - set(mode.seat_modes):
        raise SeatPlanWrong(f"seats.{extra}", "mode")
    for plan in seats:
        field = f"seats.{plan.mode}.reserves"
        if any(reserve < 1 for reserve in plan.reserves.values()):
            raise SeatPlanWrong(field, "empty")
        if plan.quota is not None and any(reserve > plan.quota for reserve in plan.reserves.values()):
            raise SeatPlanWrong(field, "above-quota")
        if plan.capacity is not None and sum(plan.reserves.values()) > plan.capacity:
            raise SeatPlanWrong(field, "above-capacity")
        if plan.capacity is not None and plan.quota is not None and plan.quota > plan.capacity:
            raise SeatPlanWrong(f"seats.{plan.mode}.quota", "above-capacity")
    return tuple(given.get(one, SeatPlan(mode=one)) for one in mode.seat_modes)


def _place(session: Session) -> object:
    site = session.site
    return site and (site.organisation or (site.name, site.address))
