"""Learning needs: what cities want to learn, who wants the same, what there is already."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from vzaimo.contracts.event import Slug
from vzaimo.kit.http import Call, Command, Cursor, Page, Receipt, Visitor, of_query
from vzaimo.kit.ids import new_id
from vzaimo.requests.api.commands import carry_out
from vzaimo.requests.domain.terms import Terms
from vzaimo.requests.handlers import needs
from vzaimo.requests.shapes.needs import (
    BackingBody,
    ClosingBody,
    FrequentTopics,
    MatchView,
    NeedBody,
    NeedFilter,
    NeedView,
)
from vzaimo.requests.views import needs as views

router = APIRouter(tags=["needs"])
Wanted = Annotated[NeedFilter, Depends(of_query(NeedFilter))]


@router.get("/needs", response_model=Page[NeedView])
async def list_needs(call: Visitor, cursor: Cursor, wanted: Wanted) -> Response:
    """Learning needs in the order of their posting."""
    async with call.gate.database.read() as tx:
        return call.listed(await views.needs(tx, cursor, wanted))


@router.get("/needs/frequent")
async def list_frequent(call: Visitor) -> FrequentTopics:
    """The topics that most cities want to learn."""
    async with call.gate.database.read() as tx:
        return await views.frequent(tx)


@router.get("/needs/{need_id}", response_model=NeedView)
async def read_need(need_id: UUID, call: Visitor) -> Response:
    """One learning need."""
    async with call.gate.database.read() as tx:
        view = await views.need(tx, need_id)
    return call.shown(view, view.version)


@router.get("/needs/{need_id}/matches", response_model=Page[MatchView])
async def list_matches(need_id: UUID, call: Visitor, cursor: Cursor) -> Response:
    """Announced events and published practices on the need's topic."""
    async with call.gate.database.read() as tx:
        return call.listed(await views.matches(tx, need_id, cursor))


@router.post("/needs", status_code=201, response_model=Receipt)
async def post(body: NeedBody, call: Command) -> Response:
    """Say what a city wants to learn."""
    return await carry_out(call, needs.post, new_id(), body.wish(), body.words)


@router.post("/needs/{need_id}/backers", response_model=Receipt)
async def back(need_id: UUID, body: BackingBody, call: Command) -> Response:
    """Say that another city wants to learn the same."""
    return await carry_out(call, needs.back, need_id, body.city, body.heads, **_terms(call))


@router.delete("/needs/{need_id}/backers/{city}", response_model=Receipt)
async def take_back(need_id: UUID, city: Slug, call: Command) -> Response:
    """Say that a city no longer wants to."""
    return await carry_out(call, needs.take_back, need_id, city, call.expected_version, **_terms(call))


@router.post("/needs/{need_id}/close", response_model=Receipt)
async def close(need_id: UUID, body: ClosingBody, call: Command) -> Response:
    """Close a need, for a reason."""
    return await carry_out(call, needs.close, need_id, body.reason, call.expected_version, **_terms(call))


def _terms(call: Call) -> dict[str, int]:
    terms: Terms = call.gate.extras["terms"]
    return {"threshold": terms.needs_threshold}
