"""What is due goes out in lanes, one a receiver: one that keeps us waiting delays nobody else."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Table, case, literal, tuple_, update

from vzaimo.kit.cancellation import wanted
from vzaimo.kit.database import Conflict, StoreUnavailable
from vzaimo.kit.lasting import Lasting
from vzaimo.kit.work import Work, Works

log = logging.getLogger(__name__)

POLL = 1.0
LAST_WORDS = 0.8
"""Seconds that a stop waits for receivers."""


class Parcel(Protocol):
    """Something on its way."""

    @property
    def row(self) -> Any:
        """Its row."""

    @property
    def until(self) -> datetime:
        """When it is ours no longer."""

    @property
    def lane(self) -> str:
        """Whose lane it takes."""


P = TypeVar("P", bound=Parcel)


@dataclass(frozen=True, slots=True)
class Way(Generic[P]):
    """How some kind of thing leaves."""

    name: str
    take: Callable[[Collection[str]], Awaitable[tuple[bool, list[P]]]]
    """Takes what has been due longest, knowing which lanes are busy; and says whether there was anything."""
    serve: Callable[[Sequence[P], asyncio.Event], Awaitable[None]]
    """Sends what one lane has taken, and notes what became of it, until told to stop."""
    most: int
    """Lanes at a time."""
    patience: float = 0.0
    """Seconds for which the next ones wait for the present ones: a receiver that needs longer is left in its lane."""
    waiting: Lasting = field(default_factory=lambda: Lasting(log))
    """Says that the store is away."""


async def run(works: Works, way: Way[P]) -> None:
    """Send as things fall due, until cancelled; woken by commits, for what is due at once."""
    lanes: dict[str, asyncio.Task[None]] = {}
    woken, stopping = asyncio.Event(), asyncio.Event()
    works.committed.append(woken.set)
    try:
        while wanted():
            woken.clear()
            try:
                while await _unbroken(_some(way, lanes, woken, stopping)):
                    pass
            except (StoreUnavailable, Conflict) as error:
                way.waiting.goes_on("%s wait for the store: %s", way.name, error)
            else:
                way.waiting.is_over()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await woken.wait()
    finally:
        # What is on its way is noted if its receiver answers soon; what is not is sent again under the same id.
        stopping.set()
        if lanes:
            await asyncio.wait(lanes.values(), timeout=LAST_WORDS)
        for lane in lanes.values():
            lane.cancel()
        await asyncio.gather(*lanes.values(), return_exceptions=True)


async def _unbroken(look: Coroutine[Any, Any, bool]) -> bool:
    """Finish a look into the store even if told to stop meanwhile: what it took would wait for its lease to end."""
    task = asyncio.create_task(look)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,), timeout=LAST_WORDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise


async def _some(
    way: Way[P], lanes: dict[str, asyncio.Task[None]], woken: asyncio.Event, stopping: asyncio.Event
) -> bool:
    """Try what has been due longest; False when nothing is."""
    _reap(lanes)
    taken, ready = await way.take(lanes.keys())
    by_lane = attrgetter("lane")
    for name, some in groupby(sorted(ready, key=by_lane), key=by_lane):
        if len(lanes) >= way.most:
            await asyncio.wait(lanes.values(), return_when=asyncio.FIRST_COMPLETED)
            _reap(lanes)
        lane = lanes[name] = asyncio.create_task(_lane(way, list(some), stopping))
        lane.add_done_callback(lambda _: woken.set())
    if lanes and way.patience:
        await asyncio.wait(lanes.values(), timeout=way.patience)
    return taken


async def _lane(way: Way[P], several: Sequence[P], stopping: asyncio.Event) -> None:
    try:
        await way.serve(several, stopping)
    except (StoreUnavailable, Conflict) as error:
        way.waiting.goes_on("%s wait for the store: %s", way.name, error)


def _reap(lanes: dict[str, asyncio.Task[None]]) -> None:
    for name in [name for name, lane in lanes.items() if lane.done()]:
        lanes.pop(name).result()


async def give_back(work: Work, table: Table, parcels: Sequence[Parcel], delay: timedelta) -> None:
    """Put off what was taken and not tried, as far as it still is ours; what is put off for longer stays so."""
    if parcels:
        later = literal(work.now + delay, table.c.due_at.type)
        ours = tuple_(table.c.id, table.c.leased_until).in_([(one.row.id, one.until) for one in parcels])
        await work.execute(
            update(table)
            .where(ours)
            .values(
                leased_until=None,
                attempts=table.c.attempts - 1,
                due_at=case((table.c.due_at > later, table.c.due_at), else_=later),
            )
        )
