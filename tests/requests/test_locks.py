"""Two transactions that meet, on PostgreSQL: the second waits for the first and sees what it did."""

import asyncio

import psycopg
import pytest
from sqlalchemy import insert, select

from vzaimo.contracts.calendar import AudienceRole, EventAnnounced, SeatMode
from vzaimo.contracts.event import envelope, parse
from vzaimo.contracts.registry import City, CityStatus, CityWithdrawn
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import open_database
from vzaimo.kit.identity import Actor
from vzaimo.kit.ids import new_id
from vzaimo.kit.inbound import Arrival
from vzaimo.kit.inbound.transaction import handle
from vzaimo.kit.migrations import migrate
from vzaimo.kit.testing import eventually
from vzaimo.kit.timers import Timers
from vzaimo.kit.work import Works
from vzaimo.requests.consumers import subscriptions
from vzaimo.requests.domain.refusals import CityNotActive
from vzaimo.requests.domain.requests import Delegation
from vzaimo.requests.domain.terms import Terms
from vzaimo.requests.handlers import requests as guest
from vzaimo.requests.handlers.decisions import redirect
from vzaimo.requests.main import parts
from vzaimo.requests.projections import CITY
from vzaimo.requests.store import REQUEST

SUBSCRIPTIONS = subscriptions(Terms())
HOST = Actor("host", coordinated=frozenset({"moskva"}))
GUEST = Actor("boris", coordinated=frozenset({"tver"}))


@pytest.fixture
async def works(postgres_url, clock):
    database = await open_database(postgres_url, pool_size=3)
    await migrate(database, parts().schemas)
    yield Works(database, clock)
    await database.close()


@pytest.fixture
async def asked(works, make_event):
    """Tver has asked to come to one of two events of Moscow."""
    async with works.begin(Cause("test")) as work:
        await work.execute(insert(CITY), {"id": "tver", "status": "active", "version": 1})
    events = make_event(), make_event()
    for event in events:
        await tell(works, EventAnnounced(aggregate_version=1, event=event))
    one = Delegation(delegates=((new_id(), 1, AudienceRole.TEACHER),))
    ask, terms = guest.Ask(events[0].id, "tver", SeatMode.IN_PERSON, one), {"works": works, "cause": Cause("test")}
    request = new_id()
    await guest.draft(request, ask, actor=GUEST, **terms)
    await guest.submit(request, 1, None, actor=GUEST, **terms)
    return request, events[1].id


def send_on(works, asked):
    request, target = asked
    return asyncio.create_task(redirect(request, target, None, works=works, cause=Cause("test"), actor=HOST))


async def tell(works, fact):
    """A fact arrives."""
    subscription = next(one for one in SUBSCRIPTIONS if isinstance(fact, one.fact))
    body = envelope(fact, event_id=new_id(), time=works.clock.now()).model_dump_json(exclude_none=True).encode()
    await handle(works, "requests", subscription, [Arrival(parse(body), body)], {})


async def met(url, number, *tasks):
    """Wait until so many transactions wait for others, or none of these is under way any more."""
    waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as watching:

        async def so():
            (found,) = await (await watching.execute(waits)).fetchone()
            return found == number or all(task.done() for task in tasks)

        await eventually(so, "transactions that wait")


async def standing(works):
    async with works.database.read() as tx:
        rows = await tx.all(select(REQUEST.c.status).order_by(REQUEST.c.id))
    return [row.status for row in rows]


async def test_a_city_that_has_left_meanwhile_is_not_redirected(postgres_url, works, asked):
    async with await psycopg.AsyncConnection.connect(postgres_url) as leaving:
        await leaving.execute("UPDATE city_copy SET status = 'withdrawn' WHERE id = 'tver'")
        sent = send_on(works, asked)
        await met(postgres_url, 1, sent)
        await leaving.commit()
    with pytest.raises(CityNotActive):
        await sent
    assert await standing(works) == ["submitted"]


async def test_a_city_that_leaves_while_it_is_redirected_leaves_its_draft_as_well(postgres_url, works, asked):
    async with await psycopg.AsyncConnection.connect(postgres_url) as holding:
        await holding.execute("SELECT 1 FROM ledger FOR UPDATE")
        sent = send_on(works, asked)
        await met(postgres_url, 1, sent)
        left = City(id="tver", name="Тверь", region="—", timezone="Europe/Moscow", status=CityStatus.WITHDRAWN)
        leaving = asyncio.create_task(tell(works, CityWithdrawn(aggregate_version=2, city=left)))
        await met(postgres_url, 2, leaving)
        await holding.rollback()
    await asyncio.gather(sent, leaving)
    timers = Timers(works, dict(parts().timers))
    while await timers.run_one():
        pass
    assert await standing(works) == ["redirected", "withdrawn"]
