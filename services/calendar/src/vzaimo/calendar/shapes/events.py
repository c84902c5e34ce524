"""Plans, events and seats over HTTP."""

import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from vzaimo.calendar.domain.plans import Plan, PlannedSession, WrittenSession, identified
from vzaimo.calendar.domain.presets import Preset
from vzaimo.calendar.shapes.local import LocalView
from vzaimo.contracts.calendar import (
    Admission,
    AudienceRole,
    Event,
    Mode,
    QueueOrder,
    QueuePolicy,
    SeatMode,
    SeatPlan,
)
from vzaimo.contracts.event import Slug
from vzaimo.kit.http import Body, Int
from vzaimo.kit.http.moments import Moment, Wall
from vzaimo.kit.ids import new_id

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000)]
Link = Annotated[str, StringConstraints(pattern=r"^https://\S+$", max_length=1000)]
Seats = Annotated[Int, Field(ge=1, le=1_000_000)]
Fold = Annotated[Int, Field(ge=0, le=1)]
ONCE = AfterValidator(lambda given: tuple(dict.fromkeys(given)))
"""Who counts by these would count what is named twice as two."""
CancelReason = Literal["host-unavailable", "venue-unavailable", "too-few-participants", "force-majeure", "rules-broken"]


class SiteBody(Body):
    """Where a session takes place."""

    organisation: UUID | None = None
    name: Line
    address: Line | None = None


class SessionBody(Body):
    """A session by the venue's clock, without an offset: ``2026-10-04T10:00``.

    ``id`` is calendar's: a session without one is the one that stood in its place before, or a new one.
    ``starts_fold`` and ``ends_fold`` choose in an hour that comes twice: 0 the first, 1 the second.
    """

    id: UUID | None = None
    title: Line
    starts: Wall
    ends: Wall
    starts_fold: Fold | None = None
    ends_fold: Fold | None = None
    site: SiteBody | None = None
    join_link: Link | None = None
    capacity: Seats | None = None


def _apart(sessions: tuple[SessionBody, ...]) -> tuple[SessionBody, ...]:
    named = [one.id for one in sessions if one.id is not None]
    if len(set(named)) < len(named):
        raise ValueError("two sessions have one id")
    return sessions


Sessions = Annotated[tuple[SessionBody, ...], Field(max_length=100), AfterValidator(_apart)]


def planned(sessions: Sessions, known: tuple[PlannedSession, ...]) -> tuple[PlannedSession, ...]:
    """As the domain has them. Raises ``UnknownPlannedSession``."""
    written = [WrittenSession.model_validate(one.model_dump()) for one in sessions]
    return identified(written, known, [new_id() for _ in written])


class DeadlinesBody(Body):
    """``apply_opens < apply_closes ≤ decide_by ≤ confirm_by ≤ roster_freeze ≤ start``; each with its offset."""

    apply_opens: Moment
    apply_closes: Moment
    decide_by: Moment
    confirm_by: Moment
    roster_freeze: Moment


class SeatPlanBody(Body):
    """Seats of one mode; without ``capacity`` unlimited (remote only)."""

    mode: SeatMode
    capacity: Seats | None = None
    quota: Seats | None = None
    reserves: Annotated[dict[Slug, Seats], Field(max_length=200)] = Field(default_factory=dict)

    def plan(self) -> SeatPlan:
        """As the domain has it."""
        return SeatPlan.model_validate(self.model_dump())


class PlanBody(Body):
    """An event as its host plans it."""

    title: Line
    summary: Prose = ""
    mode: Mode
    audience: Annotated[tuple[AudienceRole, ...], Field(max_length=5), ONCE] = ()
    topics: Annotated[tuple[Slug, ...], Field(max_length=20), ONCE] = ()
    practices: Annotated[tuple[UUID, ...], Field(max_length=50), ONCE] = ()
    need: UUID | None = None
    academic_hours: Annotated[Int, Field(ge=1, le=1000)] | None = None
    timezone: Line
    sessions: Sessions = ()
    deadlines: DeadlinesBody | None = None
    deadlines_preset: Preset | None = None
    seats: Annotated[tuple[SeatPlanBody, ...], Field(max_length=2)] = ()
    admission: Admission | None = None
    queue_policy: QueuePolicy = QueuePolicy.STRICT
    queue_order: QueueOrder = QueueOrder.SUBMITTED

    def plan(self, known: tuple[PlannedSession, ...] = ()) -> Plan:
        """As the domain has it; ``known``: the sessions that it had."""
        sessions = planned(self.sessions, known)
        return Plan.model_validate(self.model_dump(exclude={"sessions", "host"}) | {"sessions": sessions})


class DraftBody(PlanBody):
    """A new draft; ``host`` is the city that the caller acts for."""

    host: Slug


class CapacityBody(Body):
    """The seats that the host wants from now on."""

    seats: Annotated[tuple[SeatPlanBody, ...], Field(min_length=1, max_length=2)]


class CancelBody(Body):
    """Why an event will not take place."""

    reason: CancelReason


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events to list: the parameters of the query."""

    status: Literal["announced", "completed", "cancelled"] = "announced"
    host: Slug | None = None
    mode: Mode | None = None
    """A hybrid event is found by ``in_person`` and by ``remote``, too."""
    topic: Slug | None = None
    audience: AudienceRole | None = None
    starts_from: Moment | None = None
    starts_before: Moment | None = None
    free_seats: bool = False
    text: Annotated[str | None, Query(max_length=300)] = None
    """Words, in any form, of title, summary, sites and the host's name; the last one may be unfinished."""
    id: Annotated[list[UUID] | None, Query(max_length=100)] = None
    """These events alone, wherever they stand: ``status`` is not looked at."""


class SeatsView(BaseModel):
    """Seats of one mode now; ``free`` without a limit is null."""

    mode: SeatMode
    capacity: int | None
    granted: int
    held: int
    waiting: int
    free: int | None

    @classmethod
    def of(cls, row: Any) -> Self:
        """From the copy's row."""
        free = None if row.capacity is None else row.capacity - row.granted - row.held
        return cls(
            mode=row.mode, capacity=row.capacity, granted=row.granted, held=row.held, waiting=row.waiting, free=free
        )


class EventView(Event):
    """An announced event with its summary and the seats now; ``local`` where a zone was asked for."""

    summary: str
    seats_now: list[SeatsView]
    capacity_overdue: bool
    """The seat ledger has not answered ``capacity_requested`` for ten minutes: somebody is looking into it."""
    version: int
    local: LocalView | None = None

    @classmethod
    def of(cls, row: Any, seats: list[SeatsView], zone: str | None = None) -> Self:
        """From its row and the copies of its seats, with the times that clocks in ``zone`` show."""
        view = cls.model_validate(
            {
                **row.event,
                "summary": row.plan["summary"],
                "seats_now": _offered(row.mode, seats),
                "capacity_overdue": row.capacity_overdue,
                "version": row.version,
            }
        )
        return view.model_copy(update={"local": LocalView.of(view, zone)}) if zone else view


def event_text(row: Any, seats: list[SeatsView]) -> str:
    """An ``EventView`` in JSON around the event's own JSON, which is not read for it."""
    seats_now = ",".join(one.model_dump_json() for one in _offered(row.mode, seats))
    overdue = "true" if row.capacity_overdue else "false"
    return (
        f'{row.event.rstrip().removesuffix("}")},"summary":{json.dumps(row.summary, ensure_ascii=False)},'
        f'"seats_now":[{seats_now}],"capacity_overdue":{overdue},"version":{row.version},"local":null}}'
    )


def _offered(mode: str, seats: list[SeatsView]) -> list[SeatsView]:
    """Of what the event has: the ledger may still count seats of a mode that it had once."""
    shown = {one.mode: one for one in seats}
    return [shown[one] for one in Mode(mode).seat_modes if one in shown]


class PlanView(BaseModel):
    """What the host has written, drafts too, with join links: for the host's people."""

    id: UUID
    host: str
    status: str
    plan: Plan
    version: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls.model_validate(row, from_attributes=True)
