"""``python -m bench [name …]``: measures, and prints one table."""

import asyncio
import contextlib
import sys
import time

from bench import consume, http, machine, path, portal, recipients, relay, seats, sending
from bench.common import show, stores

ALL = {
    "relay": relay,
    "consume": consume,
    "http": http,
    "seats": seats,
    "path": path,
    "recipients": recipients,
    "sending": sending,
    "portal": portal,
    "machine": machine,
}


async def main(names):
    """Every question on both stores."""
    rows = []
    with stores() as (folder, make), contextlib.ExitStack() as last:
        last.callback(show, rows)  # also what was measured before something failed
        for name in names:
            for kind in ("sqlite", "postgresql"):
                began = time.monotonic()
                sys.stderr.write(f"→ {name} on {kind} ")
                sys.stderr.flush()
                rows += await ALL[name].measure(kind, folder, make)
                sys.stderr.write(f"({time.monotonic() - began:.0f} s)\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or list(ALL)))
