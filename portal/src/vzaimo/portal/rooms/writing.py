"""A city writes a practice, submits it for review, keeps it current, and archives it."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.calendar import AudienceRole
from vzaimo.contracts.event import Slug
from vzaimo.contracts.registry import PracticeStatus
from vzaimo.portal.house import drafts
from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.shapes import Practice
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()
SPARE = 1
"""Empty indicators that a form offers beside what is written."""
STEPS: dict[PracticeStatus, tuple[str, ...]] = {
    PracticeStatus.DRAFT: ("submit",),
    PracticeStatus.PUBLISHED: ("confirm", "archive"),
}
"""What a city may do with a practice, beside writing it anew."""
WRITTEN = set(STEPS)
"""A practice that is neither under review nor archived may be written anew."""
Step = Literal["submit", "confirm", "archive"]


@dataclass(slots=True)
class Sheet:
    """A practice as it stands in the form, and the version that its writer has ``seen``.

    ``present``: what is stored, where the form was older than that.
    """

    city: str
    shown: dict[str, Any]
    stored: Practice | None = None
    seen: int | None = None
    present: Practice | None = None


@router.get("/practices/new")
async def begin(visit: Visitor, city: Slug) -> Response:
    """An empty form."""
    await visit.member()
    return await _form(visit, Sheet(city, drafts.blank()))


@router.post("/practices/new")
async def draft(visit: Visitor, city: Slug) -> Response:
    """A new draft, or another look at the form."""
    return await _take(visit, Sheet(city, drafts.typed(visit.typed)))


@router.get("/practices/{practice_id}/edit")
async def edit(visit: Visitor, practice_id: UUID) -> Response:
    """The form of what is written already."""
    await visit.member()
    stored = await visit.read("registry", f"/practices/{practice_id}", Practice)
    return await _form(visit, _written(stored))


@router.post("/practices/{practice_id}/edit")
async def revise(visit: Visitor, practice_id: UUID) -> Response:
    """Write it anew, and submit it where that is wanted."""
    stored = await visit.read("registry", f"/practices/{practice_id}", Practice)
    version = str(visit.typed.get("_version", ""))
    seen = int(version) if version.isdigit() else None
    return await _take(visit, Sheet(stored.city, drafts.typed(visit.typed), stored, seen))


@router.post("/practices/{practice_id}/{step}")
async def go_on(visit: Visitor, practice_id: UUID, step: Step) -> Response:
    """Submit, confirm as current, archive."""
    try:
        await visit.send("registry", "POST", f"/practices/{practice_id}/{step}", whatever_version=True)
    except Problem as problem:
        if "missing" not in problem.facts:
            raise
        stored = await visit.read("registry", f"/practices/{practice_id}", Practice)
        return await _form(visit, _written(stored), problem)
    return visit.go(f"/practices/{practice_id}", f"writing.done.{step}")


def _written(stored: Practice) -> Sheet:
    return Sheet(stored.city, drafts.values_of(stored), stored, stored.version)


async def _take(visit: Visit, sheet: Sheet) -> Response:
    step = str(visit.typed.get("step", ""))
    if step not in {"save", "submit"}:
        return await _form(visit, sheet)
    try:
        await _keep(visit, sheet)
        if step == "submit" and sheet.stored is not None:
            await visit.send("registry", "POST", f"/practices/{sheet.stored.id}/submit", whatever_version=True)
    except Problem as problem:
        if problem.kind == "stale" and sheet.stored is not None:
            sheet.present, sheet.seen = sheet.stored, sheet.stored.version
        return await _form(visit, sheet, problem)
    return visit.go(
        f"/practices/{sheet.stored.id if sheet.stored else ''}",
        "writing.done.submit" if step == "submit" else "writing.done.save",
    )


async def _keep(visit: Visit, sheet: Sheet) -> None:
    """Store the form; the sheet holds what is stored then, so that it can be sent again."""
    made = drafts.body(sheet.city, sheet.shown)
    if sheet.stored:
        receipt = await visit.send("registry", "PUT", f"/practices/{sheet.stored.id}", made)
    else:
        receipt = await visit.send("registry", "POST", "/practices", made)
    sheet.stored = await visit.read("registry", f"/practices/{receipt.id}", Practice)
    sheet.seen = sheet.stored.version


async def _form(visit: Visit, sheet: Sheet, problem: Problem | None = None) -> Response:
    errors = dict(problem.errors) if problem else {}
    missing = problem.facts.get("missing", ()) if problem else ()
    if isinstance(missing, list):
        errors |= {str(field): visit.say("writing.missing") for field in missing}
    rows = sheet.shown["indicators"]
    spare = max(SPARE, 2 - len(rows)) if len(rows) < drafts.MOST_INDICATORS else 0
    return await visit.show(
        "practice_form.html",
        status=problem.status if problem else 200,
        sheet=sheet,
        shown=sheet.shown,
        rows=[*rows, *[drafts.EMPTY] * spare],
        roles=list(AudienceRole),
        errors=errors,
        problem=problem,
    )
