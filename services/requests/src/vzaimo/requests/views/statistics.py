"""A season counted by the store, in a number of statements that does not grow; kept for a minute."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import TIMESTAMP, Connection, cast, extract, func, select

from vzaimo.contracts.calendar import EventStatus
from vzaimo.kit.database import Database, StoreUnavailable
from vzaimo.requests.projections import CITY, EVENT
from vzaimo.requests.shapes.statistics import CityLine, SeasonView, Share
from vzaimo.requests.store import FEEDBACK, REQUEST, TURNOUT, unpacked

FRESH = timedelta(minutes=1)
PATIENCE = 20.0
"""Seconds; a backup or a rebuild may have the maintenance thread for longer."""
MOST_SEASONS = 8
"""That are kept; there are not many, and nobody fills the memory by asking for others."""


@dataclass(slots=True)
class Statistics:
    """Seasons that were counted within the last minute; one is counted at a time."""

    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _counted: dict[int, tuple[datetime, SeasonView]] = field(default_factory=dict)

    async def season(self, database: Database, season: int, now: datetime) -> SeasonView:
        """A season as it was a minute ago at most. Raises ``StoreUnavailable`` when it cannot be counted in time."""
        try:
            async with asyncio.timeout(PATIENCE), self._turn:
                kept = self._counted.get(season)
                if kept is None or not kept[0] <= now < kept[0] + FRESH:
                    self._counted.pop(season, None)
                    while len(self._counted) >= MOST_SEASONS:
                        del self._counted[next(iter(self._counted))]
                    kept = now, await database.in_thread(partial(count, season=season))
                    self._counted[season] = kept
                return kept[1]
        except TimeoutError:
            raise StoreUnavailable("the maintenance thread is busy with something longer") from None


def count(connection: Connection, season: int) -> SeasonView:
    """Count a season, from requests and from the copies of events and cities."""
    events = _events(connection, season)
    hosted, received = _seats(connection, season)
    trained = _trained(connection, season)
    cities = {row.id: row for row in connection.execute(select(CITY.c.id, CITY.c.name, CITY.c.region))}
    people = _sums((row.city, row.people) for row in trained)
    lines = [
        CityLine(
            city=city,
            name=cities[city].name if city in cities else None,
            region=cities[city].region if city in cities else None,
            events=events.get(city, 0),
            seats_hosted=hosted.get(city, 0),
            seats_received=received.get(city, 0),
            people=people.get(city, 0),
        )
        for city in sorted({*events, *hosted, *received, *people})
    ]
    region = {line.city: line.region or "" for line in lines}
    decisions, hours = _decisions(connection, season)
    said, mean = _feedback(connection, season)
    return SeasonView(
        season=season,
        cities=len(lines),
        events=sum(events.values()),
        seats=sum(received.values()),
        people=sum(people.values()),
        decisions=decisions,
        decision_hours=hours,
        feedback=said,
        feedback_mean=mean,
        by_city=lines,
        by_topic=_topics(connection, season),
        by_role=_shares((row.role, row.people) for row in trained),
        by_region=_shares((region[row.city], row.people) for row in trained),
        by_mode=_shares((row.mode, row.people) for row in trained),
    )


def _events(connection: Connection, season: int) -> dict[str, int]:
    rows = connection.execute(
        select(EVENT.c.host, func.count().label("events"))
        .where(EVENT.c.season == season, EVENT.c.status.in_((EventStatus.ANNOUNCED, EventStatus.COMPLETED)))
        .group_by(EVENT.c.host)
    )
    return {row.host: row.events for row in rows}


def _seats(connection: Connection, season: int) -> tuple[dict[str, int], dict[str, int]]:
    """Hosted and received by city; whoever left has none."""
    seats = func.sum(REQUEST.c.state["granted"].as_integer())
    rows = connection.execute(
        select(REQUEST.c.host, REQUEST.c.city, seats.label("seats"))
        .where(REQUEST.c.season == season)
        .group_by(REQUEST.c.host, REQUEST.c.city)
        .having(seats > 0)
    ).all()
    return _sums((row.host, int(row.seats)) for row in rows), _sums((row.city, int(row.seats)) for row in rows)


def _trained(connection: Connection, season: int) -> list[Any]:
    people = func.sum(TURNOUT.c.people).label("people")
    return list(
        connection.execute(
            select(REQUEST.c.city, REQUEST.c.mode, TURNOUT.c.role, people)
            .join(TURNOUT, TURNOUT.c.request == REQUEST.c.id)
            .where(REQUEST.c.season == season)
            .group_by(REQUEST.c.city, REQUEST.c.mode, TURNOUT.c.role)
        )
    )


def _topics(connection: Connection, season: int) -> list[Share]:
    rows = connection.execute(
        select(EVENT.c.topics, func.sum(TURNOUT.c.people).label("people"))
        .select_from(REQUEST)
        .join(TURNOUT, TURNOUT.c.request == REQUEST.c.id)
        .join(EVENT, EVENT.c.id == REQUEST.c.event)
        .where(REQUEST.c.season == season, EVENT.c.topics.is_not(None))
        .group_by(EVENT.c.topics)
    )
    return _shares((topic, row.people) for row in rows for topic in unpacked(row.topics))


def _decisions(connection: Connection, season: int) -> tuple[int, float | None]:
    """How many, and the median time that they took: the middle rows of the sorted times are all that is read."""
    submitted, decided = (REQUEST.c.state[name].as_string() for name in ("submitted_at", "decided_at"))
    hours = (_hours(connection, decided) - _hours(connection, submitted)).label("hours")
    # Whoever was admitted by itself was so in the moment of asking.
    decisions = (REQUEST.c.season == season, decided.is_not(None), submitted.is_not(None), decided != submitted)
    number = connection.execute(select(func.count()).select_from(REQUEST).where(*decisions)).scalar_one()
    if not number:
        return 0, None
    middle = connection.execute(
        select(hours).where(*decisions).order_by(hours).offset((number - 1) // 2).limit(2 - number % 2)
    ).scalars()
    values = [float(value) for value in middle]
    return number, round(sum(values) / len(values), 2)


def _hours(connection: Connection, moment: Any) -> Any:
    if connection.dialect.name == "sqlite":
        return func.julianday(moment) * 24
    return extract("epoch", cast(moment, TIMESTAMP(timezone=True))) / 3600


def _feedback(connection: Connection, season: int) -> tuple[int, float | None]:
    row = connection.execute(
        select(func.count().label("number"), func.sum(FEEDBACK.c.score).label("total"))
        .select_from(FEEDBACK)
        .join(REQUEST, REQUEST.c.id == FEEDBACK.c.request)
        .where(REQUEST.c.season == season)
    ).one()
    return row.number, round(int(row.total) / row.number, 2) if row.number else None


def _sums(counted: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for key, number in counted:
        found[key] = found.get(key, 0) + int(number)
    return found


def _shares(counted: Iterable[tuple[str, int]]) -> list[Share]:
    """Most people first."""
    ordered = sorted(_sums(counted).items(), key=lambda one: (-one[1], one[0]))
    return [Share(key=key, people=people) for key, people in ordered]
