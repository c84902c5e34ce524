"""Pages of public lists, kept for a moment: a crowd that reads the same one costs one look into the store."""

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vzaimo.kit.http.problems import Problem

if TYPE_CHECKING:
    from vzaimo.kit.http.calls import Gate

MOMENT = 1.0
"""Seconds. A visitor may miss for so long what another replica has committed."""
BYTES = 8 * 1024 * 1024
"""Of all pages together; those that were asked for last stay. A page of 50 events has about 100 kB."""
ASIDE = 2048
"""Bytes that are counted for what stands beside a body: a crowd of empty pages is bounded, too."""

_OWN = {b"authorization", b"vzaimo-position", b"if-none-match"}
_MARK = "vzaimo.keep"
_Key: TypeAlias = tuple[str, bytes, bytes]


def keep(request: Request) -> None:
    """Let the answer to a visitor be kept. It must depend on the store, the address and the language alone."""
    request.scope[_MARK] = True


@dataclass(frozen=True, slots=True)
class _Answer:
    start: Message
    body: bytes
    route: Any
    commits: int
    until: float


class Kept:
    """Answers a visitor's GET as it was answered a moment ago.

    A page goes with the next commit of this process, and after ``MOMENT`` whatever happens, since other replicas
    commit, too. Whoever shows a token, the position that they want to see, or an entity tag, is answered by the route
    itself.
    """

    def __init__(self, app: ASGIApp, *, gate: "Gate") -> None:
        self._app = app
        self._gate = gate
        self._pages: OrderedDict[_Key, _Answer] = OrderedDict()
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from what is kept, or let the route answer and keep that."""
        key = _key(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        kept = self._pages.get(key)
        if kept is not None and self._holds(kept) and self._may_call(scope):
            scope["route"] = kept.route
            await send({**kept.start})
            await send({"type": "http.response.body", "body": kept.body})
            return
        await self._app(scope, receive, self._noting(key, scope, send))

    def _holds(self, answer: _Answer) -> bool:
        return answer.commits == self._gate.database.commits and time.monotonic() < answer.until

    def _may_call(self, scope: Scope) -> bool:
        try:
            self._gate.limits.check_address(Request(scope))
        except Problem:
            return False  # The route refuses, in the caller's language.
        return True

    def _noting(self, key: _Key, scope: Scope, send: Send) -> Send:
        commits, until = self._gate.database.commits, time.monotonic() + MOMENT
        start: Message = {}

        async def noting(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = {**message}
            elif _MARK in scope and start["status"] == 200 and not message.get("more_body"):  # noqa: PLR2004 - OK
                self._keep(key, _Answer(start, message["body"], scope["route"], commits, until))
            await send(message)

        return noting

    def _keep(self, key: _Key, answer: _Answer) -> None:
        if (before := self._pages.pop(key, None)) is not None:
            self._bytes -= _size(key, before)
        self._pages[key] = answer
        self._bytes += _size(key, answer)
        while self._bytes > BYTES:
            self._bytes -= _size(*self._pages.popitem(last=False))


def _size(key: _Key, answer: _Answer) -> int:
    path, query, language = key
    return ASIDE + len(path) + len(query) + len(language) + len(answer.body)


def _key(scope: Scope) -> _Key | None:
    """What a visitor's answer depends on; nothing where it is not a visitor's."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    language = b""
    for name, value in scope["headers"]:
        if name in _OWN:
            return None
        if name == b"accept-language":
            language += value + b";"  # whoever sends it twice is kept apart from those who send either
    return scope["path"], scope["query_string"], language
