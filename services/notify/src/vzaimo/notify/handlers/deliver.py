"""Into inboxes, and onto the way by mail: each as its reader wants it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Select, case

from vzaimo.kit.database import insert
from vzaimo.kit.work import Work
from vzaimo.notify.domain.kinds import TRAITS, Kind
from vzaimo.notify.domain.preferences import NOTHING_SAID, Choice, Preferences, Slot, slot
from vzaimo.notify.projections import ROLE, zones_of
from vzaimo.notify.store import CIRCLE, DELIVERY, NOTIFICATION, wishes_of

MAIL = "email"
NUMBERS = "@inbox"
"""The circle that numbers notifications."""
MOST_AT_ONCE = 1000
"""Rows of one statement."""


async def deliver(work: Work, matches: Select[Any], *, mailed: bool = True) -> None:
    """Tell the people of these matches (``tell``), none of whom has been told. ``mailed``: by mail, too."""
    people = await work.all(matches)
    if not people:
        return
    wishes = await wishes_of(work.tx, matches.with_only_columns(ROLE.c.person)) if mailed else {}
    zones = await _zones(work, people, wishes) if mailed else {}
    notifications: dict[UUID, dict[str, Any]] = {}
    alone: list[dict[str, Any]] = []
    joint: dict[str, dict[str, Any]] = {}
    joining: dict[UUID, str] = {}
    slots: dict[Any, Slot | None] = {}
    for row in people:
        # Whoever acts for two of the cities concerned is told once.
        one = uuid5(row.notice, row.person)
        if one in notifications:
            continue
        told = {"notice": row.notice, "person": row.person, "city": row.city}
        at = row.at if mailed else row.granted_at
        notifications[one] = {"id": one, **told, "delivery": None, "at": at, "read_at": None, "version": 1}
        if not mailed:
            continue
        wish = wishes.get(row.person)
        place = (row.notice, row.city, wish and row.person)
        if place not in slots:
            trait = TRAITS[Kind(row.kind)]
            slots[place] = slot(trait, wish or NOTHING_SAID, row.event, zones.get(row.city), work.now)
        when = slots[place]
        if when is None:
            continue
        mail = _mail(uuid5(one, MAIL), one, row, when, work)
        if when.joins is None:
            notifications[one]["delivery"] = mail["id"]
            alone.append(mail)
        else:
            joining[one] = mail["joins"]
            joint.setdefault(mail["joins"], mail)
    carriers = await _join(work, joint)
    for one, joins in joining.items():
        notifications[one]["delivery"] = carriers[joins]
    await add(work, DELIVERY, alone)
    await add(work, NOTIFICATION, await _numbered(work, list(notifications.values())))


async def _zones(work: Work, people: Sequence[Any], wishes: Mapping[str, Preferences]) -> dict[str, str]:
    """The zones of the cities for which somebody looks at the clock."""
    usual = {kind: NOTHING_SAID.choice(TRAITS[Kind(kind)].group) for kind in {row.kind for row in people}}
    cities = {
        row.city
        for row in people
        if row.city is not None and (row.person in wishes or usual[row.kind] is not Choice.INSTANT)
    }
    return await zones_of(work, cities)


def _mail(key: UUID, notification: UUID, row: Any, when: Slot, work: Work) -> dict[str, Any]:
    return {
        "id": key,
        "notification": notification,
        "notice": row.notice,
        "person": row.person,
        "city": row.city,
        "channel": MAIL,
        "kind": row.kind,
        "status": "queued",
        "attempts": 0,
        "created_at": work.now,
        "due_at": when.due_at,
        "joins": f"{MAIL}/{row.person}/{when.joins}" if when.joins else None,
        "version": 1,
    }


async def _join(work: Work, joint: Mapping[str, dict[str, Any]]) -> dict[str, UUID]:
    """The mails, by what joins them, that are still open for more; made where there is none.

    Whoever takes one for sending closes it in the same row, so that nothing joins a mail that has left.
    """
    carriers: dict[str, UUID] = {}
    ordered = [joint[joins] for joins in sorted(joint)]
    for start in range(0, len(ordered), MOST_AT_ONCE):
        statement = insert(work.tx, DELIVERY)
        # The earliest counts: what is urgent does not wait with what may.
        sooner = case(
            (statement.excluded.due_at < DELIVERY.c.due_at, statement.excluded.due_at), else_=DELIVERY.c.due_at
        )
        statement = statement.on_conflict_do_update(index_elements=["joins"], set_={"due_at": sooner}).returning(
            DELIVERY.c.joins, DELIVERY.c.id
        )
        rows = await work.all(statement, ordered[start : start + MOST_AT_ONCE])
        carriers |= {row.joins: row.id for row in rows}
    return carriers


async def _numbered(work: Work, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With numbers in the order of commits: the counter's row is locked until then, and taken last of all locks."""
    count = len(rows)
    statement = insert(work.tx, CIRCLE).values(id=NUMBERS, last_no=count)
    last = await work.scalar(
        statement.on_conflict_do_update(index_elements=["id"], set_={"last_no": CIRCLE.c.last_no + count}).returning(
            CIRCLE.c.last_no
        )
    )
    for no, row in enumerate(rows, last - count + 1):
        row["no"] = no
    return rows


async def add(work: Work, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Write the rows whose ids are not there yet."""
    for start in range(0, len(rows), MOST_AT_ONCE):
        statement = insert(work.tx, table).on_conflict_do_nothing(index_elements=["id"])
        await work.execute(statement, rows[start : start + MOST_AT_ONCE])
