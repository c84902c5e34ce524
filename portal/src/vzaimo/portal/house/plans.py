"""What a host writes: the plan as calendar keeps it, and as it stands in a form."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import NaiveDatetime
from starlette.datastructures import FormData

from vzaimo.contracts import calendar
from vzaimo.contracts.calendar import AudienceRole, Deadlines, EventStatus, Mode, SeatPlan, Site
from vzaimo.contracts.event import Slug, State
from vzaimo.portal.house import seats
from vzaimo.portal.house.shapes import Organisation
from vzaimo.portal.house.times import zone_named

PRESETS = ("visit", "standard", "webinar")
USUAL = "standard"
DEADLINES = tuple(Deadlines.model_fields)
CANCEL_REASONS = ("host-unavailable", "venue-unavailable", "too-few-participants", "force-majeure")
_DETAILS = ("title", "summary", "audience", "topics", "practices")
"""What may still change once an event is announced, beside hours, titles and links of sessions, and later deadlines."""
ROW = ("id", "title", "starts", "ends", "site", "address", "join_link", "capacity")
"""The fields of a session."""


FOLDS: dict[str, int | None] = {"starts_fold": None, "ends_fold": None}
"""Of a session that says nothing of an hour which comes twice."""


class PlannedSession(State):
    """A session by the venue's clock."""

    id: UUID | None = None
    title: str = ""
    starts: NaiveDatetime
    ends: NaiveDatetime
    starts_fold: int | None = None
    ends_fold: int | None = None
    site: Site | None = None
    join_link: str | None = None
    capacity: int | None = None


class Plan(State):
    """What the host has written so far."""

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
    deadlines_preset: str | None = None
    seats: tuple[SeatPlan, ...] = ()
    admission: calendar.Admission | None = None
    queue_policy: calendar.QueuePolicy = calendar.QueuePolicy.STRICT
    queue_order: calendar.QueueOrder = calendar.QueueOrder.SUBMITTED


class HostedPlan(State):
    """A plan as its host's people read it."""

    id: UUID
    host: str
    status: EventStatus
    plan: Plan
    version: int


class Promise(State):
    """A promise of a preset, and whether there is time enough left to keep it."""

    promise: str
    kept: bool


class Preview(State):
    """What a preset would give now."""

    deadlines: Deadlines
    promises: tuple[Promise, ...] = ()


def values_of(plan: Plan) -> dict[str, Any]:
    """A plan as the fields of the form."""
    zone = zone_named(plan.timezone)
    shown: dict[str, Any] = plan.model_dump(mode="json", exclude={"sessions", "deadlines", "seats"})
    shown |= seats.values_of(plan.seats)
    shown["sessions"] = [_row(one) for one in plan.sessions]
    shown["deadlines_preset"] = plan.deadlines_preset or ("own" if plan.deadlines else USUAL)
    for name in DEADLINES:
        at: datetime | None = getattr(plan.deadlines, name) if plan.deadlines else None
        shown[name] = wall(at, zone) if at else ""
    return shown


def wall(at: datetime, zone: ZoneInfo | None) -> str:
    """A moment as a form's field shows it, by the venue's clock."""
    return f"{at.astimezone(zone):%Y-%m-%dT%H:%M}"


def passed(plan: Plan | None, now: datetime) -> set[str]:
    """The deadlines that are past."""
    stored = plan.deadlines if plan else None
    return {name for name in DEADLINES if stored and getattr(stored, name) <= now}


BLANK = Plan(title="", mode=Mode.IN_PERSON, timezone="Europe/Moscow")
"""What a form that lacks fields is filled up from."""


def typed(
    form: FormData, organisations: Sequence[Organisation], plan: Plan | None, slugs: Mapping[str, str]
) -> dict[str, Any]:
    """The fields of the form as they were sent; what it does not have stays as the plan has it.

    Places and cities (``slugs``) are known by their names.
    """
    shown = values_of(plan or BLANK)
    for name in ("title", "summary", "mode", "timezone", "admission", "queue_policy", "queue_order"):
        if (value := form.get(name)) is not None:
            shown[name] = str(value).strip()
    for name in ("deadlines_preset", *DEADLINES):
        shown[name] = str(form.get(name, shown.get(name, "")))
    if (need := form.get("need")) is not None:
        shown["need"] = str(need) or None
    if (hours := form.get("academic_hours")) is not None:
        shown["academic_hours"] = seats.number(hours)
    shown["audience"] = [str(one) for one in form.getlist("audience")]
    shown["topics"] = [str(one) for one in form.getlist("topics")]
    if "_practices" in form:
        shown["practices"] = [str(one) for one in form.getlist("practices")]
    shown |= seats.typed(form, shown, slugs)
    known = {str(one.id): one for one in plan.sessions} if plan else {}
    columns = [[str(value).strip() for value in form.getlist(f"session-{name}")] for name in ROW]
    rows = [dict(zip(ROW, values, strict=True)) for values in zip(*columns, strict=False)]
    places = {one.name: str(one.id) for one in organisations}
    shown["sessions"] = [
        {**row, "organisation": places.get(row["site"]), **_folds(known.get(row["id"]))}
        for row in rows
        if row["title"] or row["starts"]
    ]
    return shown


def body(shown: Mapping[str, Any], plan: Plan | None, *, announced: bool = False) -> dict[str, Any]:
    """The fields as calendar wants them. Of an announced event only what may still change is taken from the form."""
    made: dict[str, Any] = plan.model_dump(mode="json") if plan else {}
    made |= {name: shown[name] for name in _DETAILS} | {"academic_hours": shown.get("academic_hours") or None}
    sessions = list(shown["sessions"])
    if announced:
        for stored, row in zip(made["sessions"], sessions, strict=False):
            stored |= {"title": row["title"], "join_link": row["join_link"] or None}
        made["deadlines"] = moments(shown, plan)
        return made
    made |= {name: shown[name] for name in ("mode", "timezone", "queue_policy", "queue_order")}
    made["need"] = shown.get("need")
    made["admission"] = shown.get("admission") or None
    made["sessions"] = [session(row) for row in sessions]
    made["seats"] = seats.body(shown, seat_modes(shown))
    own = shown["deadlines_preset"] not in PRESETS
    made["deadlines_preset"] = None if own else shown["deadlines_preset"]
    made["deadlines"] = moments(shown, plan) if own else None
    return made


def seat_modes(shown: Mapping[str, Any]) -> tuple[calendar.SeatMode, ...]:
    """The kinds of seats that the form's event has."""
    return Mode(shown["mode"]).seat_modes if shown["mode"] in list(Mode) else ()


def moments(shown: Mapping[str, Any], plan: Plan | None) -> dict[str, str]:
    """The form's deadlines; one that was not touched is sent as it is stored, to the second."""
    stored = plan.deadlines if plan else None
    return {
        name: moment(shown[name], shown["timezone"], getattr(stored, name) if stored else None) for name in DEADLINES
    }


def _row(one: PlannedSession) -> dict[str, Any]:
    return {
        "id": str(one.id or ""),
        "title": one.title,
        "starts": f"{one.starts:%Y-%m-%dT%H:%M}",
        "ends": f"{one.ends:%Y-%m-%dT%H:%M}",
        "site": one.site.name if one.site else "",
        "address": (one.site.address or "") if one.site else "",
        "join_link": one.join_link or "",
        "capacity": str(one.capacity or ""),
    }


def _folds(one: PlannedSession | None) -> dict[str, int | None]:
    return {"starts_fold": one.starts_fold, "ends_fold": one.ends_fold} if one else FOLDS


def session(row: Mapping[str, Any]) -> dict[str, Any]:
    """A session's fields as calendar wants them."""
    site = {"organisation": row["organisation"], "name": row["site"], "address": row["address"] or None}
    return {
        "id": row["id"] or None,
        "title": row["title"],
        "starts": row["starts"],
        "ends": row["ends"],
        "starts_fold": row["starts_fold"],
        "ends_fold": row["ends_fold"],
        "site": site if row["site"] else None,
        "join_link": row["join_link"] or None,
        "capacity": seats.number(row["capacity"]),
    }


def moment(text: str, timezone: str, stored: datetime | None = None) -> str:
    """The venue's wall clock as a moment; what is none goes as it is, for the gateway to say so at its field."""
    zone = zone_named(timezone)
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        return text
    if zone and stored and timedelta() <= stored - at < timedelta(minutes=1):
        at = stored
    return at.isoformat()
