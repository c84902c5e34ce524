"""Takes a request to an address that somebody else has named, and no further than it may go.

The address that a name leads to is looked at for each connection, and that very address is connected to: a name that
leads elsewhere a moment later (DNS rebinding) changes nothing. TLS verifies the name. Redirects are not followed, what
the environment says of proxies is not heard.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpcore2

from vzaimo.notify.domain.targets import reachable
from vzaimo.notify.domain.webhooks import Answer

CONNECT = 5.0
"""Seconds for a connection, the name's look-up included, and as many for TLS."""
WHOLE = 15.0
"""Seconds until there must be an answer."""
LEFT_OVER = 1.0
"""Seconds for an answer's body, which nobody reads: then the connection is not used again."""
MOST_READ = 16 * 1024
"""Bytes of it."""
MOST_OF_A_HEADER = 64
AT_ONCE = 64
_IDLE = 5.0
_TIMEOUTS = {"connect": CONNECT, "read": WHOLE, "write": WHOLE, "pool": CONNECT}

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class Forbidden(httpcore2.ConnectError):
    """The name leads to no address of the open internet."""


class Courier:
    """Connections to receivers, kept for a few seconds."""

    def __init__(
        self, *, anywhere: bool = False, authorities: Path | None = None, resolve: Resolve | None = None
    ) -> None:
        trusted = ssl.create_default_context()
        if authorities is not None:
            trusted.load_verify_locations(authorities)
        # Threads of its own: whoever's names are slow keeps nobody else's look-ups waiting.
        self._threads = ThreadPoolExecutor(AT_ONCE, "names")
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=trusted,
            max_connections=AT_ONCE,
            keepalive_expiry=_IDLE,
            network_backend=_Guarded(resolve or self._resolve, anywhere=anywhere),
        )

    async def send(self, address: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post it. Never raises for what the receiver does, or fails to do."""
        try:
            async with (
                asyncio.timeout(WHOLE),
                self._pool.stream(
                    "POST", address, headers=list(headers.items()), content=body, extensions={"timeout": _TIMEOUTS}
                ) as answer,
            ):
                await _read(answer)
                return Answer(answer.status, retry_after=_said(answer, b"retry-after"))
        except (TimeoutError, httpcore2.TimeoutException):
            return Answer(error="timeout")
        except Forbidden:
            return Answer(error="not-public")
        except httpcore2.ConnectError as error:
            # The pool forgets what an error comes from, but for its argument.
            of_tls = any(isinstance(one, ssl.SSLError) for one in error.args)
            return Answer(error="tls" if of_tls else "unreachable")
        except (httpcore2.NetworkError, httpcore2.ProtocolError):
            return Answer(error="broken-off")

    async def close(self) -> None:
        """Leave."""
        await self._pool.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _resolve(self, host: str, port: int) -> Sequence[str]:
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [str(place[0]) for *_, place in found]


class _Guarded(httpcore2.AsyncNetworkBackend):
    """Connects to an address only after it has looked at it."""

    def __init__(self, resolve: Resolve, *, anywhere: bool) -> None:
        self._plain = httpcore2.AnyIOBackend()
        self._resolve = resolve
        self._anywhere = anywhere

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                found = await self._resolve(host, port)
                allowed = [one for one in found if self._anywhere or reachable(one)]
                if not allowed:
                    raise Forbidden
                failure: Exception | None = None
                for one in dict.fromkeys(allowed):
                    try:
                        return await self._plain.connect_tcp(one, port, timeout, local_address, socket_options)
                    except httpcore2.ConnectError as error:
                        failure = error
                raise failure or httpcore2.ConnectError
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout from error
        except (OSError, UnicodeError) as error:  # the name leads nowhere
            raise httpcore2.ConnectError from error


def _said(answer: httpcore2.Response, header: bytes) -> str | None:
    values = (value for name, value in answer.headers if name.lower() == header)
    value = next(values, None)
    return None if value is None else value[:MOST_OF_A_HEADER].decode("latin-1")


async def _read(answer: httpcore2.Response) -> None:
    """Read a small body to its end, so that the connection can be used again; what it says is kept nowhere."""
    with contextlib.suppress(TimeoutError, httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError):
        async with asyncio.timeout(LEFT_OVER), contextlib.aclosing(answer.aiter_stream()) as chunks:
            seen = 0
            async for chunk in chunks:
                seen += len(chunk)
                if seen > MOST_READ:
                    return
