"""Replicas of a service as processes of their own, and a balancer that behaves as Kubernetes' does."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeAlias

import httpx2

from vzaimo.kit.testing import eventually

_LISTENS = re.compile(r"running on http://127\.0\.0\.1:(\d+)")
START_PATIENCE = 400.0
STOP_PATIENCE = 180.0
"""Seconds after which a replica is taken to hang, on a machine that does much else; a pod has 45."""


class Process(Protocol):
    """A process, however it was started."""

    @property
    def pid(self) -> int:
        """Its number."""

    async def wait(self) -> int:
        """Its status, once it has ended."""


Spawn: TypeAlias = Callable[[str, Mapping[str, str], Path], Awaitable[Process]]
"""Starts a service with an environment and a log."""


async def started(service: str, environment: Mapping[str, str], log: Path) -> Process:
    """``python -m vzaimo.<service>``."""
    with log.open("wb") as out:
        command = (sys.executable, "-m", f"vzaimo.{service}")
        return await asyncio.create_subprocess_exec(*command, env=environment, stdout=out, stderr=out)


class Replica:
    """A service as a process of its own; it chooses its port itself."""

    def __init__(self, service: str, environment: Mapping[str, str], log: Path, spawn: Spawn = started) -> None:
        self.service = service
        self.log = log
        self.port = 0
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1", **environment, "VZAIMO_HTTP_PORT": "0"}
        self._spawn = spawn
        self._pid = 0
        self._ended: asyncio.Task[int] | None = None

    @property
    def url(self) -> str:
        """Its own address, past any balancer."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        process = await self._spawn(self.service, self._environment, self.log)
        self._pid, self._ended = process.pid, asyncio.create_task(_status(process))
        await eventually(self._listens, f"{self.service} listens", patience=START_PATIENCE)
        async with httpx2.AsyncClient(base_url=self.url, timeout=START_PATIENCE) as client:

            async def ready() -> bool:
                self._alive()
                return (await client.get("/readyz")).is_success

            await eventually(ready, f"{self.service} is ready", patience=START_PATIENCE)

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop, and wait; the status that it ends with."""
        if self._ended is None:
            raise RuntimeError(f"{self.service} was not started")
        if not self._ended.done():
            os.kill(self._pid, how)
        async with asyncio.timeout(STOP_PATIENCE):
            return await asyncio.shield(self._ended)

    async def end(self) -> None:
        """Kill it, if it runs."""
        if self._ended is not None:
            await self.stop(signal.SIGKILL)

    def _listens(self) -> bool:
        self._alive()
        found = _LISTENS.search(self.log.read_text(encoding="utf-8")) if self.log.exists() else None
        self.port = int(found[1]) if found else 0
        return bool(found)

    def _alive(self) -> None:
        if self._ended is not None and self._ended.done():
            raise RuntimeError(f"{self.service} ended: {self.log.read_text(encoding='utf-8')[-3000:]}")


async def _status(process: Process) -> int:
    return await process.wait()


class Balancer:
    """A port before replicas, as kube-proxy is one: it knows connections, not requests.

    A new connection goes to the next one of those that are in. Who is taken out keeps the connections that it has.
    """

    def __init__(self) -> None:
        self._ports: list[int] = []
        self._turn = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def url(self) -> str:
        """Where callers connect."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more, and cut what is open."""
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def put_in(self, port: int) -> None:
        """A replica is ready."""
        self._ports.append(port)

    def take_out(self, port: int) -> None:
        """A replica leaves."""
        self._ports.remove(port)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._turn += 1
        try:
            there = await asyncio.open_connection("127.0.0.1", self._ports[self._turn % len(self._ports)])
        except OSError:
            writer.transport.abort()  # what a caller sees of a connection that is refused
            return
        await asyncio.gather(_pass_on(reader, there[1]), _pass_on(there[0], writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What one side says to the other, until either has closed."""
    try:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
    finally:
        writer.close()
