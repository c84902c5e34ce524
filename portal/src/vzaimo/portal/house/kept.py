"""Pages of strangers, kept for a moment: whoever opens the same one soon after is shown it as it was."""

import time
from dataclasses import dataclass
from typing import Any

from cachetools import TLRUCache
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
    """Let a page be kept. It must be whole, and depend on its address, the language and the zone alone."""
    scope[_MARK] = True


class Kept:
    """Shows a stranger the page that another one was shown a moment ago.

    Whoever has any session, if only a login that has begun, is served by the room itself.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._pages: TLRUCache[tuple[Any, ...], _Page] = TLRUCache(
            BYTES, lambda _key, page, _now: page.until, timer=time.monotonic, getsizeof=_size
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show what is kept, or let the room make a page and keep that."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["vzaimo.session"] != Session():
            await self._app(scope, receive, send)
            return
        key = _key(scope)
        if (page := self._pages.get(key)) is not None:
            for message in page.messages:
                await send({**message})
            return
        # From here on it grows old: its parts are read one by one, and a browser may take its time.
        made = _Page([], time.monotonic() + MOMENT)

        async def noting(message: Message) -> None:
            if _MARK in scope:
                made.messages.append({**message})
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    self._keep(key, made, scope)
            await send(message)

        await self._app(scope, receive, noting)

    def _keep(self, key: tuple[Any, ...], page: "_Page", scope: Scope) -> None:
        """A page that is larger than all may be, or that began a session, is not kept."""
        if scope["vzaimo.session"] == Session() and _size(page) < BYTES:
            self._pages[key] = page


@dataclass(frozen=True, slots=True)
class _Page:
    messages: list[Message]
    until: float


def _key(scope: Scope) -> tuple[Any, ...]:
    asked = HTTPConnection(scope)
    read = (*map(asked.headers.get, _HEADERS), *map(asked.cookies.get, _COOKIES))
    return scope["path"], scope["query_string"], *read


def _size(page: _Page) -> int:
    return ASIDE + sum(len(one.get("body", b"")) for one in page.messages)
