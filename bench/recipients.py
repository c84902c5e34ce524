"""One announcement to 10,000 recipients, beside a bulk insert of the same rows."""

import time
from uuid import uuid5

from bench.common import LONG_AGO, Row, event_of, role_fact
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
from vzaimo.kit.work import Works
from vzaimo.notify.consumers import SUBSCRIPTIONS
from vzaimo.notify.projections import ROLE
from vzaimo.notify.store import DELIVERY, NOTIFICATION, Model

PEOPLE = 10_000


async def measure(kind, _folder, make):
    """One row."""
    database = await open_database(make(kind, "recipients"))
    await migrate(database, [KIT, Schema("vzaimo.notify", Model.metadata)])
    roles = [role_fact(f"person-{number}", f"city-{number % 300}").role for number in range(PEOPLE)]
    async with database.begin() as tx:
        await tx.execute(insert(ROLE), [{**role_columns(role), "version": 1} for role in roles])
    works = Works(database, SystemClock())
    events = next(one for one in SUBSCRIPTIONS if one.fact.aggregate == "event")
    fact = envelope(EventAnnounced(aggregate_version=1, event=event_of()), event_id=new_id(), time=works.clock.now())
    began = time.perf_counter()
    await handle(works, "notify", events, [Arrival(fact, b"")], {})
    ours = 2 * PEOPLE / (time.perf_counter() - began)
    notice = new_id()
    rows = [(uuid5(notice, role.person), role) for role in roles]
    began = time.perf_counter()
    async with database.begin() as tx:
        await tx.execute(insert(NOTIFICATION), [_notification(one, notice, role) for one, role in rows])
        await tx.execute(insert(DELIVERY), [_delivery(one, notice, role) for one, role in rows])
    limit = 2 * PEOPLE / (time.perf_counter() - began)
    await database.close()
    ratio = ours / limit
    said, beside = f"{ours:,.0f} rows/s", f"{limit:,.0f} rows/s"
    return [Row("a fact to 10,000 recipients", kind, said, beside, ratio, "≥ 0.5", ratio >= 0.5)]


def _notification(one, notice, role):
    return {
        "id": one,
        "notice": notice,
        "person": role.person,
        "city": role.city,
        "no": 1,
        "delivery": uuid5(one, "email"),
        "at": LONG_AGO,
        "version": 1,
    }


def _delivery(one, notice, role):
    return {
        "id": uuid5(one, "email"),
        "notification": one,
        "notice": notice,
        "person": role.person,
        "city": role.city,
        "channel": "email",
        "kind": "event-announced",
        "status": "queued",
        "attempts": 0,
        "created_at": LONG_AGO,
        "due_at": LONG_AGO,
        "version": 1,
    }
