"""Two transactions that meet, on PostgreSQL: the second waits for the first and sees what it did."""

import asyncio

import psycopg
import pytest
from sqlalchemy import insert, select

from vzaimo.contracts.calendar import AudienceRole, EventAnnounced, SeatMode
from vzaimo.contracts.event import envelope, parse
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import open_database
from vzaimo.kit.identity import Actor
from vzaimo.kit.ids import new_id
from vzaimo.kit.inbound import Arrival
from vzaimo.kit.inbound.transaction import handle
from vzaimo.kit.migrations import migrate
from vzaimo.kit.testing import eventually
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
    by_fact = next(one for one in SUBSCRIPTIONS if issubclass(EventAnnounced, one.fact))
    for event in events:
        fact = envelope(EventAnnounced(aggregate_version=1, event=event), event_id=new_id(), time=works.clock.now())
        body = fact.model_dump_json(exclude_none=True).encode()
        await handle(works, "requests", by_fact, [Arrival(parse(body), body)], {})
    one = Delegation(delegates=((new_id(), 1, AudienceRole.TEACHER),))
    ask, terms = guest.Ask(events[0].id, "tver", SeatMode.IN_PERSON, one), {"works": works, "cause": Cause("test")}
    request = new_id()
    await guest.draft(request, ask, actor=GUEST, **terms)
    await guest.submit(request, 1, None, actor=GUEST, **terms)
    return request, events[1].id


async def test_a_city_that_leaves_while_it_is_redirected_is_left_with_no_draft(postgres_url, works, asked):
    request, target = asked
    async with await psycopg.AsyncConnection.connect(postgres_url) as leaving:
        await leaving.execute("UPDATE city_copy SET status = 'withdrawn' WHERE id = 'tver'")
        sent = asyncio.create_task(redirect(request, target, None, works=works, cause=Cause("test"), actor=HOST))

        async def met():
            waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            return sent.done() or await (await leaving.execute(waits)).fetchone() != (0,)

        await eventually(met, "the second transaction")
        await leaving.commit()
    with pytest.raises(CityNotActive):
        await sent
    async with works.database.read() as tx:
        rows = await tx.all(select(REQUEST.c.id, REQUEST.c.status))
    assert [tuple(row) for row in rows] == [(request, "submitted")]
