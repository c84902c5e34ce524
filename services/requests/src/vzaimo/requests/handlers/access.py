"""Whose request it is: who acts for the guest, and what others are told of it."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select

from vzaimo.contracts.refusal import Refusal
from vzaimo.contracts.requests import Request
from vzaimo.kit.identity import Actor, NotAllowed
from vzaimo.kit.work import Work
from vzaimo.requests.domain.refusals import UnknownRequest
from vzaimo.requests.domain.states import sent
from vzaimo.requests.handlers.records import read_locked
from vzaimo.requests.projections import CITY
from vzaimo.requests.store import REQUEST, request_of


def may_write(actor: Actor, city: str) -> bool:
    """Who acts for a guest."""
    return actor.coordinates(city) or actor.serves(city, "requests")


def knows(actor: Actor, request: Request) -> bool:
    """The guest's people know of a request, and, once it is sent, the host's and the moderator; others are not told."""
    if may_write(actor, request.city) or actor.views(request.city):
        return True
    return sent(request) and (actor.views(request.host) or actor.moderates)


async def acts_for_host(work: Work, actor: Actor, host: str, concerned: Collection[Request]) -> bool:
    """The host's coordinators; the moderator where all that is concerned was escalated, or the host is suspended."""
    if actor.coordinates(host):
        return True
    if not actor.moderates:
        return False
    if concerned and all(one.escalated_at is not None for one in concerned):
        return True
    status = await work.scalar(select(CITY.c.status).where(CITY.c.id == host))
    return bool(status == "suspended")


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
