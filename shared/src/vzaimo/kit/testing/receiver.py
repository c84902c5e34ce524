"""A real HTTP conversation: a server that keeps what is posted to it and answers as a test tells it."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass

Answer = int | bytes | None
"""A status; bytes to be sent as they are, before the connection is closed (none: it is reset); or silence."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A request that arrived."""

    target: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Keeps requests in ``got``. ``answer`` is what it says to the next ones, or a function that says it."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.got: list[Posted] = []
        self.answer: Answer | Callable[[Posted], Answer] = 204
        self.connections = 0
        self.port = 0
        self._tls = tls
        self._open: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/hook"

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening, and talking."""
        if self._server is not None:
            self._server.close()
        for one in self._open:
            one.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.create_task(self._talk(reader, writer))
        self._open.add(talk)
        talk.add_done_callback(self._open.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while await self._answered(await _read(reader), writer):
                    pass
        finally:
            writer.close()

    async def _answered(self, posted: Posted, writer: asyncio.StreamWriter) -> bool:
        """Whether the conversation goes on."""
        self.got.append(posted)
        answer = self.answer(posted) if callable(self.answer) else self.answer
        if answer is None:
            await asyncio.Event().wait()
        if isinstance(answer, int):
            writer.write(f"HTTP/1.1 {answer} -\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
            return True
        if answer:
            writer.write(answer)
            await writer.drain()
        else:
            writer.transport.abort()
        return False


async def _read(reader: asyncio.StreamReader) -> Posted:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Posted(first.split()[1], headers, await reader.readexactly(int(headers.get("content-length", "0"))))
