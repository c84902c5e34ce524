"""Read your own writes across services: ``Vzaimo-Position`` names what a caller has already seen."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping

from fastapi import Request

from vzaimo.kit.database import Database, Transaction
from vzaimo.kit.http.problems import Problem

Positions = Mapping[str, Callable[[Transaction, str], Awaitable[int | None]]]
"""By aggregate: which version of it this service has (none: none yet)."""

PATIENCE = 2.0
"""Seconds to wait for the copy before answering with what there is."""
MOST = 8
_ONE = re.compile(r"([a-z_]{1,40})/([A-Za-z0-9_-]{1,120})/([0-9]{1,9})")


def read_positions(header: str) -> list[tuple[str, str, int]]:
    """``event/<id>/3, city/izhevsk/2``. Raises the problem ``bad-header``."""
    found = [_ONE.fullmatch(part.strip()) for part in header.split(",")]
    if len(found) > MOST or None in found:
        raise Problem(
            "bad-header",
            {"header": "Vzaimo-Position", "remedy": "send what a command answered, at most 8, separated by commas"},
        )
    return [(one[1], one[2], int(one[3])) for one in found if one]


async def wait_for(request: Request, database: Database, positions: Positions) -> None:
    """Wait until the copies are as far as the header says, at most two seconds. Unknown aggregates do not count."""
    header = request.headers.get("vzaimo-position")
    if header is None:
        return
    wanted = [one for one in read_positions(header) if one[0] in positions]
    deadline, pause = asyncio.get_running_loop().time() + PATIENCE, 0.005
    while wanted:
        async with database.read() as tx:
            wanted = [one for one in wanted if (await positions[one[0]](tx, one[1]) or 0) < one[2]]
        if not wanted or asyncio.get_running_loop().time() >= deadline:
            return
        await asyncio.sleep(pause)
        pause = min(pause * 2, 0.1)
