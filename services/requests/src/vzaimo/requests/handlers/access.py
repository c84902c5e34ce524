"""Whose request it is: who acts for the guest, and what others are told of it."""

from typing import Any
from uuid import UUID

from vzaimo.contracts.refusal import Refusal
from vzaimo.contracts.requests import Request
from vzaimo.kit.identity import Actor, NotAllowed
from vzaimo.kit.work import Work
from vzaimo.requests.domain.refusals import UnknownRequest
from vzaimo.requests.domain.states import sent
from vzaimo.requests.handlers.records import read_locked
from vzaimo.requests.store import REQUEST, request_of


def may_write(actor: Actor, city: str) -> bool:
    """Who acts for a guest."""
    return actor.coordinates(city) or actor.serves(city, "requests")


def knows(actor: Actor, request: Request) -> bool:
    """The guest's people know of a request, and, once it is sent, the host's and the moderator; others are not told."""
    if may_write(actor, request.city) or actor.views(request.city):
        return True
    return sent(request) and (actor.views(request.host) or actor.moderates)


def hidden(request: Request, actor: Actor) -> Refusal:
    """What somebody hears who may not do this with a request."""
    return NotAllowed() if knows(actor, request) else UnknownRequest(request.id)


async def own(work: Work, request_id: UUID, actor: Actor) -> Any:
    """The row of a request that the caller may write, locked. Raises ``NotAllowed``, ``UnknownRequest``."""
    row = await found(work, request_id, actor)
    if not may_write(actor, row.city):
        raise NotAllowed
    return row


async def found(work: Work, request_id: UUID, actor: Actor) -> Any:
    """The row of a request that the caller may know of, locked. Raises ``UnknownRequest``."""
    row = next(iter(await read_locked(work, REQUEST.c.id == request_id)), None)
    if row is None or not knows(actor, request_of(row)):
        raise UnknownRequest(request_id)
    return row
