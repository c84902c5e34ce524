"""What receivers have taken is noted together: lanes that hear an answer at one moment share a commit.

Each lane waits for its note before it sends the next, so that a process killed meanwhile sends one a lane again.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, tuple_, update

from vzaimo.kit.cause import Cause
from vzaimo.kit.database import Conflict, StoreUnavailable, retry_conflicts
from vzaimo.kit.work import Works
from vzaimo.notify.domain.webhooks import Answer
from vzaimo.notify.store import WEBHOOK_DELIVERY

Note = tuple[UUID, datetime, Answer]
"""The delivery, the end of our lease of it, and what was answered."""


class Notes:
    """Gathers what is to be noted while the last of it is written."""

    def __init__(self, works: Works) -> None:
        self._works = works
        self._waiting: list[tuple[Note, asyncio.Future[bool]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def take(self, delivery: UUID, until: datetime, answer: Answer) -> bool:
        """Note that it was taken; False where it is ours no longer. Raises ``StoreUnavailable`` or ``Conflict``."""
        noted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(((delivery, until, answer), noted))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await noted

    async def close(self) -> None:
        """Wait for what is being written."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting, []
            failure: Exception | None = None
            ours: set[UUID] = set()
            try:
                ours = await write(self._works, [note for note, _ in some])
            except (StoreUnavailable, Conflict) as error:
                failure = error
            for (delivery, _, _), noted in some:
                if noted.done():  # its lane was told to stop
                    continue
                if failure is None:
                    noted.set_result(delivery in ours)
                else:
                    noted.set_exception(failure)


@retry_conflicts
async def write(works: Works, notes: Sequence[Note]) -> set[UUID]:
    """One statement for all; the ids of those that were still ours: their webhooks were not removed, say."""
    table = WEBHOOK_DELIVERY
    async with works.begin(Cause(actor="webhooks")) as work:
        rows = await work.all(
            update(table)
            .where(tuple_(table.c.id, table.c.leased_until).in_([(one, until) for one, until, _ in notes]))
            .values(
                status="sent",
                answer=case({one: answer.status for one, _, answer in notes}, value=table.c.id),
                error=None,
                tried_at=work.now,
                sent_at=work.now,
                due_at=None,
                leased_until=None,
                version=table.c.version + 1,
            )
            .returning(table.c.id)
        )
    return {row.id for row in rows}
