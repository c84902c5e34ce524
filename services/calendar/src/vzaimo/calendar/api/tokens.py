"""A person's own private feed: made, looked for, revoked."""

import secrets

from fastapi import APIRouter, Response

from vzaimo.calendar.api.addresses import public_url
from vzaimo.calendar.handlers import tokens
from vzaimo.calendar.shapes.links import FeedTokenView, NewFeedToken
from vzaimo.calendar.views import tokens as views
from vzaimo.kit.http import UNKEPT, Command, Member, Receipt, shown_once

router = APIRouter(tags=["feeds"])


@router.get("/feeds/private", response_model=FeedTokenView)
async def read_token(call: Member) -> Response:
    """Whether the caller has a private feed; its address is not shown again."""
    async with call.gate.database.read() as tx:
        view = await views.token(tx, call.actor.person)
    return Response(view.model_dump_json(), 200, UNKEPT, "application/json")


@router.post("/feeds/private", status_code=201, response_model=NewFeedToken)
async def make(call: Command) -> Response:
    """Make the caller's private feed; an earlier address stops."""
    secret = secrets.token_urlsafe(32)
    done = await tokens.make(secret, works=call.works, cause=call.cause, actor=call.actor)
    url = f"{public_url(call)}/v1/feeds/private/{secret}.ics"
    return shown_once(NewFeedToken(token=secret, url=url, version=done.version))


@router.delete("/feeds/private", response_model=Receipt)
async def revoke(call: Command) -> Response:
    """Stop the caller's private feed."""
    return call.receipt(await tokens.revoke(works=call.works, cause=call.cause, actor=call.actor))
