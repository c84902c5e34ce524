"""How a gateway carries out a command: the handler with what every handler needs, then its receipt."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Response

from vzaimo.kit.http import Call
from vzaimo.kit.work import Done


async def carry_out(call: Call, handler: Callable[..., Awaitable[Done]], *said: Any, **terms: Any) -> Response:
    """Call the handler with ``said``, on the caller's behalf."""
    done = await handler(*said, **terms, works=call.works, cause=call.cause, actor=call.actor)
    return call.receipt(done)
