"""200 cities ask at once for 60 seats, beside single-row updates under the same lock."""

import asyncio
import json
import time

from bench.common import Row, bus, city_facts, event_of, exchange, load, publish, request, service
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, update

from vzaimo.contracts.calendar import EventAnnounced
from vzaimo.kit.database import open_database

CITIES = 200
SEATS = 60


async def measure(kind, folder, make):
    """One row: all submit, then all are decided at once."""
    event = event_of()
    cities = [f"city-{number}" for number in range(CITIES)]
    facts = [*city_facts("moskva", "host"), *(fact for city in cities for fact in city_facts(city, f"of-{city}"))]
    with bus(folder) as server:
        await publish(server, [*facts, EventAnnounced(aggregate_version=1, event=event)])
        async with service("requests", make(kind, "seats"), server, folder) as port:
            asked = await asyncio.gather(*[_ask(port, event, city) for city in cities])
            body = json.dumps({"verdict": "approve"}).encode()
            decisions = [request("POST", f"/v1/requests/{one}/decision", "host", body) for one in asked]
            rate, _, statuses = await load(port, decisions, CITIES)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            _, seats = await exchange(reader, writer, request("GET", f"/v1/events/{event.id}/seats"))
            writer.close()
    granted = json.loads(seats)["seats"][0]["granted"]
    limit = await _updates(make(kind, "updates"))
    good = granted == SEATS and set(statuses) == {200} and rate / limit >= 0.5
    said = f"{granted} seats, {rate:,.0f} decisions/s"
    return [Row("200 cities at once for 60 seats", kind, said, f"{limit:,.0f}/s", rate / limit, "60 and ≥ 0.5", good)]


async def _ask(port, event, city):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = {"event": str(event.id), "city": city, "mode": "in_person"}
    body["delegates"] = [{"rank": 1, "name": "Участник", "role": "teacher"}]
    _, made = await exchange(reader, writer, request("POST", "/v1/requests", f"of-{city}", json.dumps(body).encode()))
    one = json.loads(made)["id"]
    seen = json.dumps({"schedule_revision": 1}).encode()
    await exchange(reader, writer, request("POST", f"/v1/requests/{one}/submit", f"of-{city}", seen))
    writer.close()
    return one


async def _updates(url):
    """Lock one row, read it, change it, commit: nothing else."""
    table = Table("row", MetaData(), Column("id", Integer, primary_key=True), Column("number", Integer))
    database = await open_database(url)
    await database.in_thread(table.metadata.create_all)
    async with database.begin() as tx:
        await tx.execute(insert(table), {"id": 1, "number": 0})

    async def one():
        async with database.begin() as tx:
            row = await tx.first(select(table).with_for_update())
            await tx.execute(update(table).values(number=row.number + 1))

    began = time.perf_counter()
    await asyncio.gather(*[one() for _ in range(CITIES)])
    rate = CITIES / (time.perf_counter() - began)
    await database.close()
    return rate
