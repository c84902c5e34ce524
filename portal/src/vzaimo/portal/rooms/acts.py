"""Acts of destruction of personal data: the own city's, all for the moderator; each to print and sign."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.portal.house.gateways import Page
from vzaimo.portal.house.records import Act
from vzaimo.portal.house.visit import Visitor

router = APIRouter()
A_PAGE = 50


@router.get("/acts")
async def acts(visit: Visitor, cursor: str = "") -> Response:
    """All that the visitor may see, page by page."""
    await visit.member()
    page = await visit.read("requests", "/erasure-acts", Page[Act], limit=A_PAGE, cursor=cursor)
    return await visit.show("acts.html", page=page)


@router.get("/acts/{act_id}")
async def act(visit: Visitor, act_id: UUID) -> Response:
    """One act as it is signed; its wording is the gateway's."""
    await visit.member()
    found = await visit.read("requests", f"/erasure-acts/{act_id}", Act)
    text = await visit.portal.gateways.text("requests", f"/erasure-acts/{act_id}", visit.caller, format="text")
    return await visit.show("act.html", act=found, text=text)
