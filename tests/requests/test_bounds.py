"""Large halls: no statement more for two hundred requests than for twenty."""

from collections import Counter
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Engine, delete, event, insert, select

from vzaimo.contracts.calendar import (
    AudienceRole,
    CapacityRequest,
    EventAnnounced,
    EventRescheduled,
    SeatMode,
    SeatPlan,
)
from vzaimo.contracts.event import envelope, parse
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import open_database
from vzaimo.kit.identity import Actor
from vzaimo.kit.ids import new_id
from vzaimo.kit.inbound import Arrival
from vzaimo.kit.inbound.transaction import handle
from vzaimo.kit.migrations import migrate
from vzaimo.kit.tables import TimerRow, table_of
from vzaimo.kit.timers import Timers
from vzaimo.kit.work import Works
from vzaimo.requests.consumers import subscriptions
from vzaimo.requests.domain import requests as rules
from vzaimo.requests.domain.requests import Delegation
from vzaimo.requests.domain.terms import Terms
from vzaimo.requests.handlers import requests as guest
from vzaimo.requests.handlers.decisions import Decide, decide
from vzaimo.requests.main import parts
from vzaimo.requests.store import LEDGER, REQUEST, request_columns

SUBSCRIPTIONS = subscriptions(Terms())

HOST = Actor("host", coordinated=frozenset({"moskva"}))
BY_FACT = {one.fact: one for one in SUBSCRIPTIONS}


@contextmanager
def counted():
    """The statements that are sent meanwhile; many rows of one statement count once."""
    found = Counter()

    def note(_connection, _cursor, statement, *_more):
        found[statement.split(" ", 1)[0]] += 1

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def asked_by(works, hall, cities, people):
    """Requests of so many cities that wait for the host's decision."""
    now, requests = works.clock.now(), []
    for number in range(cities):
        delegates = tuple((new_id(), rank, AudienceRole.TEACHER) for rank in range(1, people + 1))
        draft = rules.draft(new_id(), hall, f"city-{number}", SeatMode.IN_PERSON, Delegation(delegates=delegates))
        requests.append(rules.submit(draft, hall, 1, now))
    fixed = {"event": hall.id, "mode": "in_person", "host": "moskva", "season": 2026, "created_at": now, "version": 1}
    rows = [{**fixed, "id": one.id, "city": one.city, **request_columns(one)} for one in requests]
    async with works.database.begin() as tx:
        await tx.execute(insert(REQUEST), rows)
    return [one.id for one in requests]


class Full:
    """An event for which so many cities have asked, with five people each; the ledger holds two cities fewer."""

    def __init__(self, works, hall, cities):
        self.works, self.event, self.cities = works, hall, cities
        self.requests = []

    async def tell(self, fact):
        subscription = next(one for kind, one in BY_FACT.items() if isinstance(fact, kind))
        body = envelope(fact, event_id=new_id(), time=self.works.clock.now()).model_dump_json().encode()
        others = {one.durable("requests"): one for one in SUBSCRIPTIONS}
        await handle(self.works, "requests", subscription, [Arrival(parse(body), body)], others)

    async def fill(self):
        plan = SeatPlan(mode=SeatMode.IN_PERSON, capacity=5 * self.cities - 10)
        asked = CapacityRequest(no=1, seats=(plan,), requested_at=self.event.announced_at)
        self.event = self.event.model_copy(update={"capacity_requested": asked})
        await self.tell(EventAnnounced(aggregate_version=1, event=self.event))
        self.requests = await asked_by(self.works, self.event, self.cities, 5)

    async def decide(self, request):
        command = Decide(approved=True, chosen=None, reason="accepted", remark=None)
        await decide(request, command, None, works=self.works, cause=Cause("test"), actor=HOST)

    async def seats(self):
        async with self.works.database.read() as tx:
            row = await tx.first(select(LEDGER).where(LEDGER.c.event == self.event.id))
        return row.capacity - row.granted, row.waiting


async def run_timers(works):
    timers = Timers(works, dict(parts().timers))
    while await timers.run_one():
        pass


async def statements(works, make_event, cities):
    """What deciding last, a withdrawal, a new schedule, and the silence that follows cost a hall of so many."""
    full = Full(works, make_event(), cities)
    await full.fill()
    found = {}
    for request in full.requests[:-1]:
        await full.decide(request)
    with counted() as found["deciding the last"]:
        await full.decide(full.requests[-1])
    assert await full.seats() == (0, 10)
    with counted() as found["promoting"]:
        actor = Actor("guest", coordinated=frozenset({"city-0"}))
        await guest.withdraw(full.requests[0], None, works=works, cause=Cause("test"), actor=actor)
    assert await full.seats() == (0, 5)
    new = full.event.model_copy(update={"schedule_revision": 2, "reconfirm_by": works.clock.now() + timedelta(hours=1)})
    with counted() as found["asking again"]:
        await full.tell(EventRescheduled(aggregate_version=2, event=new))
    works.clock.advance(timedelta(hours=1))
    with counted() as found["silence"]:
        await run_timers(works)
    assert await full.seats() == (5 * cities - 15, 0)
    async with works.database.begin() as tx:
        await tx.execute(delete(table_of(TimerRow)))
    return {name: sum(kinds.values()) for name, kinds in found.items()}


async def test_a_full_hall_takes_as_many_statements_as_a_small_one(store_url, make_event, clock):
    database = await open_database(store_url, pool_size=2)
    await migrate(database, parts().schemas)
    works = Works(database, clock)
    try:
        small = await statements(works, make_event, 20)
        assert await statements(works, make_event, 200) == small
        assert max(small.values()) < 30
    finally:
        await database.close()
