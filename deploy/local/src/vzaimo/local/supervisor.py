"""Processes of one machine: started in order, started again when they die, stopped cleanly."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vzaimo.local.children import Child, Children
from vzaimo.local.nursery import die_with_parent

GRACE = 15.0
"""Seconds between SIGTERM and SIGKILL."""
FIRST_PAUSE, LONGEST_PAUSE = 0.3, 10.0
STEADY = 30.0
"""A process that ran so long starts with the first pause again."""
LOG_LIMIT = 20 * 1024 * 1024
"""Bytes after which a log begins anew at the next start."""
FORKS = sys.platform == "linux"
"""Elsewhere libraries of the system may not be used after a fork."""
Process = asyncio.subprocess.Process | Child


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: a command; or ``main`` of a module of ours in a child of the nursery, the command its arguments."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    module: str | None = None


class Supervisor:
    """Keeps programs running."""

    def __init__(self, logs: Path, say: Callable[[str], None]) -> None:
        self._logs = logs
        self._say = say
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._children = Children(logs / "nursery.log")
        self.running: dict[str, Process] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, program: Program) -> None:
        """Run it from now on."""
        self._tasks[program.name] = asyncio.create_task(self._keep(program), name=program.name)

    async def stop(self, names: Sequence[str]) -> None:
        """Ask these to stop, all at once; kill what has not stopped in time."""
        tasks = [self._tasks.pop(name) for name in names if name in self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """When all have stopped."""
        await self._children.close()

    async def _keep(self, program: Program) -> None:
        pause, loop = FIRST_PAUSE, asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                process = await self._begin(program)
            except OSError as error:
                self._say(f"{program.name} cannot be started: {error}")
                await asyncio.sleep(LONGEST_PAUSE)
                continue
            self.running[program.name] = process
            try:
                status = await process.wait()
            except asyncio.CancelledError:
                await _end(process)
                raise
            finally:
                self.running.pop(program.name, None)
            pause = FIRST_PAUSE if loop.time() - began > STEADY else pause
            self._say(
                f"{program.name} ended ({_reason(status)}); it is started again in {pause:.1f} s, "
                f"see {self._logs / program.name}.log"
            )
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _begin(self, program: Program) -> Process:
        path = self._logs / f"{program.name}.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.unlink()
        command = program.command
        if program.module is not None:
            if FORKS:
                return await self._children.bear(
                    f"vzaimo.{program.name}", program.module, command, program.environment, path
                )
            command = (sys.executable, "-c", f"from {program.module} import main; main()", *command)
        with path.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *command,
                env=dict(program.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is ours: we stop them in order
                preexec_fn=die_with_parent,
            )


async def _end(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(GRACE):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _reason(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
