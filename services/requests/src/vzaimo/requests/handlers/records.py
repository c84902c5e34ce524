"""Requests that change without a seat moving: read under their own locks, in the order of their ids."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from vzaimo.contracts.requests import Request
from vzaimo.kit.work import Work
from vzaimo.requests.domain.transitions import Step, told
from vzaimo.requests.store import REQUEST, request_of


async def read_locked(work: Work, *conditions: Any) -> Sequence[Any]:
    """The rows, locked until the commit."""
    return await work.all(select(REQUEST).where(*conditions).order_by(REQUEST.c.id).with_for_update())


async def write(work: Work, changed: Sequence[tuple[Any, Request]], step: Step) -> None:
    """Each row's request as it is now, in one statement, and the facts that tell it. No status may have changed."""
    for row, after in changed:
        fact = told(request_of(row), after, step)
        if fact is not None:
            work.add(fact(aggregate_version=row.version + 1, request=after))
    if changed:
        await work.execute(
            update(REQUEST)
            .where(REQUEST.c.id == bindparam("key"))
            .values(state=bindparam("new_state"), version=REQUEST.c.version + 1),
            [{"key": row.id, "new_state": after.model_dump(mode="json")} for row, after in changed],
        )
