"""Mails and webhooks on their way, beside bare loops that send the same bytes to the same peers."""

import asyncio
import time
from datetime import timedelta
from uuid import uuid4

import aiosmtplib
import httpx2
from bench.common import Row, event_of, role_fact
from sqlalchemy import insert

from vzaimo.contracts.calendar import EventAnnounced
from vzaimo.contracts.event import envelope
from vzaimo.kit.clock import SystemClock
from vzaimo.kit.database import open_database
from vzaimo.kit.ids import new_id
from vzaimo.kit.inbound import Arrival
from vzaimo.kit.inbound.transaction import handle
from vzaimo.kit.migrations import KIT, Schema, migrate
from vzaimo.kit.roles import role_columns
from vzaimo.kit.smtp import Connections, Smtp
from vzaimo.kit.testing.receiver import Receiver
from vzaimo.kit.testing.smtp import SmtpSink
from vzaimo.kit.work import Works
from vzaimo.notify.consumers import SUBSCRIPTIONS
from vzaimo.notify.courier import Courier
from vzaimo.notify.handlers import dispatch, mail
from vzaimo.notify.projections import CONTACT, ROLE
from vzaimo.notify.store import WEBHOOK, Model

MAILS, CONNECTIONS = 400, 8
WEBHOOKS, FACTS = 20, 50
PATIENCE = 120.0


async def measure(kind, _folder, make):
    """Two rows."""
    rows = []
    for name, ours, bare in (("mails sent", _mails, _bare_mails), ("webhooks sent", _webhooks, _bare_webhooks)):
        database = await open_database(make(kind, "sending"))
        await migrate(database, [KIT, Schema("vzaimo.notify", Model.metadata)])
        rate, sent = await ours(Works(database, SystemClock()))
        await database.close()
        limit = await bare(sent)
        rows.append(Row(name, kind, f"{rate:,.0f}/s", f"{limit:,.0f}/s", rate / limit, "≥ 0.3", rate / limit >= 0.3))
    return rows


async def _mails(works):
    """An announcement to so many people; returns mails a second, and the mails."""
    people = [f"person-{number}" for number in range(MAILS)]
    roles = [role_fact(person, "tver").role for person in people]
    async with works.database.begin() as tx:
        await tx.execute(insert(ROLE), [{**role_columns(role), "version": 1} for role in roles])
        contacts = [
            {
                "person": role.person,
                "email": f"{person}@domain-{number % CONNECTIONS}.example",
                "name": person,
                "locale": "ru",
                "version": 1,
            }
            for number, (person, role) in enumerate(zip(people, roles, strict=True))
        ]
        await tx.execute(insert(CONTACT), contacts)
    await _tell(works, 1)
    sink = SmtpSink()
    await sink.start()
    connections = Connections(Smtp("127.0.0.1", sink.port), most=CONNECTIONS)
    post = mail.Post(connections, "Vzaimo <no@vzaimo.example>", "https://portal.example", "https://calendar.example")
    rate = await _until(mail.send_due(works, post, _uncounted), sink.mails, MAILS)
    await sink.stop()
    return rate, sink.mails


async def _bare_mails(sent):
    sink = SmtpSink()
    await sink.start()
    waiting = iter(sent)

    async def one():
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=sink.port, start_tls=False)
        await client.connect()
        for message in waiting:
            await client.send_message(message)
        await client.quit()

    began = time.perf_counter()
    await asyncio.gather(*[one() for _ in range(CONNECTIONS)])
    rate = len(sink.mails) / (time.perf_counter() - began)
    await sink.stop()
    return rate


async def _webhooks(works):
    """So many facts to so many webhooks; returns requests a second, and the requests."""
    receiver = Receiver()
    await receiver.start()
    now = works.clock.now()
    usual = {
        "address": receiver.url,
        "facts": "|EventAnnounced|",
        "status": "active",
        "created_at": now - timedelta(days=1),
        "since": now - timedelta(days=1),
        "secret_changed_at": now,
        "version": 1,
    }
    hooks = [{"id": new_id(), "city": f"city-{number}", "secret": uuid4(), **usual} for number in range(WEBHOOKS)]
    async with works.database.begin() as tx:
        await tx.execute(insert(WEBHOOK), hooks)
    await _tell(works, FACTS)
    rate = await _until(
        dispatch.send_due(works, Courier(anywhere=True), (b"k" * 40,), _uncounted), receiver.got, WEBHOOKS * FACTS
    )
    await receiver.stop()
    return rate, receiver.got


async def _bare_webhooks(sent):
    receiver = Receiver()
    await receiver.start()
    waiting = iter(sent)

    async def one(client):
        for posted in waiting:
            await client.post(receiver.url, content=posted.body)

    async with httpx2.AsyncClient() as client:
        began = time.perf_counter()
        await asyncio.gather(*[one(client) for _ in range(WEBHOOKS)])
        rate = len(receiver.got) / (time.perf_counter() - began)
    await receiver.stop()
    return rate


async def _tell(works, count):
    events = next(one for one in SUBSCRIPTIONS if one.fact.aggregate == "event")
    arrivals = []
    for number in range(count):
        fact = EventAnnounced(aggregate_version=1, event=event_of(number))
        event = envelope(fact, event_id=new_id(), time=works.clock.now())
        arrivals.append(Arrival(event, event.model_dump_json(exclude_none=True).encode()))
    await handle(works, "notify", events, arrivals, {})


def _uncounted(_outcome):
    pass


async def _until(sending, arrived, count):
    """Send until so many have arrived; return how many that were a second."""
    began = time.perf_counter()
    task = asyncio.create_task(sending)
    while len(arrived) < count and time.perf_counter() - began < PATIENCE and not task.done():
        await asyncio.sleep(0.01)
    rate = len(arrived) / (time.perf_counter() - began)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    if len(arrived) < count:
        raise RuntimeError(f"{len(arrived)} of {count} have arrived")
    return rate
