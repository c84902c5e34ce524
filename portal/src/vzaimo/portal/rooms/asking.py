"""A city asks to attend: whom it sends, in its own order."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from vzaimo.contracts.calendar import AudienceRole, SeatMode
from vzaimo.contracts.event import Slug
from vzaimo.contracts.requests import RequestStatus
from vzaimo.portal.house import delegations
from vzaimo.portal.house.delegations import Reading, Row, Unreadable
from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.shapes import Event, Request
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()
CONFLICTING = 412
_MOVES: dict[str, Callable[[Sequence[Row], int], list[Row]]] = {
    "up": lambda rows, place: delegations.moved(rows, place, -1),
    "down": lambda rows, place: delegations.moved(rows, place, 1),
    "drop": delegations.without,
}
_GOES = {"up": -1, "down": 1, "drop": 0}
"""By how many lines each takes what it moves, and the focus with it."""


@dataclass(slots=True)
class Draft:
    """A delegation as it stands in the form. ``present``: what is stored, where the form was older than that."""

    city: str
    mode: SeatMode
    rows: list[Row] = field(default_factory=list)
    heads: dict[str, int] = field(default_factory=dict)
    min_viable: int = 1
    revision: int = 1
    request: Request | None = None
    present: Request | None = None

    @property
    def body(self) -> dict[str, object]:
        """As requests wants it."""
        people = [
            {"rank": rank, "name": row.name, "role": row.role, "organisation": row.organisation or None}
            for rank, row in enumerate(self.rows, 1)
        ]
        in_person = self.mode is SeatMode.IN_PERSON
        return {
            "delegates": people if in_person else [],
            "heads": {} if in_person else {role: count for role, count in self.heads.items() if count},
            "min_viable": self.min_viable,
        }


@router.get("/events/{event_id}/ask")
async def begin(visit: Visitor, event_id: UUID, city: Slug, mode: Annotated[SeatMode, Query()]) -> Response:
    """An empty form."""
    await visit.member()
    event = await visit.event(event_id)
    return await _form(visit, event, Draft(city, mode, revision=event.schedule_revision))


@router.get("/requests/{request_id}/edit")
async def edit(visit: Visitor, request_id: UUID) -> Response:
    """The form of a request that was not decided yet."""
    await visit.member()
    request = await visit.read("requests", f"/requests/{request_id}", Request)
    event = await visit.event(request.event)
    return await _form(visit, event, _draft(request, event))


@router.post("/events/{event_id}/ask")
async def ask(visit: Visitor, event_id: UUID, city: Slug, mode: Annotated[SeatMode, Query()]) -> Response:
    """A new request, or another look at the form."""
    event = await visit.event(event_id)
    return await _take(visit, event, _typed(visit, Draft(city, mode)))


@router.post("/requests/{request_id}/edit")
async def revise(visit: Visitor, request_id: UUID) -> Response:
    """A request written anew, or another look at the form."""
    request = await visit.read("requests", f"/requests/{request_id}", Request)
    event = await visit.event(request.event)
    return await _take(visit, event, _typed(visit, Draft(request.city, request.mode, request=request)))


async def _take(visit: Visit, event: Event, draft: Draft) -> Response:
    step, _, place = str(visit.typed.get("step", "")).partition(":")
    before = draft.rows
    draft.rows = delegations.named(before)
    at_hand = len(draft.rows)
    if step in _MOVES and place.isdigit():
        line = len(delegations.named(before[: int(place)]))
        draft.rows = _MOVES[step](draft.rows, line)
        at_hand = min(max(line + _GOES[step], 0), len(draft.rows))
    if step == "paste":
        return await _paste(visit, event, draft)
    if step not in {"save", "submit"}:
        return await _form(visit, event, draft, at_hand=at_hand)
    try:
        await _keep(visit, event, draft)
        if step == "submit" and draft.request is not None and draft.request.status is RequestStatus.DRAFT:
            path, seen = f"/requests/{draft.request.id}/submit", {"schedule_revision": draft.revision}
            await visit.send("requests", "POST", path, seen, whatever_version=True)
    except Problem as problem:
        if problem.status == CONFLICTING and draft.request is not None:
            draft.present = draft.request
        return await _form(visit, event, draft, problem=problem)
    if draft.request is None:
        return RedirectResponse("/my", 303)
    return visit.go(f"/requests/{draft.request.id}", "asking.sent" if step == "submit" else "asking.saved")


async def _keep(visit: Visit, event: Event, draft: Draft) -> None:
    """Store the form: a request of its own, or the one that there is."""
    if draft.request is not None:
        receipt = await visit.send("requests", "PUT", f"/requests/{draft.request.id}", draft.body)
    else:
        named = {"event": str(event.id), "city": draft.city, "mode": draft.mode.value}
        receipt = await visit.send("requests", "POST", "/requests", draft.body | named)
    draft.request = await visit.read("requests", f"/requests/{receipt.id}", Request)


async def _paste(visit: Visit, event: Event, draft: Draft) -> Response:
    """Add the people of a pasted table or of a file to those who are there."""
    found, fault = delegations.pasted(str(visit.typed.get("table", ""))), None
    source = None
    upload = visit.typed.get("file")
    if isinstance(upload, UploadFile) and upload.filename:
        content = await upload.read()
        try:
            brought = await asyncio.to_thread(delegations.from_file, upload.filename, content)
        except Unreadable as unreadable:
            fault = f"asking.file.{unreadable.why}"
        else:
            source = upload.filename
            found = Reading(found.rows + brought.rows, found.notes + brought.notes)
    draft.rows = delegations.added(draft.rows, found)
    return await _form(visit, event, draft, fault=fault, reading=found, source=source)


async def _form(
    visit: Visit,
    event: Event,
    draft: Draft,
    *,
    problem: Problem | None = None,
    fault: str | None = None,
    reading: Reading | None = None,
    source: str | None = None,
    at_hand: int | None = None,
) -> Response:
    """The form; ``at_hand`` is the line at which it goes on."""
    spare = max(delegations.SPARE, 1 if draft.rows else delegations.SPARE + 2)
    return await visit.show(
        "ask.html",
        status=problem.status if problem else 200,
        event=event,
        draft=draft,
        blank=[Row()] * spare,
        roles=list(AudienceRole),
        problem=problem,
        fault=fault,
        reading=reading,
        source=source,
        at_hand=at_hand,
    )


def _draft(request: Request, event: Event) -> Draft:
    rows = [
        Row(one.name or "", one.role.value, one.organisation or "")
        for one in sorted(request.delegates, key=lambda one: one.rank)
    ]
    heads = {role.value: count for role, count in request.heads.items()}
    return Draft(request.city, request.mode, rows, heads, request.min_viable, event.schedule_revision, request)


def _typed(visit: Visit, draft: Draft) -> Draft:
    form = visit.typed

    def texts(name: str) -> list[str]:
        return [value for value in form.getlist(name) if isinstance(value, str)]

    draft.rows = delegations.typed(texts("name"), texts("role"), texts("organisation"))
    draft.heads = {role.value: _count(str(form.get(f"heads-{role.value}", ""))) for role in AudienceRole}
    draft.min_viable = _count(str(form.get("min_viable", ""))) or 1
    draft.revision = _count(str(form.get("revision", ""))) or 1
    return draft


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0  # noqa: PLR2004 - 100,000 at most
