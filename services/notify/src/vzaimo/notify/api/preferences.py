"""What a person wants by mail; also by an address in a mail, without signing in."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from vzaimo.kit.http import Command, Gate, Member, Receipt
from vzaimo.notify.handlers import preferences
from vzaimo.notify.shapes.preferences import PreferencesBody, PreferencesView
from vzaimo.notify.views import preferences as views

router = APIRouter(tags=["preferences"])


@router.get("/preferences", response_model=PreferencesView)
async def get_preferences(call: Member) -> Response:
    """The caller's wishes, and what cannot be muted."""
    async with call.gate.database.read() as tx:
        view = await views.preferences(tx, call.actor.person)
    return call.shown(view, view.version)


@router.put("/preferences", response_model=Receipt)
async def put_preferences(body: PreferencesBody, call: Command) -> Response:
    """All of the caller's wishes at once; groups that are not named come as usual."""
    done = await preferences.prefer(
        body.read(), call.expected_version, works=call.works, cause=call.cause, actor=call.actor
    )
    return call.receipt(done)


@router.post("/unsubscribe/{token}", status_code=204)
async def unsubscribe(token: Annotated[str, Path(max_length=200)], request: Request) -> Response:
    """One click in a mail program (RFC 8058): no more mails of that group. What the form says does not matter."""
    gate: Gate = request.app.state.gate
    gate.limits.check_address(request)
    await gate.writes_allowed()
    await preferences.unsubscribe(token, gate.extras["unsubscribe_keys"], works=gate.works)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})
