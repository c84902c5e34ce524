"""Timers: something is due at a moment. Written with the state, handled in one transaction with its effect.

After an outage, what fell due meanwhile runs late; the handler of a deadline that people could not keep, because the
service was away, puts it off (``Due.put_off_to``).
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, tuple_

from vzaimo.kit import telemetry
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import Conflict, StatementTimeout, StoreUnavailable, Transaction, insert
from vzaimo.kit.lasting import Lasting
from vzaimo.kit.outages import Outages
from vzaimo.kit.tables import TimerRow, table_of

if TYPE_CHECKING:
    from vzaimo.kit.work import Work, Works

log = logging.getLogger(__name__)
_TABLE = table_of(TimerRow)
POLL = 1.0
"""Seconds between looks at what is due."""
MOST_AT_ONCE = 1000
"""Timers that one statement takes back."""
RETRY = timedelta(minutes=1)
"""A timer whose handler failed is tried again after this long; others go on."""


@dataclass(frozen=True, slots=True)
class Change:
    """A timer to set, or, without ``due_at``, to take back."""

    kind: str
    aggregate_id: str
    due_at: datetime | None
    revision: int = 0
    traceparent: str | None = None
    """Of what sets it: a batch of facts has its first one's."""


@dataclass(frozen=True, slots=True)
class Due:
    """A timer that has run out."""

    kind: str
    aggregate_id: str
    due_at: datetime
    revision: int
    put_off_to: datetime | None = None
    """It ran out while the service was away: people have until then for what they could not do. The outage's length
    from its end, a day at most."""


Handler = Callable[["Work", Due], Awaitable[None]]


async def save(tx: Transaction, changes: Sequence[Change]) -> None:
    """Set and take back timers; of several changes to one timer the last counts."""
    last = {(change.kind, change.aggregate_id): change for change in changes}
    gone = [key for key, change in last.items() if change.due_at is None]
    for start in range(0, len(gone), MOST_AT_ONCE):
        some = gone[start : start + MOST_AT_ONCE]
        await tx.execute(_TABLE.delete().where(tuple_(_TABLE.c.kind, _TABLE.c.aggregate_id).in_(some)))
    rows = [asdict(change) for change in last.values() if change.due_at is not None]
    if rows:
        upsert = insert(tx, _TABLE)
        await tx.execute(
            upsert.on_conflict_do_update(
                index_elements=["kind", "aggregate_id"],
                set_={name: upsert.excluded[name] for name in ("due_at", "revision", "traceparent")},
            ),
            rows,
        )


class Timers:
    """Runs what is due. Any number of replicas may run: a due row is locked by one of them."""

    def __init__(self, works: "Works", handlers: dict[str, Handler]) -> None:
        self._works = works
        self._handlers = handlers
        self._outages = Outages()

    async def run(self) -> None:
        """Until cancelled. A store that is away pauses it, nothing more."""
        pause, away, waiting = POLL, True, Lasting(log)
        while True:
            try:
                await self._outages.beat(self._works, back=away)
                away = False
                waiting.is_over()
                while await self.run_one():
                    await asyncio.sleep(0)
                pause = POLL
            except (StoreUnavailable, Conflict) as error:
                away = away or isinstance(error, StoreUnavailable)
                waiting.goes_on("timers wait for the store: %s", error)
                pause = min(pause * 2, 30.0)
            await asyncio.sleep(pause)

    async def run_one(self) -> bool:
        """Handle the timer that has been due longest; False when none is.

        That is a trace of its own: weeks may lie between it and the one that set the timer.
        """
        due: Due | None = None
        try:
            # The span ends after the commit; where nothing is due there is none.
            with contextlib.ExitStack() as act:
                async with self._works.begin(Cause(actor="timer")) as work:
                    row = await work.first(
                        select(_TABLE)
                        .where(_TABLE.c.due_at <= work.now, _TABLE.c.kind.in_(self._handlers))
                        .order_by(_TABLE.c.due_at)
                        .limit(1)
                        .with_for_update(skip_locked=True)
                    )
                    if row is None:
                        return False
                    said = {"vzaimo.aggregate_id": row.aggregate_id}
                    begun = act.enter_context(telemetry.begun(f"timer {row.kind}", row.traceparent, **said))
                    work.cause = replace(work.cause, traceparent=begun)
                    put_off_to = self._outages.put_off(row.due_at, work.now)
                    due = Due(row.kind, row.aggregate_id, row.due_at, row.revision, put_off_to)
                    # Gone before the handler runs, so that the handler may set it anew.
                    await work.execute(
                        _TABLE.delete().where(_TABLE.c.kind == due.kind, _TABLE.c.aggregate_id == due.aggregate_id)
                    )
                    await self._handlers[due.kind](work, due)
        except Exception as error:
            # A store that is away is nobody's fault; one timer that it always takes too long for must not stop all.
            outage = isinstance(error, (StoreUnavailable, Conflict)) and not isinstance(error, StatementTimeout)
            if due is None or outage:
                raise
            log.exception("timer %s failed and is put off", due.kind, extra={"aggregate_id": due.aggregate_id})
            await self._put_off(due)
        return True

    async def _put_off(self, due: Due) -> None:
        async with self._works.database.begin() as tx:
            await tx.execute(
                _TABLE.update()
                .where(
                    _TABLE.c.kind == due.kind,
                    _TABLE.c.aggregate_id == due.aggregate_id,
                    _TABLE.c.revision == due.revision,
                    _TABLE.c.due_at == due.due_at,
                )
                .values(due_at=self._works.clock.now() + RETRY)
            )
