"""Who sits in which session, as it is and as it could be."""

from uuid import UUID

from sqlalchemy import select

from vzaimo.contracts.calendar import Event, SeatMode
from vzaimo.kit.database import Transaction
from vzaimo.kit.identity import Actor, NotAllowed
from vzaimo.requests.domain.assignments import assign, attendance, by_city
from vzaimo.requests.domain.halls import SEATED as WITH_SEATS
from vzaimo.requests.domain.refusals import UnknownEvent
from vzaimo.requests.domain.states import SEATED
from vzaimo.requests.projections import EVENT
from vzaimo.requests.shapes.hosting import AssignmentsView, SeatedView, SessionView
from vzaimo.requests.store import REQUEST, in_ledger, request_of


async def assignments(tx: Transaction, event_id: UUID, actor: Actor) -> AssignmentsView:
    """For the host's people: the assignment, and the one by city. Bounded by the seats. Raises ``SessionFull``."""
    found = await tx.first(select(EVENT.c.event).where(EVENT.c.id == event_id))
    if found is None:
        raise UnknownEvent(event_id)
    event = Event.model_validate(found.event)
    if not actor.views(event.host):
        raise NotAllowed
    rows = await tx.all(
        select(REQUEST)
        .where(
            in_ledger(REQUEST, event_id, SeatMode.IN_PERSON), REQUEST.c.status.in_([one.value for one in WITH_SEATS])
        )
        .order_by(REQUEST.c.city, REQUEST.c.id)
    )
    requests = [request_of(row) for row in rows]
    proposed = by_city(event, requests)
    changed = {one.id: one for one in assign(event, requests, proposed)}
    now, then = attendance(event, requests), attendance(event, [changed.get(one.id, one) for one in requests])
    return AssignmentsView(
        event=event_id,
        sessions=[
            SessionView(session=one.id, capacity=one.capacity, assigned=now[one.id], proposed=then[one.id])
            for one in event.sessions
        ],
        delegates=[
            SeatedView(
                request=request.id,
                city=request.city,
                delegate=one.id,
                rank=one.rank,
                sessions=one.sessions,
                proposed=proposed[one.id],
            )
            for request in requests
            for one in request.delegates
            if one.status in SEATED
        ],
    )
