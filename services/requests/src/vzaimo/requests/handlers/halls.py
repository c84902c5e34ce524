"""A hall: one event's seats in one mode, open for changes within a transaction.

Whatever may move a seat goes through here. Locks are taken in one order by all: the event's copy (shared), the
ledger, then requests by id; what is read after the lock is what is true.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, update

from vzaimo.contracts.calendar import Event, QueueOrder, SeatMode
from vzaimo.contracts.requests import Ledger as PublicLedger
from vzaimo.contracts.requests import Request, SeatsChanged
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import insert
from vzaimo.kit.work import Work
from vzaimo.requests.domain import queues
from vzaimo.requests.domain.ledgers import Ledger, Share, moved, room
from vzaimo.requests.domain.refusals import ModeNotOffered, UnknownEvent, UnknownRequest
from vzaimo.requests.domain.requests import close
from vzaimo.requests.domain.transitions import Step, told
from vzaimo.requests.projections import EVENT
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


class Hall:
    """An event, its ledger in one mode, and the requests that were read."""

    def __init__(self, work: Work, cause: Cause, event: Event, row: Any, ledger: Ledger) -> None:
        self.work = work
        self.event = event
        self.ledger = ledger
        self.capacity_no: int = row.capacity_no
        self._cause = cause
        self._stored = ledger, row.capacity_no
        self._version: int = row.version
        self._requests: dict[UUID, Request] = {}
        self._versions: dict[UUID, int] = {}
        self._touched: set[UUID] = set()
        self._shares_known: set[str] = set()

    async def request(self, request_id: UUID) -> Request:
        """A request of this hall, locked. Raises ``UnknownRequest``."""
        if request_id not in self._requests:
            await self._read(REQUEST.c.id == request_id)
        if request_id not in self._requests:
            raise UnknownRequest(request_id)
        found = self._requests[request_id]
        await self.know_shares({found.city})
        return found

    def version(self, request_id: UUID) -> int:
        """The version of a request that was read, with what was put since."""
        return self._versions[request_id]

    def put(self, after: Request, step: Step) -> None:
        """Take a request's new state, tell it, and count its seats."""
        before = self._requests[after.id]
        fact = told(before, after, step)
        self.ledger = moved(
            self.ledger,
            after.city,
            granted=after.granted - before.granted,
            held=_held(after) - _held(before),
            waiting=after.waiting - before.waiting,
        )
        self._requests[after.id] = after
        self._versions[after.id] += 1
        self._touched.add(after.id)
        if fact is not None:
            self.work.add(fact(aggregate_version=self._versions[after.id], request=after), cause=self._cause)
        if after.offer is not None:
            self.work.remind(OFFER, after.id, after.offer.expires_at)
        elif before.offer is not None:
            self.work.forget(OFFER, after.id)

    async def admit(self, approved: Request) -> None:
        """Let a request that the host has approved into the queue, and serve the queue.

        One fact says where it stands then; those before it may be served as well.
        """
        served = await self._served([approved])
        self.put(served.pop(approved.id, approved), Step.DECIDE)
        for other in served.values():
            self.put(other, Step.PROMOTE)

    async def promote(self) -> None:
        """Serve the queue with what is free now."""
        if self.ledger.waiting:
            for one in (await self._served([])).values():
                self.put(one, Step.PROMOTE)

    async def close(self, reason: str | None) -> None:
        """No seat moves any more. With a reason, the event will not take place and every open request ends."""
        if reason is not None:
            open_ones = await self._read(REQUEST.c.open)
            await self.know_shares({self._requests[one].city for one in open_ones})
            for one in open_ones:
                self.put(close(self._requests[one], reason), Step.CLOSE)
        self.ledger = replace(self.ledger, closed=True)

    async def save(self) -> None:
        """Write what changed: a bounded number of statements, however many requests that are."""
        if self._touched:
            columns = [(one, request_columns(self._requests[one])) for one in sorted(self._touched)]
            rows = [{**new, "version": self._versions[one]} for one, new in columns]
            statement = update(REQUEST).where(REQUEST.c.id == bindparam("key"))
            await self.work.execute(
                statement.values({name: bindparam(f"new_{name}") for name in rows[0]}),
                [
                    {"key": one, **{f"new_{name}": value for name, value in row.items()}}
                    for (one, _), row in zip(columns, rows, strict=True)
                ],
            )
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

    async def _served(self, more: Sequence[Request]) -> dict[UUID, Request]:
        if not room(self.ledger):
            return {}  # whoever waits, nobody can be served: the queue need not be read
        waiting = await self._waiting() if self.ledger.waiting else []
        queue = [*waiting, *more]
        seats: dict[str, int] = {}
        if self.event.queue_order is QueueOrder.FAIR:
            rows = await self.work.all(
                select(REQUEST.c.city, func.sum(REQUEST.c.confirmed).label("seats"))
                .where(
                    REQUEST.c.season == queues.season_of(self.event),
                    REQUEST.c.city.in_({one.city for one in queue}),
                )
                .group_by(REQUEST.c.city)
            )
            seats = {row.city: int(row.seats) for row in rows}
        order = queues.in_order(queue, self.event.queue_order, seats)
        return {one.id: one for one in queues.promote(self.ledger, order, self.event, self.work.now)}

    async def _waiting(self) -> list[Request]:
        known = [self._requests[one] for one in await self._read(REQUEST.c.waiting > 0)]
        # What was put in this transaction counts, not what the rows still say.
        queue = [one for one in known if one.waiting]
        await self.know_shares({one.city for one in queue})
        return queue

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
        self.ledger = replace(self.ledger, shares={**self.ledger.shares, **read})
        self._stored = replace(self._stored[0], shares={**self._stored[0].shares, **read}), self._stored[1]

    async def _read(self, condition: Any) -> list[UUID]:
        rows = await self.work.all(
            select(REQUEST)
            .where(in_ledger(REQUEST, self.event.id, self.ledger.mode), condition)
            .order_by(REQUEST.c.id)
            .with_for_update()
        )
        self._know(rows)
        return [row.id for row in rows]

    def _know(self, rows: Iterable[Any]) -> None:
        for row in rows:
            if row.id not in self._requests:
                self._requests[row.id] = request_of(row)
                self._versions[row.id] = row.version

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


async def open_hall(work: Work, event_id: UUID, mode: SeatMode, cause: Cause | None = None) -> Hall:
    """Lock an event's seats in one mode. Raises ``UnknownEvent``, ``ModeNotOffered``."""
    event = await event_known(work, event_id)
    row = await work.first(select(LEDGER).where(in_ledger(LEDGER, event_id, mode)).with_for_update())
    if row is None:
        raise ModeNotOffered(mode, event.mode.seat_modes)
    hall = Hall(work, cause or work.cause, event, row, ledger_of(row))
    await hall.know_shares(set(hall.ledger.plan.reserves))
    return hall


async def hall_of(work: Work, request_id: UUID) -> Hall:
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


def public(ledger: Ledger) -> PublicLedger:
    """A ledger as everyone may see it."""
    return PublicLedger(
        event=ledger.event,
        host=ledger.host,
        mode=ledger.mode,
        capacity=ledger.plan.capacity,
        granted=ledger.granted,
        held=ledger.held,
        waiting=ledger.waiting,
        closed=ledger.closed,
    )


def _held(request: Request) -> int:
    return request.offer.seats if request.offer else 0
