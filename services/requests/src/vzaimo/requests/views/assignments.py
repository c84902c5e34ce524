"""Who sits in which session, as it is and as it could be."""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from vzaimo.contracts.calendar import Event, SeatMode
from vzaimo.contracts.requests import Request
from vzaimo.kit.database import Transaction
from vzaimo.kit.identity import Actor, NotAllowed
from vzaimo.requests.domain.assignments import Sessions, assign, attendance, by_city, over
from vzaimo.requests.domain.attendance import EXPECTED
from vzaimo.requests.domain.halls import SEATED as WITH_SEATS
from vzaimo.requests.domain.refusals import SessionFull, UnknownEvent
from vzaimo.requests.projections import EVENT
from vzaimo.requests.shapes.hosting import AssignmentsView, SeatedView, SessionView
from vzaimo.requests.store import REQUEST, in_ledger, request_of


async def assignments(tx: Transaction, event_id: UUID, actor: Actor) -> AssignmentsView:
    """For the host's people and the moderator: the assignment, and where the rooms hold all, the one by city.

    Bounded by the seats.
    """
    found = await tx.first(select(EVENT.c.event).where(EVENT.c.id == event_id))
    if found is None:
        raise UnknownEvent(event_id)
    event = Event.model_validate(found.event)
    if not (actor.views(event.host) or actor.moderates):
        raise NotAllowed
    rows = await tx.all(
        select(REQUEST)
        .where(
            in_ledger(REQUEST, event_id, SeatMode.IN_PERSON), REQUEST.c.status.in_([one.value for one in WITH_SEATS])
        )
        .order_by(REQUEST.c.city, REQUEST.c.id)
    )
    requests = [request_of(row) for row in rows]
    proposed, then = _by_city(event, requests)
    now, too_many = attendance(event, requests), over(event, requests)
    return AssignmentsView(
        event=event_id,
        sessions=[
            SessionView(
                session=one.id,
                capacity=one.capacity,
                assigned=now[one.id],
                over=too_many[one.id],
                proposed=then[one.id] if then is not None else None,
            )
            for one in event.sessions
        ],
        delegates=[
            SeatedView(
                request=request.id,
                city=request.city,
                delegate=one.id,
                rank=one.rank,
                sessions=one.sessions,
                proposed=proposed.get(one.id),
            )
            for request in requests
            for one in request.delegates
            if one.status in EXPECTED
        ],
    )


def _by_city(event: Event, requests: Sequence[Request]) -> tuple[Mapping[UUID, Sessions | None], Counter[UUID] | None]:
    try:
        proposed = by_city(event, requests)
    except SessionFull:
        return {}, None
    changed = {one.id: one for one in assign(event, requests, proposed)}
    return proposed, attendance(event, [changed.get(one.id, one) for one in requests])
