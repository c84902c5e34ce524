"""What receivers have taken is noted together: lanes that hear an answer at one moment share a commit.

Each lane waits for its note before it sends the next, so that a process killed meanwhile sends one a lane again.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, update

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
        self._waiting: list[tuple[Note, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def take(self, delivery: UUID, until: datetime, answer: Answer) -> None:
        """Note that it was taken. Raises ``StoreUnavailable`` or ``Conflict``."""
        noted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(((delivery, until, answer), noted))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await noted

    async def close(self) -> None:
        """Wait for what is being written."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting, []
            failure: Exception | None = None
            try:
                await write(self._works, [note for note, _ in some])
            except (StoreUnavailable, Conflict) as error:
                failure = error
            for _, noted in some:
                if noted.done():  # its lane was told to stop
                    continue
                if failure is None:
                    noted.set_result(None)
                else:
                    noted.set_exception(failure)


@retry_conflicts
async def write(works: Works, notes: Sequence[Note]) -> None:
    """One statement for all, but for those that were taken from us meanwhile, or whose webhook was removed."""
    async with works.begin(Cause(actor="webhooks")) as work:
        await work.execute(
            _TAKEN,
            [
                {"one": delivery, "ours_until": until, "code": answer.status, "moment": work.now}
                for delivery, until, answer in sorted(notes, key=lambda note: note[0])
            ],
        )


_TAKEN = (
    update(WEBHOOK_DELIVERY)
    .where(WEBHOOK_DELIVERY.c.id == bindparam("one"), WEBHOOK_DELIVERY.c.leased_until == bindparam("ours_until"))
    .values(
        status="sent",
        answer=bindparam("code"),
        error=None,
        tried_at=bindparam("moment"),
        sent_at=bindparam("moment"),
        due_at=None,
        leased_until=None,
        version=WEBHOOK_DELIVERY.c.version + 1,
    )
)
