"""Personal data end: one person's when it is asked, an event's some time after it, all with an act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from vzaimo.contracts.calendar import Event, EventStatus
from vzaimo.contracts.requests import Erasure, PersonalDataErased
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import insert as upsert
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, NotAllowed
from vzaimo.kit.ids import new_id
from vzaimo.kit.inbound import Batch
from vzaimo.kit.timers import Due
from vzaimo.kit.work import Done, Work, Works
from vzaimo.requests.domain import privacy
from vzaimo.requests.domain.record_refusals import DelegateNotFound
from vzaimo.requests.handlers.access import found
from vzaimo.requests.handlers.records import read_locked
from vzaimo.requests.handlers.turns import raised
from vzaimo.requests.projections import EVENT
from vzaimo.requests.store import DELEGATE, ERASURE_ACT, REQUEST

PURGE = "personal-data-purge"
"""The timer of an event, some time after its end, or after it was called off."""
ACT_KEPT = "erasure-act-kept"
"""The timer of an act, when it need not be kept any longer."""
AGAIN = timedelta(days=1)
"""A purged event that was not completed yet may still get names: it is looked at again."""
_NUMBERS = "erasure-acts"


@dataclass(frozen=True, slots=True)
class Gone:
    """The people of one request whose data end; ``remark``: what the host wrote about them ends, too."""

    request: UUID
    city: str
    delegates: tuple[UUID, ...]
    remark: bool = False


@retry_conflicts
async def erase(request_id: UUID, delegate_id: UUID, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """Destroy one person's data, because the person or the city asked. Seats and counts stay."""
    async with works.begin(cause) as work:
        row = await found(work, request_id, actor)
        if not (actor.coordinates(row.city) or actor.moderates):
            raise NotAllowed
        person = await delegate_of(work, request_id, delegate_id)
        privacy.check_present(person)
        (act,) = await _destroy(work, [Gone(request_id, row.city, (delegate_id,))], "erasure")
        return work.done("erasure", act, 1)


async def delegate_of(work: Work, request_id: UUID, delegate_id: UUID) -> Any:
    """A person's row, locked. Raises ``DelegateNotFound``."""
    person = await work.first(
        select(DELEGATE).where(DELEGATE.c.id == delegate_id, DELEGATE.c.request == request_id).with_for_update()
    )
    if person is None:
        raise DelegateNotFound(delegate_id)
    return person


async def plan_purge(work: Work, batch: Batch, *, after: timedelta) -> None:
    """Names outlive their event by so much, whenever it takes place; less, if it does not."""
    for change in batch.changes:
        until = privacy.kept_until(change.fact.event, after)
        before = Event.model_validate(change.before.event) if change.before is not None else None
        if before is None or privacy.kept_until(before, after) != until:
            work.remind(PURGE, change.after["id"], until)


async def purge(work: Work, due: Due, *, after: timedelta) -> None:
    """Destroy all that is left of an event's delegates, and what hosts remarked on them: an act for each request."""
    event_id = UUID(due.aggregate_id)
    row = await work.first(select(EVENT.c.event).where(EVENT.c.id == event_id).with_for_update(read=True))
    if row is None:
        return
    event = Event.model_validate(row.event)
    until = privacy.kept_until(event, after)
    if until > work.now:
        work.remind(PURGE, event_id, until)
        return
    # Remarks first: requests are locked before their delegates.
    remarks = await read_locked(work, REQUEST.c.event == event_id, REQUEST.c.remark.is_not(None))
    remarked = {row.id for row in remarks}
    await work.execute(update(REQUEST).where(REQUEST.c.id.in_(remarked)).values(remark=None))
    rows = await work.all(
        select(DELEGATE.c.id, DELEGATE.c.request, REQUEST.c.city)
        .join(REQUEST, REQUEST.c.id == DELEGATE.c.request)
        .where(REQUEST.c.event == event_id, DELEGATE.c.erased_at.is_(None))
        .order_by(DELEGATE.c.request, DELEGATE.c.id)
        .with_for_update(of=DELEGATE)
    )
    people: dict[tuple[UUID, str], list[UUID]] = {}
    for row in rows:
        people.setdefault((row.request, row.city), []).append(row.id)
    gone = [
        Gone(request, city, tuple(delegates), remark=request in remarked)
        for (request, city), delegates in people.items()
    ]
    await _destroy(work, gone, "purge")
    if event.status is EventStatus.ANNOUNCED:
        work.remind(PURGE, event_id, work.now + AGAIN)


async def forget_act(work: Work, due: Due) -> None:
    """An act has been kept for long enough."""
    await work.execute(delete(ERASURE_ACT).where(ERASURE_ACT.c.id == UUID(due.aggregate_id)))


async def adopt(work: Work, erasure: Erasure) -> None:
    """A store that was restored has names again that were destroyed: they end once more, and the act is back."""
    gone = DELEGATE.c.request == erasure.request
    if erasure.delegates:
        gone = gone & DELEGATE.c.id.in_(erasure.delegates)
    await _overwrite(work, gone & DELEGATE.c.erased_at.is_(None), erasure.erased_at)
    last = await raised(work, _NUMBERS, 0)
    number = erasure.number or last + 1
    if number > last:
        await raised(work, _NUMBERS, number - last)
    row = _act(erasure, number, "reconcile")
    await work.execute(upsert(work.tx, ERASURE_ACT).values(row).on_conflict_do_nothing())
    work.remind(ACT_KEPT, erasure.id, erasure.erased_at + privacy.KEPT)


async def _destroy(work: Work, people: Sequence[Gone], cause: Literal["erasure", "purge"]) -> list[UUID]:
    if not people:
        return []
    ids = [one for gone in people for one in gone.delegates]
    await _overwrite(work, DELEGATE.c.id.in_(ids), work.now)
    first = await raised(work, _NUMBERS, len(people)) - len(people) + 1
    erasures = [
        Erasure(
            id=new_id(),
            request=gone.request,
            city=gone.city,
            people=len(gone.delegates),
            cause=cause,
            erased_at=work.now,
            number=number,
            delegates=gone.delegates,
        )
        for number, gone in enumerate(people, first)
    ]
    rows = [
        _act(one, one.number or 0, work.cause.actor, remarks=int(gone.remark))
        for one, gone in zip(erasures, people, strict=True)
    ]
    await work.execute(insert(ERASURE_ACT), rows)
    work.add(*(PersonalDataErased(aggregate_version=1, erasure=one) for one in erasures))
    for one in erasures:
        work.remind(ACT_KEPT, one.id, work.now + privacy.KEPT)
    return [one.id for one in erasures]


async def _overwrite(work: Work, gone: Any, moment: datetime) -> None:
    nothing: Mapping[str, Any] = dict.fromkeys(privacy.CATEGORIES) | {"name": privacy.ERASED}
    await work.execute(update(DELEGATE).where(gone).values(**nothing, erased_at=moment))


def _act(erasure: Erasure, number: int, actor: str, *, remarks: int = 0) -> dict[str, Any]:
    return {
        "id": erasure.id,
        "number": number,
        "request": erasure.request,
        "city": erasure.city,
        "people": erasure.people,
        "delegates": [str(one) for one in erasure.delegates],
        "cause": erasure.cause,
        "actor": actor,
        "journal": privacy.journal(erasure.people, remarks),
        "erased_at": erasure.erased_at,
    }
