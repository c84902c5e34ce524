"""Personal data of delegates: what they need, what is stored of them, and its end."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from vzaimo.kit.http import Command, Cursor, Member, Page, Receipt
from vzaimo.requests.api.commands import carry_out
from vzaimo.requests.handlers import comforts, erasures
from vzaimo.requests.shapes.privacy import ActView, ComfortBody, Comforts, PersonView
from vzaimo.requests.views import privacy as views
from vzaimo.requests.views.acts import printed

router = APIRouter(tags=["personal data"])


@router.get("/requests/{request_id}/delegates/needs", response_model=Comforts)
async def read_needs(request_id: UUID, call: Member) -> Response:
    """What the delegates who come need: for the guest and the host."""
    async with call.gate.database.read() as tx:
        return _private(await views.comforts(tx, request_id, call.actor))


@router.put("/requests/{request_id}/delegates/{delegate_id}/needs", response_model=Receipt)
async def state_needs(request_id: UUID, delegate_id: UUID, body: ComfortBody, call: Command) -> Response:
    """State what a delegate needs, once a seat is granted."""
    return await carry_out(call, comforts.state, request_id, delegate_id, body.dietary, body.access)


@router.get("/requests/{request_id}/delegates/{delegate_id}/data", response_model=PersonView)
async def export(request_id: UUID, delegate_id: UUID, call: Member) -> Response:
    """All that is stored about a delegate."""
    async with call.gate.database.read() as tx:
        return _private(await views.person(tx, request_id, delegate_id, call.actor))


@router.post("/requests/{request_id}/delegates/{delegate_id}/erasure", response_model=Receipt)
async def erase(request_id: UUID, delegate_id: UUID, call: Command) -> Response:
    """Destroy a delegate's personal data. The receipt names the act."""
    return await carry_out(call, erasures.erase, request_id, delegate_id)


@router.get("/erasure-acts", response_model=Page[ActView])
async def list_acts(call: Member, cursor: Cursor) -> Response:
    """Acts of destruction: the own city's, all for the moderator."""
    async with call.gate.database.read() as tx:
        return call.listed(await views.acts(tx, cursor, call.actor))


@router.get("/erasure-acts/{act_id}", response_model=ActView)
async def read_act(
    act_id: UUID, call: Member, wanted: Annotated[Literal["json", "text"], Query(alias="format")] = "json"
) -> Response:
    """One act, also as a text to print and sign."""
    async with call.gate.database.read() as tx:
        view = await views.act(tx, act_id, call.actor)
    if wanted == "json":
        return call.shown(view, 1)
    headers = {"Cache-Control": "no-cache", "Content-Language": call.language, "Vary": "Accept-Language, Authorization"}
    return Response(printed(view, call.language), 200, headers, "text/plain; charset=utf-8")


def _private(view: BaseModel) -> Response:
    return Response(view.model_dump_json(), 200, {"Cache-Control": "no-store"}, "application/json")
