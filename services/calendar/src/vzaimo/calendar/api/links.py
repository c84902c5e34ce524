"""The way to a session's join link, which itself is in no fact, log, feed or mail."""

import secrets
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from vzaimo.calendar.api.addresses import public_url
from vzaimo.calendar.handlers import links
from vzaimo.calendar.shapes.links import NewShareLink, ShareLinkBody, ShareLinkView
from vzaimo.calendar.views import links as views
from vzaimo.kit.http import UNKEPT, Command, Cursor, Member, Page, Receipt, Visitor, shown_once
from vzaimo.kit.ids import new_id

router = APIRouter(tags=["links"])


@router.get("/events/{event_id}/join", status_code=303, response_class=Response)
async def join(event_id: UUID, call: Member, session: UUID | None = None) -> Response:
    """Go to the session, or to the one that is on or comes next: the host's people, and cities with a remote seat."""
    async with call.gate.database.read() as tx:
        link = await views.join(tx, event_id, session, call.actor, call.works.clock.now())
    return Response(status_code=303, headers={**UNKEPT, "Location": link})


@router.get("/join/{secret}", status_code=303, response_class=Response)
async def join_by_link(
    secret: Annotated[str, Path(max_length=100)], call: Visitor, session: UUID | None = None
) -> Response:
    """The same with a city's share link, without a token."""
    async with call.gate.database.read() as tx:
        link = await views.shared(tx, secret, session, call.works.clock.now())
    return Response(status_code=303, headers={**UNKEPT, "Location": link})


@router.get("/events/{event_id}/share-links", response_model=Page[ShareLinkView])
async def list_share_links(event_id: UUID, call: Member, cursor: Cursor) -> Response:
    """The links that the caller's cities have made."""
    async with call.gate.database.read() as tx:
        return call.listed(await views.share_links(tx, cursor, event_id, call.actor))


@router.post("/events/{event_id}/share-links", status_code=201, response_model=NewShareLink)
async def share(event_id: UUID, body: ShareLinkBody, call: Command) -> Response:
    """Make a link for the delegation of a city that has a remote seat. Its address is in this answer alone."""
    link_id, secret = new_id(), secrets.token_urlsafe(32)
    await links.share(link_id, secret, event_id, body.city, works=call.works, cause=call.cause, actor=call.actor)
    return shown_once(NewShareLink(id=link_id, url=f"{public_url(call)}/v1/join/{secret}"))


@router.delete("/events/{event_id}/share-links/{link_id}", response_model=Receipt)
async def revoke(event_id: UUID, link_id: UUID, call: Command) -> Response:
    """Take a link back."""
    done = await links.revoke(event_id, link_id, works=call.works, cause=call.cause, actor=call.actor)
    return call.receipt(done)
