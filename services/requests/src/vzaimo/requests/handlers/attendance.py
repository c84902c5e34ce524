"""The host, or the moderator where all requests were escalated, records who came to a session."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select

from vzaimo.contracts.calendar import SeatMode
from vzaimo.contracts.requests import Request
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, NotAllowed
from vzaimo.kit.work import Done, Work, Works
from vzaimo.requests.domain import attendance
from vzaimo.requests.domain.attendance import EXPECTED, Roll
from vzaimo.requests.domain.record_refusals import NotExpected
from vzaimo.requests.domain.transitions import TRANSITIONS, Step
from vzaimo.requests.handlers.access import acts_for_host
from vzaimo.requests.handlers.halls import event_known
from vzaimo.requests.handlers.records import read_locked, write
from vzaimo.requests.store import ATTENDANCE, REQUEST, TURNOUT, request_of


@retry_conflicts
async def record(event_id: UUID, session_id: UUID, roll: Roll, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """Take a session's whole list: whoever is not on it did not come. The same list again changes nothing."""
    async with works.begin(cause) as work:
        event = await event_known(work, event_id)
        seated = TRANSITIONS[Step.RECORD_ATTENDANCE].origin
        rows = await read_locked(work, REQUEST.c.event == event_id, REQUEST.c.status.in_(seated))
        requests = [request_of(row) for row in rows]
        if not await acts_for_host(work, actor, event.host, requests):
            raise NotAllowed
        attendance.check_roll(event, session_id, roll, work.now)
        listed = list(_listed(requests, roll))
        await work.execute(delete(ATTENDANCE).where(ATTENDANCE.c.session == session_id))
        if listed:
            fixed = {"session": session_id, "event": event_id, "recorded_at": work.now}
            await work.execute(insert(ATTENDANCE), [fixed | one for one in listed])
        await _conclude(work, event_id, rows, requests)
        return work.done("attendance", session_id, 1)


def _listed(requests: Sequence[Request], roll: Roll) -> Iterable[dict[str, Any]]:
    expected = {one.id: request.id for request in requests for one in request.delegates if one.status in EXPECTED}
    attendance.check_delegates(expected, roll)
    remote = {request.id for request in requests if request.mode is SeatMode.REMOTE}
    for unknown in sorted(roll.remote.keys() - remote):
        raise NotExpected(unknown)
    for delegate, minutes in roll.minutes.items():
        if minutes:
            yield {"request": expected[delegate], "who": str(delegate), "minutes": minutes, "people": 1}
    for request_id, heads in roll.remote.items():
        for role, people in heads.items():
            yield {"request": request_id, "who": role.value, "minutes": None, "people": people}


async def _conclude(work: Work, event_id: UUID, rows: Sequence[Any], requests: Sequence[Request]) -> None:
    """Whoever came to any session attended; of a role, as many as at its best attended session."""
    found = await work.all(
        select(ATTENDANCE.c.request, ATTENDANCE.c.who, func.max(ATTENDANCE.c.people).label("people"))
        .where(ATTENDANCE.c.event == event_id)
        .group_by(ATTENDANCE.c.request, ATTENDANCE.c.who)
    )
    came: dict[UUID, dict[str, int]] = {}
    for one in found:
        came.setdefault(one.request, {})[one.who] = one.people
    after = [attendance.attend(request, came.get(request.id, {})) for request in requests]
    changed = [(row, now) for row, before, now in zip(rows, requests, after, strict=True) if now != before]
    await write(work, changed, Step.RECORD_ATTENDANCE)
    await _count(work, {request.id: attendance.turnout(request, came.get(request.id, {})) for request in after})


async def _count(work: Work, turnouts: Mapping[UUID, Mapping[Any, int]]) -> None:
    await work.execute(delete(TURNOUT).where(TURNOUT.c.request.in_(turnouts)))
    rows = [
        {"request": request, "role": role.value, "people": people}
        for request, roles in turnouts.items()
        for role, people in roles.items()
    ]
    if rows:
        await work.execute(insert(TURNOUT), rows)
