"""One HTTP request as handlers and views need it: who, in which language, under which key and version."""

import contextlib
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from vzaimo.kit.cause import Cause
from vzaimo.kit.database import Database
from vzaimo.kit.http.etag import etag, expected_version, unchanged
from vzaimo.kit.http.kept import keep
from vzaimo.kit.http.language import Language, preferred
from vzaimo.kit.http.limits import Limits
from vzaimo.kit.http.pages import Page
from vzaimo.kit.http.position import Positions, wait_for
from vzaimo.kit.http.problems import Problem
from vzaimo.kit.idempotency import Attempt, Done
from vzaimo.kit.identity import Actor, ActorNotYetKnown, Actors, Claims, Tokens
from vzaimo.kit.telemetry import traceparent
from vzaimo.kit.work import Works

_KEY = re.compile(r'"?([\x21\x23-\x7e]{1,255})"?')


async def _always() -> None:
    """Writes are never refused."""


@dataclass(slots=True)
class Gate:
    """What every call needs of the service."""

    works: Works
    tokens: Tokens
    positions: Positions = field(default_factory=dict)
    writes_allowed: Callable[[], Awaitable[None]] = _always
    """Raises ``Problem`` when commands are refused for the moment."""
    limits: Limits = field(default_factory=Limits)
    actors: Actors = field(default_factory=Actors)
    extras: Mapping[str, Any] = field(default_factory=dict)
    """A service's own long-lived things, by name."""

    def __post_init__(self) -> None:
        self.works.roles_changed.append(self.actors.forget)

    @property
    def database(self) -> Database:
        """The service's store."""
        return self.works.database


@dataclass(slots=True)
class Call:
    """A request."""

    request: Request
    gate: Gate
    claims: Claims | None = None
    known: Actor | None = None
    attempt: Attempt | None = None

    @property
    def works(self) -> Works:
        """Units of work on the service's store."""
        return self.gate.works

    @property
    def language(self) -> Language:
        """What the caller reads."""
        return preferred(self.request.headers.get("accept-language"))

    @property
    def actor(self) -> Actor:
        """The known caller. Raises ``ActorNotYetKnown``."""
        if self.known is None:
            raise ActorNotYetKnown
        return self.known

    @property
    def verified(self) -> Claims:
        """The caller's token. Raises the problem ``token-missing``."""
        if self.claims is None:
            raise Problem("token-missing", www_authenticate="Bearer")
        return self.claims

    @property
    def cause(self) -> Cause:
        """Why the transaction runs."""
        return Cause(actor=self.verified.person, traceparent=traceparent(), attempt=self.attempt)

    @property
    def expected_version(self) -> int | None:
        """The version in ``If-Match``."""
        return expected_version(self.request.headers.get("if-match"))

    def receipt(self, done: Done) -> Response:
        """The answer to a command: 201 with Location where the route creates, else what the route says."""
        return receipt(self.request, done)

    def shown(self, view: BaseModel, version: int, *parts: object) -> Response:
        """A view under its entity tag, or 304 when the caller has it."""
        tag = etag(version, self.language, *parts)
        headers = {"ETag": tag, "Vary": "Accept-Language, Authorization", "Cache-Control": "no-cache"}
        if unchanged(self.request.headers.get("if-none-match"), tag):
            return Response(status_code=304, headers=headers)
        self._keep()
        return Response(view.model_dump_json(), 200, headers, "application/json")

    def listed(self, page: Page[Any]) -> Response:
        """A page of a list, with a link to the next one (RFC 8288)."""
        return self._page(page, page.model_dump_json())

    def listed_text(self, page: Page[str]) -> Response:
        """The same for items that are JSON already: long lists are not parsed only to be written again."""
        return self._page(page, f'{{"items":[{",".join(page.items)}],"next":{json.dumps(page.next)}}}')

    def _page(self, page: Page[Any], body: str) -> Response:
        headers = {"Vary": "Accept-Language, Authorization", "Cache-Control": "no-cache"}
        self._keep()
        if page.next is not None:
            following = self.request.url.include_query_params(cursor=page.next)
            headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
        return Response(body, 200, headers, "application/json")

    def _keep(self) -> None:
        if self.claims is None:
            keep(self.request)


class Receipt(BaseModel):
    """What a command brought about; ``Vzaimo-Position`` says it for other gateways."""

    id: str
    version: int


def receipt(request: Request, done: Done) -> Response:
    """See ``Call.receipt``; also for a command that is repeated."""
    status = request.scope["route"].status_code or 200
    headers = {"ETag": etag(done.version), "Vzaimo-Position": done.position, "Cache-Control": "no-store"}
    if status == 201:  # noqa: PLR2004 - Created
        headers["Location"] = f"{request.url.path}/{done.id}"
    body = Receipt(id=done.id, version=done.version).model_dump_json()
    return Response(body, status, headers, "application/json")


async def anyone(request: Request) -> Call:
    """A caller with or without a token; a bad token is refused even where none is needed."""
    gate: Gate = request.app.state.gate
    call = Call(request, gate)
    gate.limits.check_address(request)
    call.claims = await _claims(request, gate)
    if call.claims is not None:
        gate.limits.check_person(call.claims.person)
    await wait_for(request, gate.database, gate.positions)
    if call.claims is not None:
        with contextlib.suppress(ActorNotYetKnown):
            call.known = await gate.actors.load(gate.database, call.claims.person, gate.works.clock.now())
    return call


async def a_member(call: Annotated[Call, Depends(anyone)]) -> Call:
    """A caller with a role."""
    _ = call.verified, call.actor
    return call


async def a_verified(call: Annotated[Call, Depends(anyone)]) -> Call:
    """A caller with a token who sends a command; a role is not needed yet."""
    await call.gate.writes_allowed()
    call.attempt = await _attempt(call)
    return call


async def a_commander(call: Annotated[Call, Depends(a_verified)]) -> Call:
    """A caller with a role who sends a command."""
    _ = call.actor
    return call


Visitor = Annotated[Call, Depends(anyone)]
Member = Annotated[Call, Depends(a_member)]
Verified = Annotated[Call, Depends(a_verified)]
Command = Annotated[Call, Depends(a_commander)]


async def _claims(request: Request, gate: Gate) -> Claims | None:
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Problem("token-missing", www_authenticate="Bearer")
    return await gate.tokens.verify(token.strip())


async def _attempt(call: Call) -> Attempt | None:
    key = call.request.headers.get("idempotency-key")
    if key is None or call.request.method != "POST":
        _ = call.verified
        return None
    found = _KEY.fullmatch(key)
    if found is None:
        raise Problem("bad-header", {"header": "Idempotency-Key", "remedy": "1 to 255 visible ASCII characters"})
    body = await call.request.body()
    scope = f"{call.verified.person} {call.request.method} {call.request.url.path}"
    return Attempt(scope, found[1], hashlib.blake2b(body, digest_size=16).hexdigest())
