"""Wakes those who watch their inbox: by a word on core NATS after a commit. The rows are the truth, the word says
nothing, and where it is lost, a look every 15 seconds finds them.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError
from sqlalchemy import func, select

from vzaimo.kit.bus import Access, connect
from vzaimo.kit.cancellation import wanted
from vzaimo.kit.database import Conflict, Database, StoreUnavailable
from vzaimo.kit.service import Service
from vzaimo.notify.domain.refusals import TooManyStreams
from vzaimo.notify.store import NOTIFICATION

log = logging.getLogger(__name__)

WAKE = "wake.notify"
"""Outside every stream: nothing is kept of it."""
POLL = 15.0
AT_ONCE = 1000
MOST_OF_ONE = 5
MOST_OF_ALL = 1000
"""Streams of one person, and of this process."""


async def newest(database: Database) -> int:
    """The number of the last notification."""
    async with database.read() as tx:
        return int(await tx.scalar(select(func.max(NOTIFICATION.c.no))) or 0)


async def herald(service: Service) -> None:
    """Say the word when notifications were committed here, until cancelled."""
    changed = asyncio.Event()
    service.works.committed.append(changed.set)
    client = await connect(service.settings.access, "notify-herald")
    told = 0
    try:
        while wanted():
            await changed.wait()
            changed.clear()
            with contextlib.suppress(StoreUnavailable, Conflict, NatsError, OSError):
                now = await newest(service.works.database)
                if now != told:
                    await client.publish(WAKE, b"")
                    told = now
    finally:
        with contextlib.suppress(Exception):  # the bus may be away: then it hears nothing of our leaving
            await client.close()


class Feed:
    """The open streams of this process."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._bells: dict[asyncio.Event, str] = {}
        self._watching: asyncio.Task[None] | None = None

    @property
    def open_streams(self) -> int:
        """How many there are."""
        return len(self._bells)

    @asynccontextmanager
    async def watch(self, person: str, database: Database) -> AsyncIterator[asyncio.Event]:
        """A bell that rings when the person was told something. Raises ``TooManyStreams``."""
        if Counter(self._bells.values())[person] >= MOST_OF_ONE:
            raise TooManyStreams(MOST_OF_ONE)
        if len(self._bells) >= MOST_OF_ALL:
            raise TooManyStreams(MOST_OF_ALL)
        bell = asyncio.Event()
        self._bells[bell] = person
        try:
            if self._watching is None:
                self._watching = asyncio.create_task(self._look(database, await newest(database)))
            yield bell
        finally:
            del self._bells[bell]
            if not self._bells and self._watching is not None:
                watching, self._watching = self._watching, None
                await _end(watching)

    async def _look(self, database: Database, last: int) -> None:
        """Ring for whoever was told something, as long as anybody watches."""
        woken = asyncio.Event()
        listening = asyncio.create_task(self._listen(woken))
        try:
            while wanted():
                with contextlib.suppress(StoreUnavailable):
                    last = await self._ring(database, last)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL):
                        await woken.wait()
                woken.clear()
        finally:
            await _end(listening)

    async def _ring(self, database: Database, last: int) -> int:
        while True:
            async with database.read() as tx:
                rows = await tx.all(
                    select(NOTIFICATION.c.no, NOTIFICATION.c.person)
                    .where(NOTIFICATION.c.no > last)
                    .order_by(NOTIFICATION.c.no)
                    .limit(AT_ONCE)
                )
            people = {row.person for row in rows}
            for bell, person in self._bells.items():
                if person in people:
                    bell.set()
            last = rows[-1].no if rows else last
            if len(rows) < AT_ONCE:
                return last

    async def _listen(self, woken: asyncio.Event) -> None:
        client: Client | None = None

        async def heard(_message: Any) -> None:
            woken.set()

        try:
            client = await connect(self._access, "notify-streams", back=woken.set)
            await client.subscribe(WAKE, cb=heard)
            await client.flush()
            woken.set()  # for what was committed before we listened
            await asyncio.Event().wait()
        finally:
            if client is not None:
                with contextlib.suppress(Exception):  # as above
                    await client.close()


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel, and let it close what it has open."""
    task.cancel()
    await asyncio.wait((task,), timeout=2.0)
