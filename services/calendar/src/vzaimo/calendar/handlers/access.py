"""Whose event it is, and whether its host takes part.

Locks are taken in one order: the host's copy, events by id, the copies of seats and practices.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from vzaimo.calendar.domain.plans import Plan
from vzaimo.calendar.domain.refusals import CityNotActive, UnknownEvent, UnknownPractice
from vzaimo.calendar.projections import CITY, PRACTICE
from vzaimo.calendar.store import EVENT, locked
from vzaimo.kit.identity import Actor, NotAllowed
from vzaimo.kit.work import Work


def may_write(actor: Actor, host: str) -> bool:
    """Who plans and announces a city's events."""
    return actor.coordinates(host) or actor.serves(host, "events")


async def own(work: Work, event_id: UUID, actor: Actor) -> Any:
    """An event's row, locked, for its host. Raises ``UnknownEvent``, also for others' drafts, and ``NotAllowed``."""
    row = await work.first(locked(event_id))
    if row is None or (row.event is None and not (actor.views(row.host) or may_write(actor, row.host))):
        raise UnknownEvent(event_id)
    if not may_write(actor, row.host):
        raise NotAllowed
    return row


async def host_status(work: Work, event_id: UUID) -> str | None:
    """Where an event's host stands, by its copy, which nobody changes meanwhile. Ask before the event is locked.

    A city that withdraws in the same moment either finds the event that is announced here, or is found withdrawn.
    """
    host = select(EVENT.c.host).where(EVENT.c.id == event_id).scalar_subquery()
    status: str | None = await work.scalar(select(CITY.c.status).where(CITY.c.id == host).with_for_update(read=True))
    return status


def check_active(city: str, status: str | None) -> None:
    """Raise ``CityNotActive`` unless the city takes part."""
    if status != "active":
        raise CityNotActive(city, status or "unknown")


async def check_practices(work: Work, plan: Plan) -> None:
    """Every practice that a plan names is published. Raises ``UnknownPractice``."""
    wanted = set(plan.practices)
    if not wanted:
        return
    rows = await work.all(
        select(PRACTICE.c.id)
        .where(PRACTICE.c.id.in_(wanted), PRACTICE.c.status == "published")
        .order_by(PRACTICE.c.id)
        .with_for_update(read=True)
    )
    for practice in sorted(wanted - {row.id for row in rows}):
        raise UnknownPractice(practice)
