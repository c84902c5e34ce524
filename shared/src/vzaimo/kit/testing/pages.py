"""Commands and programs that stand in a page of ``docs``, run as they stand there."""

import asyncio
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from vzaimo.kit.testing.postgres import TOOLS

DOCS = Path(__file__).parents[5] / "docs"
_BLOCK = re.compile(r"^ *```\w+ (?P<name>\S+)\n(?P<text>.*?)^ *```$", re.DOTALL | re.MULTILINE)


def blocks(page: str) -> dict[str, str]:
    """The fenced blocks of a page that have a name after their language, by that name."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = [(one["name"], one["text"]) for one in _BLOCK.finditer(text)]
    if len(dict(found)) != len(found):
        raise ValueError(f"two blocks of {page} have one name")
    return dict(found)


def run(page: str, name: str, **variables: str) -> str:
    """Run a block of commands with these variables; returns what it says. PostgreSQL's tools are the server's own."""
    environment = {**os.environ, **variables, "PATH": f"{TOOLS}:{os.environ['PATH']}"}
    command = ("bash", "-euo", "pipefail", "-c", blocks(page)[name])
    done = subprocess.run(  # noqa: S603 - our own page
        command, env=environment, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise AssertionError(f"{name}: {done.stderr}")
    return done.stdout


class Program:
    """A program in a folder of its own. It can be killed and started again; what it says is kept."""

    def __init__(self, folder: Path, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._command = command
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None

    @property
    def said(self) -> str:
        """All that it has written, in every life."""
        log = self.folder / "said.log"
        return log.read_text(encoding="utf-8") if log.exists() else ""

    async def start(self) -> None:
        """Start, or start again."""
        with (self.folder / "said.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, cwd=self.folder, env=self._environment, stdout=log, stderr=log
            )

    async def ended(self) -> int:
        """Wait until it ends by itself; returns its status."""
        return await self._process.wait() if self._process else 0

    async def kill(self) -> None:
        """SIGKILL, if it still runs."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
