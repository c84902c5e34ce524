"""A hall, opened within a transaction: its event, its ledger, and of its requests those that are needed.

Whatever may move a seat goes through here. Locks are taken in one order by all: events' copies (shared), ledgers,
then requests by id; what is read after the lock is what is true. A city's copy is locked shared, for which nobody waits
but the news of that city, which waits for none of these.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, func, select, update

from vzaimo.contracts.calendar import Event, QueueOrder, SeatMode
from vzaimo.contracts.requests import Request, RequestStatus, SeatsChanged
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import insert
from vzaimo.kit.work import Work
from vzaimo.requests.domain.halls import Hall
from vzaimo.requests.domain.ledgers import Ledger, Share, public, room
from vzaimo.requests.domain.queues import season_of
from vzaimo.requests.domain.refusals import ModeNotOffered, UnknownEvent, UnknownRequest
from vzaimo.requests.domain.transitions import Step
from vzaimo.requests.projections import CITY, EVENT
from vzaimo.requests.store import (
    LEDGER,
    REQUEST,
    SHARE,
    in_ledger,
    ledger_columns,
    ledger_of,
    request_columns,
    request_of,
)

OFFER = "offer-expires"
"""The timer of a request's open offer."""
GRANT = "grant-expires"
"""The timer of seats that a request was granted too late for the hall's own ``confirm_by``."""
PAGE = 500
"""Requests that one transaction of a timer takes on."""


class OpenHall:
    """A hall and its rows."""

    def __init__(self, work: Work, cause: Cause, event: Event, row: Any) -> None:
        self.work = work
        self.hall = Hall(event, ledger_of(row))
        self.capacity_no: int = row.capacity_no
        self._cause = cause
        self._stored = self.hall.ledger, row.capacity_no
        self._version: int = row.version
        self._versions: dict[UUID, int] = {}
        self._shares_known: set[str] = set()
        self._queue_known = False

    @property
    def event(self) -> Event:
        """The event as it was announced."""
        return self.hall.event

    @property
    def ledger(self) -> Ledger:
        """The seats now."""
        return self.hall.ledger

    @property
    def ledger_version(self) -> int:
        """The ledger's version, as it was saved last."""
        return self._version

    async def request(self, request_id: UUID) -> Request:
        """A request of this hall, locked. Raises ``UnknownRequest``."""
        if request_id not in self.hall.requests:
            await self._read(REQUEST.c.id == request_id)
        if request_id not in self.hall.requests:
            raise UnknownRequest(request_id)
        found = self.hall.requests[request_id]
        await self.know_shares({found.city})
        return found

    async def all(self, condition: Any) -> list[Request]:
        """The requests that meet a condition on their rows, locked, with their cities' seats."""
        found = [self.hall.requests[one] for one in await self._read(condition)]
        await self.know_shares({one.city for one in found})
        return found

    async def page(self, statuses: Iterable[RequestStatus], after: UUID | None) -> UUID | None:
        """The next requests in these states by id, locked; returns where to go on, or nothing at the end."""
        wanted = REQUEST.c.status.in_([one.value for one in statuses])
        found = await self._read(wanted if after is None else and_(wanted, REQUEST.c.id > after), PAGE)
        await self.know_shares({self.hall.requests[one].city for one in found})
        return found[-1] if len(found) == PAGE else None

    def version(self, request_id: UUID) -> int:
        """The version of a request that was read, with the steps taken since."""
        return self._versions[request_id] + sum(one.after.id == request_id for one in self.hall.taken)

    async def take(self, after: Request, step: Step) -> None:
        """Take a request's new state; seats that come free go on at once."""
        if self.hall.put(after, step):
            await self.serve()

    async def admit(self, approved: Request) -> None:
        """Let a request that the host has approved into the queue, and serve the queue."""
        if room(self.ledger):
            await self._know_queue({approved.city})
        else:
            await self._know_season({approved.city})
        self.hall.admit(approved, self.work.now)

    async def serve(self) -> None:
        """Serve the queue with what is free now."""
        if self.hall.servable:
            await self._know_queue(set())
            self.hall.serve(self.work.now)

    async def save(self) -> None:
        """Write what changed: a bounded number of statements, however many requests that are."""
        steps = Counter(one.after.id for one in self.hall.taken)
        touched = sorted(steps)
        if touched:
            rows = [
                {**request_columns(self.hall.requests[one]), "version": self._versions[one] + steps[one]}
                for one in touched
            ]
            statement = update(REQUEST).where(REQUEST.c.id == bindparam("key"))
            await self.work.execute(
                statement.values({name: bindparam(f"new_{name}") for name in rows[0]}),
                [
                    {"key": one, **{f"new_{name}": value for name, value in row.items()}}
                    for one, row in zip(touched, rows, strict=True)
                ],
            )
        self._tell()
        if (self.ledger, self.capacity_no) == self._stored:
            return
        self._version += 1
        await self.work.execute(
            update(LEDGER)
            .where(in_ledger(LEDGER, self.event.id, self.ledger.mode))
            .values(**ledger_columns(self.ledger), capacity_no=self.capacity_no, version=self._version)
        )
        await self._save_shares()
        self.work.add(SeatsChanged(aggregate_version=self._version, ledger=public(self.ledger)), cause=self._cause)

    async def know_shares(self, cities: set[str] | None) -> None:
        """Read the seats of these cities (none: of all) within the ledger."""
        query = select(SHARE).where(in_ledger(SHARE, self.event.id, self.ledger.mode))
        if cities is not None:
            missing = cities - self._shares_known
            if not missing:
                return
            query = query.where(SHARE.c.city.in_(missing))
            self._shares_known |= missing
        rows = [row for row in await self.work.all(query) if row.city not in self.ledger.shares]
        read = {row.city: Share(row.granted, row.held) for row in rows}
        self.hall.ledger = replace(self.ledger, shares={**self.ledger.shares, **read})
        self._stored = replace(self._stored[0], shares={**self._stored[0].shares, **read}), self._stored[1]

    def _tell(self) -> None:
        for one in self.hall.taken:
            self._versions[one.after.id] += 1
            if one.fact is not None:
                told = one.fact(aggregate_version=self._versions[one.after.id], request=one.after)
                self.work.add(told, cause=self._cause)
            if one.after.offer is not None:
                self.work.remind(OFFER, one.after.id, one.after.offer.expires_at)
            elif one.before.offer is not None:
                self.work.forget(OFFER, one.after.id)
            if one.after.confirm_by is not None and one.after.confirm_by > self.event.deadlines.confirm_by:
                self.work.remind(GRANT, one.after.id, one.after.confirm_by)
        self.hall.taken.clear()

    async def _know_queue(self, more: set[str]) -> None:
        """Read who waits, which of those cities (and of ``more``) are passed over, and what fairness goes by."""
        if self._queue_known:
            return
        self._queue_known = True
        if self.ledger.waiting:
            await self._read(REQUEST.c.waiting > 0)
        cities = {one.city for one in self.hall.queue()} | more
        await self.know_shares(cities)
        # Not locked: a city that is suspended at this moment was served before, one that is reinstated is served after.
        rows = await self.work.all(select(CITY.c.id).where(CITY.c.id.in_(cities), CITY.c.status != "active"))
        self.hall.suspended = {row.id for row in rows}
        await self._know_season(cities)

    async def _know_season(self, cities: set[str]) -> None:
        """Read what a fair queue goes by, for these cities."""
        if self.event.queue_order is not QueueOrder.FAIR:
            return
        rows = await self.work.all(
            select(REQUEST.c.city, func.sum(REQUEST.c.confirmed).label("seats"))
            .where(REQUEST.c.season == season_of(self.event), REQUEST.c.city.in_(cities))
            .group_by(REQUEST.c.city)
        )
        self.hall.seats_this_season = {row.city: int(row.seats) for row in rows}

    async def _read(self, condition: Any, limit: int | None = None) -> list[UUID]:
        rows = await self.work.all(
            select(REQUEST)
            .where(in_ledger(REQUEST, self.event.id, self.ledger.mode), condition)
            .order_by(REQUEST.c.id)
            .limit(limit)
            .with_for_update()
        )
        for row in rows:
            # What was put in this transaction counts, not what the row still says.
            if row.id not in self.hall.requests:
                self.hall.requests[row.id] = request_of(row)
                self._versions[row.id] = row.version
        return [row.id for row in rows]

    async def _save_shares(self) -> None:
        before, key = self._stored[0], {"event": self.event.id, "mode": self.ledger.mode.value}
        plan = self.ledger.plan
        if plan.quota != before.plan.quota:
            # Before the counts: a wider quota must be there when they grow.
            await self.work.execute(
                update(SHARE).where(in_ledger(SHARE, self.event.id, self.ledger.mode)).values(quota=plan.quota)
            )
        rows = [
            {**key, "city": city, "granted": share.granted, "held": share.held, "quota": plan.quota}
            for city, share in sorted(self.ledger.shares.items())
            if before.shares.get(city) != share
        ]
        if rows:
            statement = insert(self.work.tx, SHARE)
            new = statement.excluded
            await self.work.execute(
                statement.on_conflict_do_update(
                    index_elements=["event", "mode", "city"],
                    set_={"granted": new.granted, "held": new.held, "quota": new.quota},
                ),
                rows,
            )


async def open_hall(work: Work, event_id: UUID, mode: SeatMode, cause: Cause | None = None) -> OpenHall:
    """Lock an event's seats in one mode. Raises ``UnknownEvent``, ``ModeNotOffered``."""
    event = await event_known(work, event_id)
    row = await work.first(select(LEDGER).where(in_ledger(LEDGER, event_id, mode)).with_for_update())
    if row is None:
        raise ModeNotOffered(mode, event.mode.seat_modes)
    hall = OpenHall(work, cause or work.cause, event, row)
    await hall.know_shares(set(hall.ledger.plan.reserves))
    return hall


async def hall_of(work: Work, request_id: UUID) -> OpenHall:
    """Lock the hall that a request is about. Raises ``UnknownRequest``."""
    place = await work.first(select(REQUEST.c.event, REQUEST.c.mode).where(REQUEST.c.id == request_id))
    if place is None:
        raise UnknownRequest(request_id)
    return await open_hall(work, place.event, SeatMode(place.mode))


async def event_known(work: Work, event_id: UUID) -> Event:
    """An event as it was announced, kept from changing until the commit. Raises ``UnknownEvent``."""
    row = await work.first(select(EVENT.c.event).where(EVENT.c.id == event_id).with_for_update(read=True))
    if row is None:
        raise UnknownEvent(event_id)
    return Event.model_validate(row.event)
