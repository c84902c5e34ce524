"""Personal data as those may see it whom it concerns, and acts of its destruction."""

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, true

from vzaimo.kit.database import Transaction
from vzaimo.kit.http import Cursor, Page, keyset, page_of
from vzaimo.kit.identity import Actor, NotAllowed
from vzaimo.requests.domain.privacy import SHOWN
from vzaimo.requests.domain.record_refusals import DelegateNotFound, UnknownAct
from vzaimo.requests.domain.refusals import UnknownRequest
from vzaimo.requests.domain.states import sent
from vzaimo.requests.projections import EVENT
from vzaimo.requests.shapes.privacy import ActView, Comforts, ComfortView, PersonView, Presence
from vzaimo.requests.store import ATTENDANCE, DELEGATE, ERASURE_ACT, REQUEST, request_of
from vzaimo.requests.views.names import guests, named


async def comforts(tx: Transaction, request_id: UUID, actor: Actor) -> Comforts:
    """What delegates who come need, for guest and host. Raises ``UnknownRequest``, ``NotAllowed``."""
    row = await _request(tx, request_id, actor)
    if not named(actor, row.city, row.host):
        raise NotAllowed
    coming = [one.id for one in request_of(row).delegates if one.status in SHOWN]
    found = await tx.all(
        select(DELEGATE)
        .where(
            DELEGATE.c.request == request_id,
            DELEGATE.c.id.in_(coming),
            or_(DELEGATE.c.dietary.is_not(None), DELEGATE.c.access.is_not(None)),
        )
        .order_by(DELEGATE.c.id)
    )
    return Comforts(
        request=request_id,
        items=[ComfortView(delegate=one.id, name=one.name, dietary=one.dietary, access=one.access) for one in found],
    )


async def person(tx: Transaction, request_id: UUID, delegate_id: UUID, actor: Actor) -> PersonView:
    """All that is stored about a delegate, for the guest's coordinator. Raises ``UnknownRequest``, ``NotAllowed``,
    ``DelegateNotFound``.
    """
    row = await _request(tx, request_id, actor)
    if not actor.coordinates(row.city):
        raise NotAllowed
    found = await tx.first(select(DELEGATE).where(DELEGATE.c.id == delegate_id, DELEGATE.c.request == request_id))
    if found is None:
        raise DelegateNotFound(delegate_id)
    title = await tx.scalar(select(EVENT.c.event["title"].as_string()).where(EVENT.c.id == row.event))
    present = await tx.all(
        select(ATTENDANCE.c.session, ATTENDANCE.c.minutes)
        .where(ATTENDANCE.c.request == request_id, ATTENDANCE.c.who == str(delegate_id))
        .order_by(ATTENDANCE.c.session)
    )
    public = next((one for one in request_of(row).delegates if one.id == delegate_id), None)
    return PersonView(
        delegate=delegate_id,
        name=found.name,
        organisation=found.organisation,
        dietary=found.dietary,
        access=found.access,
        erased_at=found.erased_at,
        request=request_id,
        city=row.city,
        host=row.host,
        event=row.event,
        event_title=title,
        rank=public.rank if public else None,
        role=public.role if public else None,
        status=public.status if public else None,
        sessions=public.sessions if public else None,
        attendance=[Presence(session=one.session, minutes=one.minutes) for one in present],
    )


async def acts(tx: Transaction, cursor: Cursor, actor: Actor) -> Page[ActView]:
    """Acts in the order of their making: the own cities', or all for the moderator. Raises ``NotAllowed``."""
    if not (actor.moderates or actor.coordinated):
        raise NotAllowed
    order = [ERASURE_ACT.c.id]
    rows = await tx.all(
        select(ERASURE_ACT).where(_concerned(actor), keyset(order, cursor)).order_by(*order).limit(cursor.limit + 1)
    )
    return page_of(rows, cursor, order, ActView.of)


async def act(tx: Transaction, act_id: UUID, actor: Actor) -> ActView:
    """One act. Raises ``UnknownAct``."""
    row = await tx.first(select(ERASURE_ACT).where(ERASURE_ACT.c.id == act_id, _concerned(actor)))
    if row is None:
        raise UnknownAct(act_id)
    return ActView.of(row)


def _concerned(actor: Actor) -> Any:
    return true() if actor.moderates else ERASURE_ACT.c.city.in_(actor.coordinated)


async def _request(tx: Transaction, request_id: UUID, actor: Actor) -> Any:
    row = await tx.first(select(REQUEST).where(REQUEST.c.id == request_id))
    if row is None:
        raise UnknownRequest(request_id)
    seen = sent(request_of(row)) and (actor.views(row.host) or actor.moderates)
    if not (guests(actor, row.city) or seen):
        raise UnknownRequest(request_id)
    return row
