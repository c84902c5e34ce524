"""The inbox as it fills: server-sent events (WHATWG HTML, 9.2)."""

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import AsyncIterator

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from vzaimo.kit.database import StoreUnavailable
from vzaimo.kit.http import Call, Health, Member, Problem
from vzaimo.notify.feed import Feed, newest
from vzaimo.notify.views import inbox as views

log = logging.getLogger(__name__)
router = APIRouter(tags=["inbox"])

PAGE = 50
BEAT = 15.0
"""Seconds after which a quiet stream says that it is there."""
PATIENCE = 20.0
"""Seconds that a reader may take to read what was sent."""
GLANCE = 1.0
"""Seconds between looks at whether the stream has to end."""
_NUMBER = re.compile(r"\d{1,18}")


@router.get("/inbox/stream", response_class=StreamingResponse)
async def watch_inbox(call: Member) -> Response:
    """The caller's notifications as they come; ``Last-Event-ID`` goes on after that one. Ends when the token does."""
    last = call.request.headers.get("last-event-id")
    if last is not None and not _NUMBER.fullmatch(last):
        raise Problem("bad-header", {"header": "Last-Event-ID", "remedy": "send the id of the last event"})
    feed: Feed = call.gate.extras["feed"]
    watch = contextlib.AsyncExitStack()
    # Entered here, so that one stream too many is a problem and not a broken stream.
    bell = await watch.enter_async_context(feed.watch(call.actor.person, call.gate.database))
    try:
        # A number that is ahead was given before the store was restored: nothing would come until it is reached.
        no = await newest(call.gate.database)
        no = min(int(last), no) if last is not None else no
    except BaseException:
        await watch.aclose()
        raise
    return InboxStream(call, watch, bell, no)


class InboxStream(StreamingResponse):
    """Sends what is new, at the pace of its reader: rows wait in the store, not here."""

    def __init__(self, call: Call, watch: contextlib.AsyncExitStack, bell: asyncio.Event, no: int) -> None:
        super().__init__(_nothing(), headers={"Cache-Control": "no-store"}, media_type="text/event-stream")
        self._call = call
        self._watch = watch
        self._bell = bell
        self._no = no
        self._health: Health = call.request.app.state.health
        self._ends_at = call.verified.expires_at.timestamp()

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Until the reader leaves or reads no longer, the token expires, or the service stops."""
        gone = asyncio.create_task(_gone(receive))
        try:
            async with self._watch:
                await self._say(send, {"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                # An id alone is no event, but a reader that comes again says it.
                await self._body(send, f"retry: 3000\nid: {self._no}\n\n")
                await self._go_on(send, gone)
                await self._say(send, {"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            log.warning("a stream is closed: its reader does not read")
        except StoreUnavailable as error:
            log.warning("a stream is closed: %s", error)
        finally:
            gone.cancel()

    async def _go_on(self, send: Send, gone: asyncio.Task[None]) -> None:
        said, rung = time.monotonic(), True
        while not (gone.done() or self._health.closing or time.time() >= self._ends_at):
            if rung and (text := await self._news()):
                await self._body(send, text)
                said = time.monotonic()
                continue
            if time.monotonic() - said >= BEAT:
                await self._body(send, ":\n\n")
                said = time.monotonic()
            bell = asyncio.create_task(self._bell.wait())
            await asyncio.wait((bell, gone), timeout=GLANCE, return_when=asyncio.FIRST_COMPLETED)
            rung = self._bell.is_set()
            self._bell.clear()
            bell.cancel()

    async def _news(self) -> str:
        async with self._call.gate.database.read() as tx:
            found = await views.since(tx, self._call.actor.person, self._no, self._call.language, PAGE)
        if found:
            self._no = found[-1][0]
        return "".join(f"id: {no}\nevent: notification\ndata: {view.model_dump_json()}\n\n" for no, view in found)

    async def _body(self, send: Send, text: str) -> None:
        await self._say(send, {"type": "http.response.body", "body": text.encode(), "more_body": True})

    @staticmethod
    async def _say(send: Send, message: dict[str, object]) -> None:
        async with asyncio.timeout(PATIENCE):
            await send(message)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
