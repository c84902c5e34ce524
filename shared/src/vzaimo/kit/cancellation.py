"""Loops that end when they are told to.

Before Python 3.12 ``asyncio.wait_for`` may swallow a cancellation that comes in the same turn as its result, and
nats-py waits so. A loop over such calls asks ``wanted`` at each turn instead of going on for ever.
"""

import asyncio


def wanted() -> bool:
    """True while nobody has cancelled the running task. Raises ``CancelledError`` for a cancellation gone unheard."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
    return True
