"""The launcher's side of the nursery: orders a child, waits for it, ends it."""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from vzaimo.local.ground import SERVICES
from vzaimo.local.nursery import die_with_parent

SHARED = (
    *(f"vzaimo.{service}.main" for service in (*SERVICES, "portal")),
    "vzaimo.local.desk",
    # What they import later, if they are told to.
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.sdk.trace.export",
    "uvloop",
    "vzaimo.kit.discretion",
)
GONE = -signal.SIGTERM
"""The status of a child whose nursery is gone: it was asked to end."""


class Child:
    """A process that was forked in the nursery, as ``asyncio.subprocess.Process`` is one that was started."""

    def __init__(self, pid: int, ended: "asyncio.Future[int]") -> None:
        self.pid = pid
        self._ended = ended

    async def wait(self) -> int:
        """Its status, once it has ended."""
        return await asyncio.shield(self._ended)

    def terminate(self) -> None:
        """Ask it to end. Raises ``ProcessLookupError``."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it. Raises ``ProcessLookupError``."""
        self._signal(signal.SIGKILL)

    def _signal(self, which: signal.Signals) -> None:
        if self._ended.done():
            raise ProcessLookupError
        os.kill(self.pid, which)


class Children:
    """Orders children. The nursery is started with the first one, and again should it be gone."""

    def __init__(self, log: Path, shared: Sequence[str] = SHARED) -> None:
        self._log = log
        self._shared = shared
        self._numbers = itertools.count(1)
        self._turn = asyncio.Lock()
        self._nursery: asyncio.subprocess.Process | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._gone = f"the nursery is gone, see {log}"
        self._born: dict[int, asyncio.Future[Child]] = {}
        self._ended: dict[int, asyncio.Future[int]] = {}

    async def bear(
        self, name: str, module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> Child:
        """A child that runs ``main`` of a module. Raises ``OSError`` if the nursery is gone before it is born."""
        async with self._turn:
            if self._nursery is None or self._nursery.returncode is not None:
                await self._open()
        nursery = self._nursery
        if nursery is None or nursery.stdin is None:
            raise BrokenPipeError(self._gone)
        no = next(self._numbers)
        born: asyncio.Future[Child] = asyncio.get_running_loop().create_future()
        self._born[no] = born
        order = {"no": no, "name": name, "module": module, "arguments": [*arguments], "log": str(log)}
        try:
            nursery.stdin.write(json.dumps(order | {"environment": dict(environment)}).encode() + b"\n")
            await nursery.stdin.drain()
            return await asyncio.shield(born)
        except BaseException:
            born.add_done_callback(_unwanted)
            raise

    async def close(self) -> None:
        """No more children."""
        nursery, self._nursery = self._nursery, None
        if nursery is not None and nursery.stdin is not None:
            nursery.stdin.close()
            await nursery.wait()
        if self._hearing is not None:
            await self._hearing

    async def _open(self) -> None:
        with self._log.open("ab") as log:
            self._nursery = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "vzaimo.local.nursery", *self._shared),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is the launcher's
                preexec_fn=die_with_parent,
            )
        self._hearing = asyncio.create_task(self._hear(self._nursery))

    async def _hear(self, nursery: asyncio.subprocess.Process) -> None:
        loop = asyncio.get_running_loop()
        if nursery.stdout is None:
            return
        async for line in nursery.stdout:
            told = json.loads(line)
            if "born" in told:
                ended = self._ended[told["pid"]] = loop.create_future()
                self._born.pop(told["born"]).set_result(Child(told["pid"], ended))
            else:
                self._ended.pop(told["ended"]).set_result(told["status"])
        await nursery.wait()
        for born in self._born.values():
            born.set_exception(BrokenPipeError(self._gone))
        for ended in self._ended.values():
            ended.set_result(GONE)
        self._born.clear()
        self._ended.clear()
        with contextlib.suppress(ProcessLookupError):
            nursery.kill()


def _unwanted(born: "asyncio.Future[Child]") -> None:
    """Nobody waits for it any longer."""
    if born.exception() is None:
        with contextlib.suppress(ProcessLookupError):
            born.result().terminate()
