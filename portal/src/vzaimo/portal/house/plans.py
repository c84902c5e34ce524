"""What a host writes: the plan as calendar keeps it, and as it stands in a form."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import NaiveDatetime
from starlette.datastructures import FormData

from vzaimo.contracts import calendar
from vzaimo.contracts.calendar import AudienceRole, Deadlines, EventStatus, Mode, SeatPlan, Site
from vzaimo.contracts.event import Slug, State
from vzaimo.portal.house.shapes import Organisation
from vzaimo.portal.house.times import zone_named

PRESETS = ("visit", "standard", "webinar")
DEADLINES = tuple(Deadlines.model_fields)
CANCEL_REASONS = ("host-unavailable", "venue-unavailable", "too-few-participants", "force-majeure")
_DETAILS = ("title", "summary", "audience", "topics")
"""What may still change once an event is announced, beside titles and links of sessions."""


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
    seats = {one.mode.value: one for one in plan.seats}
    shown: dict[str, Any] = plan.model_dump(mode="json", exclude={"sessions", "deadlines", "seats"})
    shown["sessions"] = [_row(one) for one in plan.sessions]
    shown["deadlines_preset"] = plan.deadlines_preset or ("own" if plan.deadlines else "standard")
    for name in DEADLINES:
        at: datetime | None = getattr(plan.deadlines, name) if plan.deadlines else None
        shown[name] = f"{at.astimezone(zone):%Y-%m-%dT%H:%M}" if at else ""
    for mode in calendar.SeatMode:
        for field in ("capacity", "quota"):
            shown[f"{field}-{mode}"] = getattr(seats.get(mode.value), field, None) or ""
    return shown


def typed(form: FormData, organisations: Sequence[Organisation], plan: Plan | None) -> dict[str, Any]:
    """The fields of the form as they were sent; what it does not have stays as the plan has it."""
    shown = values_of(plan) if plan else {}
    for name in ("title", "summary", "mode", "timezone", "admission", "queue_policy", "queue_order"):
        if (value := form.get(name)) is not None:
            shown[name] = str(value).strip()
    for name in ("deadlines_preset", *DEADLINES):
        shown[name] = str(form.get(name, shown.get(name, "")))
    if (need := form.get("need")) is not None:
        shown["need"] = str(need) or None
    if (hours := form.get("academic_hours")) is not None:
        shown["academic_hours"] = _number(hours)
    shown["audience"] = [str(one) for one in form.getlist("audience")]
    shown["topics"] = [str(one) for one in form.getlist("topics")]
    for mode in calendar.SeatMode:
        for field in ("capacity", "quota"):
            shown[f"{field}-{mode}"] = str(form.get(f"{field}-{mode}", ""))
    known = {str(one.id): one for one in plan.sessions} if plan else {}
    names = ("id", "title", "starts", "ends", "site", "address", "join_link", "capacity")
    columns = [[str(value).strip() for value in form.getlist(f"session-{name}")] for name in names]
    rows = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=False)]
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
    made |= {name: shown[name] for name in _DETAILS}
    sessions = list(shown["sessions"])
    if announced:
        for stored, row in zip(made["sessions"], sessions, strict=False):
            stored |= {"title": row["title"], "join_link": row["join_link"] or None}
        return made
    made |= {name: shown[name] for name in ("mode", "timezone", "queue_policy", "queue_order")}
    made |= {"admission": shown.get("admission") or None, "academic_hours": shown.get("academic_hours") or None}
    made["need"] = shown.get("need")
    made["sessions"] = [_session(row) for row in sessions]
    made["seats"] = list(_seats(shown, plan))
    own = shown["deadlines_preset"] not in PRESETS
    made["deadlines_preset"] = None if own else shown["deadlines_preset"]
    made["deadlines"] = {name: _moment(shown[name], shown["timezone"]) for name in DEADLINES} if own else None
    return made


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
    return {"starts_fold": one.starts_fold if one else None, "ends_fold": one.ends_fold if one else None}


def _session(row: Mapping[str, Any]) -> dict[str, Any]:
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
        "capacity": _number(row["capacity"]),
    }


def _seats(shown: Mapping[str, Any], plan: Plan | None) -> Iterable[dict[str, Any]]:
    kept = {one.mode: one.reserves for one in plan.seats} if plan else {}
    modes = Mode(shown["mode"]).seat_modes if shown["mode"] in list(Mode) else ()
    for mode in modes:
        capacity, quota = _number(shown[f"capacity-{mode}"]), _number(shown[f"quota-{mode}"])
        if capacity or quota or kept.get(mode):
            yield {"mode": mode.value, "capacity": capacity, "quota": quota, "reserves": dict(kept.get(mode, {}))}


def _moment(text: str, timezone: str) -> str:
    """The venue's wall clock as a moment; what is none goes as it is, for the gateway to say so at its field."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone_named(timezone)).isoformat()
    except ValueError:
        return text


def _number(text: Any) -> int | None:
    value = str(text or "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 9 else None  # noqa: PLR2004 - no such crowd
