"""What is in feeds: read for an entity tag at little cost, and in full where somebody does not have it yet."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, cast, func, or_, select

from vzaimo.calendar.domain.feeds import CONCERNS, MOST, Entry, Standing, Surroundings, Wanted
from vzaimo.calendar.domain.refusals import UnknownEvent
from vzaimo.calendar.projections import CITY, GRANT, ORGANISATION
from vzaimo.calendar.store import EVENT, EVENT_FACET, EVERY_EVENT, FEED_MARK, by_host, by_mode, by_topic
from vzaimo.contracts.calendar import Event
from vzaimo.contracts.requests import RequestStatus
from vzaimo.kit.database import Database, Transaction
from vzaimo.kit.http import CursorValue, keyset, page_of

log = logging.getLogger(__name__)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = (
    EVENT.c.id,
    EVENT.c.announced_at,
    EVENT.c.changed_ms,
    EVENT.c.version,
    # As text: it is parsed where that stops nobody. The plan is left in the store, join links and all.
    cast(EVENT.c.event, Text).label("event"),
    EVENT.c.plan["summary"].as_string().label("summary"),
)


@dataclass(frozen=True, slots=True)
class Material:
    """The rows that a feed is made of. To parse and to render them is long work, for a thread."""

    events: Sequence[Any]
    cities: Sequence[Any]
    places: Sequence[Any] = ()
    grants: Sequence[Any] = ()

    def entries(self, own: Sequence[str] = ()) -> list[Entry]:
        """The events; to the people of their ``own`` cities also where these stand."""
        standings: dict[Any, list[Standing]] = {}
        for row in self.grants:
            standings.setdefault(row.event, []).append(Standing(row.city, RequestStatus(row.status), row.granted))
        found = []
        for row in self.events:
            event = Event.model_validate_json(row.event)
            changed_at = _EPOCH + timedelta(milliseconds=row.changed_ms)
            hosted = event.host in own
            found.append(Entry(event, row.summary or "", changed_at, tuple(standings.get(row.id, ())), hosted=hosted))
        return found

    @property
    def surroundings(self) -> Surroundings:
        """Names and places."""
        places = {row.id: (row.latitude, row.longitude) for row in self.places}
        return Surroundings({row.id: row.name or row.id for row in self.cities}, places)


async def marks(tx: Transaction, wanted: Wanted, now: datetime) -> tuple[int, ...]:
    """Numbers of which one changes with every change of the feed. Raises ``UnknownEvent`` where one is wanted.

    A public feed has a mark, so that this takes as long out of a hundred thousand events as out of ten. What one city
    hosts and has asked for is little: its versions are added up, with the milliseconds at which they changed, which
    tell where one event leaves as another comes. Copies are never taken away: the sums of their versions only rise.
    """
    numbers = [select(_sum(table.c.version)) for table in (CITY, ORGANISATION)]
    if (feed := _marked(wanted)) is not None:
        numbers.append(select(_sum(FEED_MARK.c.mark)).where(FEED_MARK.c.feed == feed))
    else:
        chosen = _chosen(wanted, now)
        numbers += [select(_sum(column)).where(*chosen) for column in (EVENT.c.version, EVENT.c.changed_ms)]
    if wanted.cities is not None:
        numbers.append(select(_sum(GRANT.c.version)).where(GRANT.c.city.in_(wanted.cities)))
    row = await tx.first(select(*(number.scalar_subquery() for number in numbers)))
    found = tuple(int(number) for number in row or ())
    if wanted.event is not None and not found[-1]:
        raise UnknownEvent(wanted.event)
    return (_day(now).toordinal(), *found)


async def material(database: Database, wanted: Wanted, now: datetime) -> Material:
    """All that a feed shows, the latest events first."""
    chosen = _chosen(wanted, now)
    events = select(*_SHOWN).where(*chosen).order_by(EVENT.c.starts_at.desc(), EVENT.c.id.desc()).limit(MOST + 1)
    grants = (
        select(GRANT.c.event, GRANT.c.city, GRANT.c.status, GRANT.c.granted)
        .where(GRANT.c.city.in_(wanted.cities or ()), GRANT.c.status.in_(CONCERNS))
        .where(GRANT.c.event.in_(select(EVENT.c.id).where(*chosen)))
        .order_by(GRANT.c.event, GRANT.c.city, GRANT.c.id)
    )

    def read(connection: Connection) -> Material:
        return Material(
            events=connection.execute(events).all(),
            cities=connection.execute(select(CITY.c.id, CITY.c.name)).all(),
            places=connection.execute(select(ORGANISATION).where(ORGANISATION.c.latitude.is_not(None))).all(),
            grants=connection.execute(grants).all() if wanted.cities else (),
        )

    found = await database.in_thread(read)
    if len(found.events) <= MOST:
        return found
    log.warning("a feed has more than %d events: the earliest are left out", MOST)
    return Material(found.events[:MOST], found.cities, found.places, found.grants)


async def announcements(tx: Transaction, cursor: CursorValue) -> tuple[Material, str | None]:
    """A page of what was announced, the latest first, and the next page's cursor."""
    order = [EVENT.c.announced_at, EVENT.c.id]
    query = select(*_SHOWN).where(EVENT.c.announced_at.is_not(None), keyset(order, cursor, descending=True))
    rows = await tx.all(query.order_by(*(column.desc() for column in order)).limit(cursor.limit + 1))
    page = page_of(rows, cursor, order, lambda row: row)
    return Material(page.items, await tx.all(select(CITY.c.id, CITY.c.name))), page.next


def _marked(wanted: Wanted) -> str | None:
    """What the feed is marked by (``store.feeds_of``); nothing where it is one event, or somebody's own."""
    if wanted.event is not None or wanted.cities is not None:
        return None
    if wanted.host is not None:
        return by_host(wanted.host)
    if wanted.mode is not None:
        return by_mode(wanted.mode)
    return by_topic(wanted.topic) if wanted.topic is not None else EVERY_EVENT


def _day(now: datetime) -> datetime:
    """Events leave at midnight (UTC): all in one go, so that a feed changes for that once a day."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _chosen(wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    if wanted.event is not None:
        # Whoever keeps one event sees it as long as they wish.
        return [EVENT.c.id == wanted.event, EVENT.c.feed_until.is_not(None)]
    conditions: list[ColumnElement[bool]] = [EVENT.c.feed_until > _day(now)]
    if wanted.host is not None:
        conditions.append(EVENT.c.host == wanted.host)
    if wanted.mode is not None:
        conditions.append(EVENT.c.mode == wanted.mode)
    if wanted.topic is not None:
        on_topic = select(EVENT_FACET.c.event).where(EVENT_FACET.c.facet == by_topic(wanted.topic))
        conditions.append(EVENT.c.id.in_(on_topic))
    if wanted.cities is not None:
        asked = select(GRANT.c.event).where(GRANT.c.city.in_(wanted.cities), GRANT.c.status.in_(CONCERNS))
        conditions.append(or_(EVENT.c.host.in_(wanted.cities), EVENT.c.id.in_(asked)))
    return conditions


def _sum(column: Any) -> Any:
    return func.coalesce(func.sum(column), 0)
