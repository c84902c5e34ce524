"""Whether the loop turns: each stall is counted, and they are told in one line a minute."""

import asyncio
import logging

from vzaimo.kit.metrics import Metrics

log = logging.getLogger(__name__)

STALL = 0.05
"""Seconds of standing still that count as a stall of the loop."""
TELL_EVERY = 60.0
"""Seconds between lines: on a busy machine stalls would drown everything else."""


async def watch(metrics: Metrics) -> None:
    """Until cancelled."""
    loop = asyncio.get_running_loop()
    told, stalls, longest = loop.time(), 0, 0.0
    while True:
        before = loop.time()
        await asyncio.sleep(STALL)
        now = loop.time()
        late = now - before - STALL
        if late > STALL:
            metrics.stalls.inc()
            stalls, longest = stalls + 1, max(longest, late)
        if now - told >= TELL_EVERY:
            if stalls:
                log.warning("the loop stood still %d times, for %d ms at most", stalls, round(longest * 1000))
            told, stalls, longest = now, 0, 0.0
