"""From a notice to the inboxes of those whom it concerns, whatever is known first: the notice or their role."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Select, and_, or_, select

from vzaimo.kit.database import insert
from vzaimo.kit.roles import RoleName
from vzaimo.kit.work import Work
from vzaimo.notify.domain.notices import ALL_CITIES, MODERATORS, Notice
from vzaimo.notify.projections import ROLE
from vzaimo.notify.store import CIRCLE, DELIVERY, NOTICE, NOTIFICATION

MAIL = "email"
MOST_AT_ONCE = 1000
"""Rows of one statement."""


async def publish(work: Work, notices: Iterable[tuple[Notice, UUID, datetime, str | None]]) -> None:
    """Keep notices (each with its fact, the fact's time, and the host to leave out), and tell whoever is known."""
    rows: list[dict[str, Any]] = [
        {
            "id": uuid5(fact, f"{one.kind}/{one.city}"),
            "kind": one.kind.value,
            "city": one.city,
            "subject": str(one.subject),
            "event": one.event,
            "host": host if one.city == ALL_CITIES else None,
            "at": at,
        }
        for one, fact, at, host in notices
    ]
    if not rows:
        return
    await _enter(work, {row["city"] for row in rows})
    await work.execute(insert(work.tx, NOTICE).on_conflict_do_nothing(), rows)
    await _deliver(work, await work.all(_matches().where(NOTICE.c.id.in_([row["id"] for row in rows]))))


async def catch_up(work: Work, roles: Sequence[Mapping[str, Any]]) -> None:
    """These roles (rows) are news: tell their people what happened while they had them."""
    if not roles:
        return
    cities = {role["city"] for role in roles if role["city"] is not None}
    await _enter(work, {MODERATORS, ALL_CITIES, *cities})
    known = [role["id"] for role in roles]
    query = _matches().where(ROLE.c.id.in_(known)).order_by(NOTICE.c.at.desc()).limit(MOST_AT_ONCE)
    await _deliver(work, await work.all(query))


async def _enter(work: Work, circles: set[str]) -> None:
    """Wait for whoever adds a notice or a role to these circles at the same moment.

    Otherwise neither would see the other's uncommitted row, and a person would never hear of the notice.
    """
    statement = insert(work.tx, CIRCLE)
    await work.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_={"id": statement.excluded.id}),
        [{"id": circle} for circle in sorted(circles)],
    )


def _matches() -> Select[Any]:
    """Notices with the roles that they concern: those that were held when it happened."""
    return (
        select(
            NOTICE.c.id.label("notice"),
            NOTICE.c.kind,
            NOTICE.c.at,
            ROLE.c.person,
            ROLE.c.city,
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
        .where(
            ROLE.c.granted_at <= NOTICE.c.at,
            or_(ROLE.c.ended_at.is_(None), ROLE.c.ended_at > NOTICE.c.at),
            or_(ROLE.c.expires_at.is_(None), ROLE.c.expires_at > NOTICE.c.at),
        )
    )


async def _deliver(work: Work, people: Sequence[Any]) -> None:
    notifications: dict[UUID, dict[str, Any]] = {}
    deliveries: dict[UUID, dict[str, Any]] = {}
    for row in people:
        # Whoever acts for two of the cities concerned is told once.
        one = uuid5(row.notice, row.person)
        if one in notifications:
            continue
        told = {"notice": row.notice, "person": row.person, "city": row.city}
        notifications[one] = {"id": one, **told, "at": row.at, "read_at": None, "version": 1}
        mail = uuid5(one, MAIL)
        deliveries[mail] = {
            "id": mail,
            "notification": one,
            **told,
            "channel": MAIL,
            "kind": row.kind,
            "status": "queued",
            "attempts": 0,
            "created_at": work.now,
            "due_at": work.now,
            "version": 1,
        }
    for table, rows in ((NOTIFICATION, list(notifications.values())), (DELIVERY, list(deliveries.values()))):
        for start in range(0, len(rows), MOST_AT_ONCE):
            statement = insert(work.tx, table).on_conflict_do_nothing(index_elements=["id"])
            await work.execute(statement, rows[start : start + MOST_AT_ONCE])
