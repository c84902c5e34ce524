"""One machine: seconds from `make up` to ready, and the memory of it all, idle."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

from bench.common import Row

from vzaimo.kit.testing.nats import free_port

BARE = """
import asyncio, resource
from fastapi import FastAPI
from faststream.nats import NatsBroker
import uvicorn
app, broker = FastAPI(), NatsBroker()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


async def measure(kind, folder, _make):
    """Two rows, on SQLite alone."""
    if kind != "sqlite":
        return []
    command = (sys.executable, "-m", "vzaimo.local.cli", "up", "--no-demo", "--var", str(folder / "var"))
    seconds = []
    for _ in range(2):  # the first compiles and migrates
        base = free_port() // 2 + 10_000
        began = time.perf_counter()
        process = subprocess.Popen((*command, "--port", str(base)), stdout=subprocess.PIPE, text=True)
        for line in process.stdout:
            if line.startswith("Ready."):
                break
        seconds.append(time.perf_counter() - began)
        await asyncio.sleep(5)
        used = _memory(process.pid)
        process.terminate()
        process.wait(40)
    bare = int(subprocess.run((sys.executable, "-c", BARE), capture_output=True, text=True, check=True).stdout)
    total, one = sum(used.values()), max(value for name, value in used.items() if "vzaimo." in name)
    return [
        Row("`make up` to ready, without the demo", kind, f"{seconds[-1]:.1f} s", "–", None, "≤ 4 s", seconds[-1] <= 4),
        Row("memory of all of `make up`", kind, f"{total:.0f} MB", "–", None, "≤ 600 MB", total <= 600),
        Row(
            "memory of one service, idle", kind, f"{one:.0f} MB", f"{bare} MB", one / bare, "≤ 1.3 ×", one <= 1.3 * bare
        ),
    ]


def _memory(parent):
    """MB of the launcher and everything that it runs, each with its part of what several share (PSS)."""
    found = {}
    for pid in _family(str(parent)):
        kilobytes = int(Path(f"/proc/{pid}/smaps_rollup").read_text().split("Pss:")[1].split()[0])
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        found[f"{pid} {name}"] = kilobytes / 1024
    return found


def _family(parent):
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [parent, *(pid for child in children for pid in _family(child))]
