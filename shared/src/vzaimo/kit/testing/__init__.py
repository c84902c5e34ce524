"""Real servers for tests, and the words in which rules are told. No part of a running service."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any


async def eventually(condition: Callable[[], Any], what: str = "the condition", *, patience: float = 20.0) -> Any:
    """Wait until the condition (awaited if need be) is truthy and return its value; fail after ``patience`` seconds."""
    deadline, pause = time.monotonic() + patience, 0.002
    while True:
        value = condition()
        if isinstance(value, Awaitable):
            value = await value
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {patience:g} s; last seen: {value!r}")
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 0.1)
