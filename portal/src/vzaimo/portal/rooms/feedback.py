"""What an event gave: a city that came says so, and its host reads it."""

import asyncio
from collections import Counter
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.records import Feedback, FeedbackEntry
from vzaimo.portal.house.shapes import Event, Practice, Request
from vzaimo.portal.house.visit import Part, Visit, Visitor

router = APIRouter()
NOT_FOUND = 404
SCORES = (5, 4, 3, 2, 1)
MOST_PRACTICES = 50


@router.get("/requests/{request_id}/feedback")
async def form(visit: Visitor, request_id: UUID) -> Response:
    """The form of a city that came; what it said before stands in it."""
    return await _form(visit, request_id)


@router.post("/requests/{request_id}/feedback")
async def give(visit: Visitor, request_id: UUID) -> Response:
    """Say it, or say it otherwise."""
    score = str(visit.typed.get("score", ""))
    body = {
        "score": int(score) if score in {str(one) for one in SCORES} else None,
        "adopts": [str(one) for one in visit.typed.getlist("adopts")],
        "words": str(visit.typed.get("words", "")).strip() or None,
    }
    try:
        await visit.send("requests", "PUT", f"/requests/{request_id}/feedback", body)
    except Problem as problem:
        return await _form(visit, request_id, problem)
    return visit.go(f"/requests/{request_id}", "feedback.kept")


@router.get("/events/{event_id}/feedback")
async def read(visit: Visitor, event_id: UUID) -> Response:
    """Number and mean for everybody; scores, practices and words for the host and for the cities that said them."""
    event, found = await asyncio.gather(
        visit.event(event_id),
        visit.read("requests", f"/events/{event_id}/feedback", Feedback),
    )
    me = await visit.me()
    hosting = me is not None and event.host in me.cities
    adopted = Counter(practice for one in found.entries for practice in one.adopts)
    titles = await _titles(visit, event) if adopted else {}
    return await visit.show(
        "feedback.html",
        event=event,
        found=found,
        hosting=hosting,
        scores=Counter(one.score for one in found.entries),
        stars=SCORES,
        adopted=[(titles.get(practice, "—"), count) for practice, count in adopted.most_common()],
        titles=titles,
    )


async def _form(visit: Visit, request_id: UUID, problem: Problem | None = None) -> Response:
    me = await visit.member()
    request = await visit.read("requests", f"/requests/{request_id}", Request)
    if request.city not in me.coordinated or not request.attended:
        raise Problem(NOT_FOUND, {})
    event, found = await asyncio.gather(
        visit.event(request.event),
        visit.part(visit.read("requests", f"/events/{request.event}/feedback", Feedback)),
    )
    said = next((one for one in (found.value.entries if found.value else ()) if one.request == request_id), None)
    return await visit.show(
        "feedback_form.html",
        status=problem.status if problem else 200,
        request=request,
        event=event,
        titles=await _titles(visit, event),
        scores=SCORES,
        typed=_typed(visit, said),
        problem=problem,
    )


def _typed(visit: Visit, said: FeedbackEntry | None) -> dict[str, object]:
    """The form as it was sent, else what was said before."""
    if "_key" in visit.typed:
        return {
            "score": str(visit.typed.get("score", "")),
            "adopts": {str(one) for one in visit.typed.getlist("adopts")},
            "words": str(visit.typed.get("words", "")),
        }
    if said is None:
        return {"score": "", "adopts": set(), "words": ""}
    return {"score": str(said.score), "adopts": {str(one) for one in said.adopts}, "words": said.words or ""}


async def _titles(visit: Visit, event: Event) -> dict[UUID, str]:
    """The practices shown at an event; one that registry does not tell now has no title."""
    shown = event.practices[:MOST_PRACTICES]
    parts: list[Part[Practice]] = await asyncio.gather(
        *(visit.part(visit.read("registry", f"/practices/{practice}", Practice)) for practice in shown)
    )
    return {practice: part.value.title if part.value else "—" for practice, part in zip(shown, parts, strict=True)}
