"""From a notice to those whom it concerns, whatever is known first: the notice or their role."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Select, and_, exists, or_, select

from vzaimo.contracts.requests import RequestStatus
from vzaimo.kit.database import insert
from vzaimo.kit.roles import RoleName
from vzaimo.kit.work import Work
from vzaimo.notify.domain.kinds import Kind
from vzaimo.notify.domain.notices import ALL_CITIES, MODERATORS, Notice
from vzaimo.notify.handlers.deliver import deliver
from vzaimo.notify.projections import REQUEST, ROLE
from vzaimo.notify.store import CIRCLE, NOTICE, NOTIFICATION

MOST_OF_ONE = 1000
MOST_OF_ALL = 50_000
"""Notices of one newcomer, and of all in one batch; older ones are nobody's news."""
_ONCE = UUID("5b4c1c6e-6a55-4a8e-9d4e-1d0c6f0d5a11")
"""Makes ids of notices that more than one fact may give."""

_OPEN = {
    Kind.REQUEST_SUBMITTED: RequestStatus.SUBMITTED,
    Kind.DECISION_ESCALATED: RequestStatus.SUBMITTED,
    Kind.REQUEST_OFFERED: RequestStatus.OFFERED,
    Kind.REQUEST_APPROVED: RequestStatus.APPROVED,
    Kind.RECONFIRMATION_ASKED: RequestStatus.RECONFIRM_PENDING,
}
"""What still waits for an answer, as long as the request stands so."""


@dataclass(frozen=True, slots=True)
class News:
    """A notice, the fact that it follows from, when that happened, and in which trace."""

    notice: Notice
    fact: UUID
    at: datetime
    traceparent: str | None = None


async def publish(work: Work, news: Iterable[News]) -> None:
    """Keep notices, and tell whoever is known.

    Once in a transaction: it locks the circles in one order.
    """
    rows: dict[UUID, dict[str, Any]] = {}
    for new in news:
        one = new.notice
        place = f"{one.kind}/{one.city}"
        key = uuid5(new.fact, place) if one.once is None else uuid5(_ONCE, f"{place}/{one.subject}/{one.once}")
        rows[key] = {
            "id": key,
            "kind": one.kind.value,
            "city": one.city,
            "subject": str(one.subject),
            "event": one.event,
            "host": one.but,
            "at": new.at,
            "traceparent": new.traceparent,
        }
    if not rows:
        return
    await enter(work, {row["city"] for row in rows.values()})
    await work.execute(insert(work.tx, NOTICE).on_conflict_do_nothing(), list(rows.values()))
    these = NOTICE.c.id.in_(list(rows))
    await deliver(work, _matches().where(these))
    await deliver(work, _still_open().where(these), mailed=False)


async def catch_up(work: Work, roles: Sequence[Mapping[str, Any]]) -> None:
    """These roles (rows) are news: tell their people what happened while they had them, and what is open now."""
    if not roles:
        return
    cities = {role["city"] for role in roles if role["city"] is not None}
    await enter(work, {MODERATORS, ALL_CITIES, *cities})
    theirs = ROLE.c.id.in_([role["id"] for role in roles])
    most = min(MOST_OF_ONE * len(roles), MOST_OF_ALL)
    for matches, mailed in ((_matches(), True), (_still_open(), False)):
        newest = matches.where(theirs).order_by(NOTICE.c.at.desc(), NOTICE.c.id).limit(most)
        await deliver(work, newest, mailed=mailed)


async def enter(work: Work, circles: set[str]) -> None:
    """Wait for whoever adds to these circles at the same moment: a notice or a role, an event or a request for it.

    Otherwise neither would see the other's uncommitted row, and a person would never hear of the notice.
    """
    statement = insert(work.tx, CIRCLE)
    await work.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_={"id": statement.excluded.id}),
        [{"id": circle} for circle in sorted(circles)],
    )


def _pairs() -> Select[Any]:
    """Notices with the roles that they concern, where the person has not been told yet."""
    told = exists().where(NOTIFICATION.c.notice == NOTICE.c.id, NOTIFICATION.c.person == ROLE.c.person)
    return (
        select(
            NOTICE.c.id.label("notice"),
            NOTICE.c.kind,
            NOTICE.c.event,
            NOTICE.c.at,
            ROLE.c.person,
            ROLE.c.city,
            ROLE.c.granted_at,
        )
        .join(
            ROLE,
            or_(
                and_(NOTICE.c.city == MODERATORS, ROLE.c.role == RoleName.MODERATOR),
                and_(
                    ROLE.c.role == RoleName.COORDINATOR,
                    or_(NOTICE.c.city == ROLE.c.city, and_(NOTICE.c.city == ALL_CITIES, NOTICE.c.host != ROLE.c.city)),
                ),
            ),
        )
        .where(~told)
    )


def _matches() -> Select[Any]:
    """Those whose role was held when it happened."""
    return _pairs().where(
        ROLE.c.granted_at <= NOTICE.c.at,
        or_(ROLE.c.ended_at.is_(None), ROLE.c.ended_at > NOTICE.c.at),
        or_(ROLE.c.expires_at.is_(None), ROLE.c.expires_at > NOTICE.c.at),
    )


def _still_open() -> Select[Any]:
    """Those who were appointed later, where the matter still waits for an answer."""
    waiting = or_(*(and_(NOTICE.c.kind == kind, REQUEST.c.status == status) for kind, status in _OPEN.items()))
    return (
        _pairs()
        .join(REQUEST, and_(REQUEST.c.id == NOTICE.c.subject, waiting))
        .where(ROLE.c.granted_at > NOTICE.c.at, ROLE.c.ended_at.is_(None))
    )
