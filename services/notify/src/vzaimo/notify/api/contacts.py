"""Contact persons, for the two parties of a request."""

from uuid import UUID

from fastapi import APIRouter, Response

from vzaimo.kit.http import Member
from vzaimo.notify.shapes.contacts import ContactsView
from vzaimo.notify.views import contacts as views

router = APIRouter(tags=["contacts"])


@router.get("/requests/{request_id}/contacts", response_model=ContactsView)
async def list_contacts(request_id: UUID, call: Member) -> Response:
    """The other side's coordinators, once the city was given seats; for host and guest alone, kept by no cache."""
    async with call.gate.database.read() as tx:
        view = await views.contacts(tx, request_id, call.actor)
    return Response(view.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})
