"""Pages of strangers, kept for a moment: a crowd that opens the same one has it made once."""

import time
from typing import Any

from cachetools import TTLCache
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vzaimo.portal.house.session import Session

MOMENT = 1.0
"""Seconds; what the gateways answer strangers is as old at times."""
BYTES = 8 * 1024 * 1024
"""Of all pages together."""
ASIDE = 4096
"""Of what stands beside a page: its headers, and by what it is found."""
_MARK = "vzaimo.keep"
_HEADERS = ("accept-encoding", "accept-language", "hx-request", "hx-history-restore-request")
_COOKIES = ("lang", "zone")


def keep(scope: Scope) -> None:
    """Let a page be kept. It must depend on the gateways, the address, the language and the zone alone."""
    scope[_MARK] = True


class Kept:
    """Shows a stranger the page that another one was shown a moment ago.

    Whoever has any session, if only a login that has begun, is served by the room itself.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._pages: TTLCache[tuple[Any, ...], list[Message]] = TTLCache(
            BYTES, MOMENT, timer=time.monotonic, getsizeof=_size
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show what is kept, or let the room make a page and keep that."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["vzaimo.session"] != Session():
            await self._app(scope, receive, send)
            return
        key = _key(scope)
        if (page := self._pages.get(key)) is not None:
            for message in page:
                await send({**message})
            return
        made: list[Message] = []

        async def noting(message: Message) -> None:
            made.append({**message})
            await send(message)

        await self._app(scope, receive, noting)
        if _MARK in scope and scope["vzaimo.session"] == Session() and _size(made) < BYTES:
            self._pages[key] = made


def _key(scope: Scope) -> tuple[Any, ...]:
    asked = HTTPConnection(scope)
    read = (*map(asked.headers.get, _HEADERS), *map(asked.cookies.get, _COOKIES))
    return scope["path"], scope["query_string"], *read


def _size(messages: list[Message]) -> int:
    return ASIDE + sum(len(one.get("body", b"")) for one in messages)
