"""Practices."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from vzaimo.contracts.registry import Indicator, Practice, PracticeStatus
from vzaimo.kit import lemmas
from vzaimo.kit.http import Command, Cursor, Page, Receipt, Visitor, of_query
from vzaimo.kit.ids import new_id
from vzaimo.registry.domain.practices import PracticeState
from vzaimo.registry.handlers import practices
from vzaimo.registry.shapes.practices import PracticeBody, PracticeFilter, PracticeView, Remark
from vzaimo.registry.views import practices as views

router = APIRouter(tags=["practices"])


@router.get("/practices", response_model=Page[PracticeView])
async def list_practices(
    call: Visitor, cursor: Cursor, wanted: Annotated[PracticeFilter, Depends(of_query(PracticeFilter))]
) -> Response:
    """Published practices for all; drafts and those in review for their city and the moderator."""
    if wanted.text is not None:
        await lemmas.ready()
    async with call.gate.database.read() as tx:
        return call.listed(await views.practices(tx, cursor, call.known, wanted))


@router.get("/practices/{practice_id}", response_model=PracticeView)
async def read_practice(practice_id: UUID, call: Visitor) -> Response:
    """One practice."""
    async with call.gate.database.read() as tx:
        view = await views.practice(tx, practice_id, call.known)
    return call.shown(view, view.version, view.remark is None)


@router.post("/practices", status_code=201, response_model=Receipt)
async def draft(body: PracticeBody, call: Command) -> Response:
    """Begin to describe a practice."""
    done = await practices.draft(_state(body, new_id()), works=call.works, cause=call.cause, actor=call.actor)
    return call.receipt(done)


@router.put("/practices/{practice_id}", response_model=Receipt)
async def revise(practice_id: UUID, body: PracticeBody, call: Command) -> Response:
    """Describe it anew."""
    done = await practices.revise(
        practice_id,
        _state(body, practice_id),
        call.expected_version,
        works=call.works,
        cause=call.cause,
        actor=call.actor,
    )
    return call.receipt(done)


@router.post("/practices/{practice_id}/submit", response_model=Receipt)
async def submit(practice_id: UUID, call: Command) -> Response:
    """Ask the moderator for review."""
    return call.receipt(await practices.submit(practice_id, works=call.works, cause=call.cause, actor=call.actor))


@router.post("/practices/{practice_id}/publish", response_model=Receipt)
async def publish(practice_id: UUID, call: Command) -> Response:
    """Publish what was found good."""
    return call.receipt(await practices.publish(practice_id, works=call.works, cause=call.cause, actor=call.actor))


@router.post("/practices/{practice_id}/return", response_model=Receipt)
async def give_back(practice_id: UUID, body: Remark, call: Command) -> Response:
    """Ask for changes."""
    done = await practices.give_back(practice_id, body.remark, works=call.works, cause=call.cause, actor=call.actor)
    return call.receipt(done)


@router.post("/practices/{practice_id}/confirm", response_model=Receipt)
async def confirm(practice_id: UUID, call: Command) -> Response:
    """Say that it is current."""
    return call.receipt(await practices.confirm(practice_id, works=call.works, cause=call.cause, actor=call.actor))


@router.post("/practices/{practice_id}/archive", response_model=Receipt)
async def archive(practice_id: UUID, call: Command) -> Response:
    """Offer it no longer."""
    return call.receipt(await practices.archive(practice_id, works=call.works, cause=call.cause, actor=call.actor))


def _state(body: PracticeBody, practice_id: UUID) -> PracticeState:
    public = Practice(
        id=practice_id,
        city=body.city,
        title=body.title,
        topics=body.topics,
        audience=tuple(body.audience),
        indicators=tuple(Indicator(**one.model_dump(exclude={"baseline_reason"})) for one in body.indicators),
        status=PracticeStatus.DRAFT,
    )
    return PracticeState(
        public=public,
        summary=body.summary,
        does_not_apply=body.does_not_apply,
        baseline_reasons=tuple(one.baseline_reason for one in body.indicators),
    )
