"""A restored store takes its own aggregates' public state back from its facts.

Names that it has stay, but for those that were destroyed since. What is due follows from that state, and is set again.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update

from vzaimo.contracts.calendar import Event, EventStatus, SeatMode, SeatPlan
from vzaimo.contracts.event import Fact
from vzaimo.contracts.requests import (
    CapacityFact,
    ErasureFact,
    Ledger,
    LedgerFact,
    Need,
    NeedFact,
    Request,
    RequestFact,
)
from vzaimo.kit.database import insert as upsert
from vzaimo.kit.work import Work
from vzaimo.requests.domain.queues import season_of
from vzaimo.requests.handlers import erasures
from vzaimo.requests.handlers.deadlines import RECONFIRM, place, set_timers
from vzaimo.requests.handlers.halls import GRANT, OFFER
from vzaimo.requests.handlers.invitations import watch_period
from vzaimo.requests.projections import EVENT
from vzaimo.requests.store import (
    LEDGER,
    NEED,
    REQUEST,
    SHARE,
    in_ledger,
    need_columns,
    need_keys,
    request_columns,
    request_of,
)


async def adopt(work: Work, facts: Sequence[Fact]) -> None:
    """Write the newest state of each request and ledger; count the cities' seats anew from the requests."""
    halls: set[tuple[UUID, SeatMode]] = set()
    for fact in facts:
        match fact:
            case RequestFact(request=request):
                await _request(work, request, fact.aggregate_version)
                halls.add((request.event, request.mode))
            case ErasureFact(erasure=erasure):
                await erasures.adopt(work, erasure)
            case NeedFact(need=need):
                await _need(work, need, fact.aggregate_version)
            case LedgerFact(ledger=ledger):
                await _ledger(work, ledger, fact.aggregate_version)
                halls.add((ledger.event, ledger.mode))
    for fact in facts:
        if isinstance(fact, CapacityFact):
            await work.execute(
                update(LEDGER).where(LEDGER.c.event == fact.answer.event).values(capacity_no=fact.answer.no)
            )
    for event, mode in sorted(halls):
        await _count_shares(work, event, mode)
        known = await _event(work, event)
        if known is not None and known.status is EventStatus.ANNOUNCED:
            set_timers(work, known, mode)


async def _request(work: Work, request: Request, version: int) -> None:
    known = await _event(work, request.event)
    # The event's copy may be lost as well; then the season in which the city asked is the best that is known.
    asked = request.submitted_at or work.now
    season = season_of(known) if known else asked.year - (asked.month < 9)  # noqa: PLR2004
    columns = {**request_columns(request), "version": version}
    fixed = {
        "id": request.id,
        "event": request.event,
        "mode": request.mode.value,
        "host": request.host,
        "city": request.city,
        "season": season,
        "created_at": work.now,
    }
    if request.offer is not None:
        work.remind(OFFER, request.id, request.offer.expires_at)
    if request.confirm_by is not None:
        work.remind(GRANT, request.id, request.confirm_by)
    if request.reconfirm_by is not None:
        work.remind(RECONFIRM, place(request.event, request.mode), request.reconfirm_by)
    statement = upsert(work.tx, REQUEST).values(**fixed, **columns)
    await work.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_=columns, where=REQUEST.c.version < version)
    )


async def _event(work: Work, event: UUID) -> Event | None:
    known = await work.scalar(select(EVENT.c.event).where(EVENT.c.id == event))
    return Event.model_validate(known) if known else None


async def _need(work: Work, need: Need, version: int) -> None:
    columns = {**need_columns(need), "version": version}
    watch_period(work, need)
    statement = upsert(work.tx, NEED).values(**need_keys(need), **columns)
    await work.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_=columns, where=NEED.c.version < version)
    )


async def _ledger(work: Work, ledger: Ledger, version: int) -> None:
    known = await _event(work, ledger.event)
    plans = known.seats if known else ()
    plan = next((one for one in plans if one.mode is ledger.mode), SeatPlan(mode=ledger.mode))
    columns = {
        "capacity": ledger.capacity,
        "granted": ledger.granted,
        "held": ledger.held,
        "waiting": ledger.waiting,
        "closed": ledger.closed,
        "version": version,
    }
    fixed = {
        "event": ledger.event,
        "mode": ledger.mode.value,
        "host": ledger.host,
        "quota": plan.quota,
        "reserves": dict(plan.reserves),
        "capacity_no": 1,
    }
    statement = upsert(work.tx, LEDGER).values(**fixed, **columns)
    await work.execute(
        statement.on_conflict_do_update(
            index_elements=["event", "mode"], set_=columns, where=LEDGER.c.version < version
        )
    )


async def _count_shares(work: Work, event: UUID, mode: SeatMode) -> None:
    quota = await work.scalar(select(func.min(LEDGER.c.quota)).where(in_ledger(LEDGER, event, mode)))
    rows = await work.all(select(REQUEST).where(in_ledger(REQUEST, event, mode)).order_by(REQUEST.c.city))
    shares: dict[str, list[int]] = {}
    for row in rows:
        request = request_of(row)
        share = shares.setdefault(request.city, [0, 0])
        share[0] += request.granted
        share[1] += request.offer.seats if request.offer else 0
    await work.execute(delete(SHARE).where(in_ledger(SHARE, event, mode)))
    counted = [
        {"event": event, "mode": mode.value, "city": city, "granted": granted, "held": held, "quota": quota}
        for city, (granted, held) in shares.items()
    ]
    if counted:
        await work.execute(insert(SHARE), counted)
