"""The way to the gateways: HTTP over connections that are kept open, and the bytes that came back."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol, Self

import aiohttp

MOST_CALLS = 100
"""At a time; others wait for their turn, as long as for an answer."""
MOST_STREAMS = 1000
"""At a time, beside the calls: who watches an inbox keeps no page waiting. As many as one process of notify serves."""
QUIET = 60.0
"""Seconds without a byte after which a stream is given up; notify says something three times as often."""
KEPT = 4.0
"""Seconds for which an idle connection is kept: servers close theirs after five."""
NAMED = 1
"""Seconds for which a gateway's name stands for an address: it may come back elsewhere."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; names of headers in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Unreachable(Exception):
    """No answer came: ``late`` if it did not come in time, and may have taken effect."""

    def __init__(self, name: str, *, late: bool) -> None:
        super().__init__(name)
        self.late = late


class Wire(Protocol):
    """Carries calls."""

    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """Call, following no redirect. Raises ``Unreachable``."""

    def stream(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """The body of an answer as it comes; nothing where that is no success, and its end where it breaks off."""


class Connections(Wire):
    """Over TCP, by aiohttp: httpx2, which all else here uses, takes more than twice the processor for a call.

    To be entered before the first call, in the loop that calls.
    """

    _calls: aiohttp.ClientSession
    _streams: aiohttp.ClientSession

    def __init__(self, patience: float) -> None:
        self._patience = aiohttp.ClientTimeout(total=2 * patience, connect=patience, sock_read=patience)
        self._stillness = aiohttp.ClientTimeout(connect=patience, sock_read=QUIET)

    async def __aenter__(self) -> Self:
        """Be ready for calls."""
        self._calls, self._streams = _session(MOST_CALLS, self._patience), _session(MOST_STREAMS, self._stillness)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._calls.close()
        await self._streams.close()

    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """Call; on a connection that the server has just closed, aiohttp itself asks once more where that is safe."""
        try:
            async with self._calls.request(method, url, headers=headers, data=body, allow_redirects=False) as answer:
                return Answer(answer.status, answer.headers, await answer.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(type(error).__name__, late=isinstance(error, TimeoutError)) from None

    async def stream(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """Read as it comes, until ``QUIET``."""
        try:
            async with self._streams.get(url, headers=headers, allow_redirects=False) as answer:
                if answer.status == HTTPStatus.OK:
                    async for piece in answer.content.iter_any():
                        yield piece
        except (aiohttp.ClientError, TimeoutError):
            return


def _session(most: int, timeout: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=most, keepalive_timeout=KEPT, ttl_dns_cache=NAMED),
        timeout=timeout,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Accept-Encoding", "User-Agent"),
    )
