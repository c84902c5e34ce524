"""Two hundred cities at once for sixty seats: over HTTP, on PostgreSQL, with two replicas that are real processes."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from sqlalchemy import insert, select

from vzaimo.contracts.calendar import AudienceRole, CapacityRequest, Deadlines, EventAnnounced, SeatMode, SeatPlan
from vzaimo.contracts.event import parse
from vzaimo.kit.database import open_database
from vzaimo.kit.ids import new_id
from vzaimo.kit.roles import ROLE, RoleName, person_ref
from vzaimo.kit.tables import OutboxRow, table_of
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.replicas import Replica
from vzaimo.kit.testing.tokens import AUDIENCE, ISSUER, token, write_jwks
from vzaimo.requests.domain import requests as rules
from vzaimo.requests.domain.requests import Delegation
from vzaimo.requests.projections import CITY
from vzaimo.requests.store import REQUEST, request_columns

CITIES, SEATS = 200, 60
OUTBOX = table_of(OutboxRow)


@asynccontextmanager
async def replica(environment, log, spawn):
    """A replica of requests while the block is open, and how to call it."""
    one = Replica("requests", environment, log, spawn)
    await one.start()
    # Each call by a connection of its own: one that is kept might be closed in the moment when it is used again.
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
    try:
        async with httpx2.AsyncClient(base_url=one.url, timeout=60, limits=limits) as client:
            yield client
    finally:
        await one.end()


def hall_of(make_event):
    """An event whose deadlines lie around the present, for the processes have the machine's clock."""
    now, hour = datetime.now(UTC), timedelta(hours=1)
    names = ("apply_closes", "decide_by", "confirm_by", "roster_freeze")
    later = {name: now + place * hour for place, name in enumerate(names, 1)}
    plan = SeatPlan(mode=SeatMode.IN_PERSON, capacity=SEATS)
    return make_event(
        starts_at=now + 9 * hour,
        ends_at=now + 10 * hour,
        deadlines=Deadlines(apply_opens=now - hour, **later),
        capacity_requested=CapacityRequest(no=1, seats=(plan,), requested_at=now),
    )


@pytest.mark.timeout(400)
async def test_two_hundred_cities_at_once_get_sixty_seats_of_two_processes(
    postgres_url, nats_server, foreign, tmp_path, make_event, forked
):
    hall = hall_of(make_event)
    await foreign.city("moskva", "host")
    await foreign.tell(EventAnnounced(aggregate_version=1, event=hall))
    environment = {
        "VZAIMO_DATABASE_URL": postgres_url,
        "VZAIMO_NATS_URL": nats_server.url,
        "VZAIMO_ISSUER": ISSUER,
        "VZAIMO_AUDIENCE": AUDIENCE,
        "VZAIMO_JWKS": write_jwks(tmp_path),
        "VZAIMO_CALLS_PER_PERSON": "0",
        "VZAIMO_CALLS_PER_ADDRESS": "0",
    }
    headers = {who: {"Authorization": f"Bearer {token(who)}"} for who in ("guests", "host")}
    answers = Counter()

    async def send(client, who, path, body):
        answer = await client.post(f"/v1{path}", json=body, headers=headers[who])
        answers[path.rpartition("/")[2], answer.status_code] += 1
        assert answer.is_success, answer.text
        return answer.json()["id"]

    async def season(request, one, other):
        """A city asks, and the host decides by the other replica, while others still ask."""
        await send(one, "guests", f"/requests/{request}/submit", {"schedule_revision": 1})
        await send(other, "host", f"/requests/{request}/decision", {"verdict": "approve"})

    async with AsyncExitStack() as stack:
        pair = [
            await stack.enter_async_context(
                replica(environment | {"VZAIMO_ROLE": role}, tmp_path / f"{role}.log", forked)
            )
            for role in ("all", "api")
        ]

        async def known():
            seats = await pair[1].get(f"/v1/events/{hall.id}/seats")
            level = (await pair[0].get("/readyz")).json()["checks"]
            return seats.is_success and not any(check["detail"] for check in level if check["name"] == "copies")

        await eventually(known, "the copies and the ledger", patience=60)
        async with asyncio.TaskGroup() as tasks:
            for number, request in enumerate(await drafts(postgres_url, hall)):
                tasks.create_task(season(request, *pair[:: -1 if number % 2 else 1]))
        (seats,) = (await pair[0].get(f"/v1/events/{hall.id}/seats")).json()["seats"]
        queue = (await pair[1].get(f"/v1/events/{hall.id}/queue?mode=in_person", headers=headers["host"])).json()
    assert answers == {("submit", 200): CITIES, ("decision", 200): CITIES}
    assert (seats["granted"], seats["held"], seats["waiting"]) == (SEATS, 0, CITIES - SEATS)
    assert Counter(entry["why"] for entry in queue["entries"]) == {"no-free-seats": CITIES - SEATS}
    told = await ledgers(postgres_url)
    assert [one.granted for one in told] == sorted(one.granted for one in told)
    assert {one.granted for one in told} == set(range(SEATS + 1))


async def drafts(url, hall):
    """Two hundred cities as they are copied, one person who acts for them all, and a request of each, to be sent."""
    cities = [f"city-{number}" for number in range(CITIES)]
    whose = {"person": person_ref(ISSUER, "guests"), "role": RoleName.COORDINATOR, "scopes": []}
    fixed = {"event": hall.id, "mode": "in_person", "host": "moskva", "season": 2026, "created_at": hall.announced_at}
    made = []
    for city in cities:
        alone = Delegation(delegates=((new_id(), 1, AudienceRole.TEACHER),))
        made.append(rules.draft(new_id(), hall, city, SeatMode.IN_PERSON, alone))
    rows = {
        CITY: [{"id": city, "status": "active"} for city in cities],
        ROLE: [{**whose, "id": new_id(), "city": city, "granted_at": hall.announced_at} for city in cities],
        REQUEST: [{**fixed, "id": one.id, "city": one.city, **request_columns(one)} for one in made],
    }
    async with opened(url) as database, database.begin() as tx:
        for table, found in rows.items():
            await tx.execute(insert(table), [{**row, "version": 1} for row in found])
    return [one.id for one in made]


async def ledgers(url):
    """What was ever said of the seats, in order."""
    query = select(OUTBOX.c.body).where(OUTBOX.c.aggregate == "ledger").order_by(OUTBOX.c.id)
    async with opened(url) as database, database.read() as tx:
        return [parse(bytes(row.body)).data.ledger for row in await tx.all(query)]


@asynccontextmanager
async def opened(url):
    database = await open_database(url, pool_size=1)
    yield database
    await database.close()
