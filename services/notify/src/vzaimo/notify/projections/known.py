"""What notices speak of, as it is now."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select

from vzaimo.kit.database import Transaction
from vzaimo.kit.work import Work
from vzaimo.notify.domain.kinds import TRAITS, About, Kind
from vzaimo.notify.domain.targets import host_of
from vzaimo.notify.domain.webhooks import shown
from vzaimo.notify.projections.copies import (
    ADOPTION,
    CITY,
    ERASURE,
    EVENT,
    INVITATION,
    NEED,
    PRACTICE,
    REQUEST,
    TOPIC,
)
from vzaimo.notify.store import WEBHOOK


@dataclass(frozen=True, slots=True)
class Known:
    """What a notice speaks of: the copies' public states, and by id what cities, practices and topics are called."""

    subject: Mapping[str, Any]
    event: Mapping[str, Any] | None
    cities: Mapping[str, str]
    practices: Mapping[str, str]
    topics: Mapping[str, Mapping[str, Any]]


_SUBJECTS: Mapping[About, Table] = {
    "city": CITY,
    "practice": PRACTICE,
    "adoption": ADOPTION,
    "event": EVENT,
    "request": REQUEST,
    "need": NEED,
    "invitation": INVITATION,
    "erasure": ERASURE,
    "webhook": WEBHOOK,
}
_NAMED = {CITY.name: ("city", "host", "source", "asked_by"), PRACTICE.name: ("practice",), TOPIC.name: ("topic",)}
"""Which fields of a state name another aggregate, whose own name is shown."""


async def known(tx: Transaction, notices: Sequence[Any]) -> dict[UUID, Known]:
    """What these notices (rows) speak of, by notice; one whose copies have not arrived yet is left out.

    One statement a copy, however many notices these are.
    """
    wanted: dict[str, set[str]] = {}
    for row in notices:
        wanted.setdefault(_table(row).name, set()).add(row.subject)
        if row.event is not None:
            wanted.setdefault(EVENT.name, set()).add(str(row.event))
    found: dict[tuple[str, str], Any] = await _webhooks(tx, wanted.pop(WEBHOOK.name, set()))
    # Whatever names a practice, a topic or a city is read before these.
    for table in (ADOPTION, EVENT, REQUEST, NEED, INVITATION, ERASURE, PRACTICE, TOPIC, CITY):
        keys = wanted.get(table.name, set()) | set(_named(table.name, found.values()))
        if keys:
            rows = await tx.all(select(table.c.id, table.c.state).where(table.c.id.in_(keys)))
            found |= {(table.name, row.id): row.state for row in rows}
    cities = {key: state["name"] for (table, key), state in found.items() if table == CITY.name}
    practices = {key: state["title"] for (table, key), state in found.items() if table == PRACTICE.name}
    topics = {key: state for (table, key), state in found.items() if table == TOPIC.name}
    answer = {}
    for row in notices:
        subject = found.get((_table(row).name, row.subject))
        event = found.get((EVENT.name, str(row.event)))
        if subject is not None and (row.event is None or event is not None):
            answer[row.id] = Known(subject, event, cities, practices, topics)
    return answer


async def zones_of(work: Work, cities: Collection[str]) -> dict[str, str]:
    """The zones of these cities, as far as they are known."""
    if not cities:
        return {}
    zone = CITY.c.state["timezone"].as_string().label("zone")
    return {row.id: row.zone for row in await work.all(select(CITY.c.id, zone).where(CITY.c.id.in_(cities)))}


async def _webhooks(tx: Transaction, keys: set[str]) -> dict[tuple[str, str], Any]:
    """Notify's own: of the address, the host."""
    if not keys:
        return {}
    rows = await tx.all(select(WEBHOOK).where(WEBHOOK.c.id.in_([UUID(key) for key in keys])))
    return {(WEBHOOK.name, str(row.id)): {**shown(row), "address": host_of(row.address)} for row in rows}


def _table(row: Any) -> Table:
    return _SUBJECTS[TRAITS[Kind(row.kind)].about]


def _named(table: str, states: Any) -> Iterator[str]:
    fields = _NAMED.get(table, ())
    return (str(state[name]) for state in list(states) for name in fields if state.get(name) is not None)
