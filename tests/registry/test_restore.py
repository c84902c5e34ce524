"""An older copy of registry's store takes back what it lost, and what was due is still due."""

import nats
from sqlalchemy import delete, insert, select

from vzaimo.kit.roles import person_ref
from vzaimo.kit.tables import OutboxRow, TimerRow, table_of
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.tokens import ISSUER
from vzaimo.registry.store import ADOPTION, CITY, CONTACT, INVITATION, PRACTICE, PRACTICE_TOPIC, ROLE

OUTBOX, TIMER = table_of(OutboxRow), table_of(TimerRow)


async def timers(registry):
    async with registry.service.works.database.read() as tx:
        rows = await tx.all(select(TIMER).order_by(TIMER.c.kind, TIMER.c.aggregate_id))
    return [(row.kind, row.aggregate_id, row.due_at) for row in rows]


async def test_adoptions_practices_and_agreements_come_back_with_their_timers(
    registry, izhevsk, tver, moderator, publish, practice_body, pass_until
):
    service = registry.service
    await registry.done("POST", "/cities/izhevsk/suspend", moderator, {"reason": "fees-unpaid"})
    await service.relay.drained(5)
    async with service.works.database.begin() as tx:
        backup = await tx.scalar(select(OUTBOX.c.id).order_by(OUTBOX.c.id.desc()).limit(1))
        suspended = (await tx.first(select(CITY).where(CITY.c.id == izhevsk)))._asdict()
    await registry.done("POST", "/cities/izhevsk/reinstate", moderator)
    agreement = {"number": "18/2026", "signed_on": "2026-09-25", "valid_until": "2028-09-20"}
    await registry.done("PUT", "/cities/izhevsk/agreement", moderator, agreement)
    practice = await publish()
    body = {"practice": practice, "city": "tver", "indicator": practice_body["indicators"][0]["name"]}
    adoption = await registry.done("POST", "/adoptions", "boris", {**body, "baseline": 10, "baseline_year": 2025})
    await service.relay.drained(5)
    paths = (f"/adoptions/{adoption}", "/cities/izhevsk", "/practices?topic=complexes")
    before = [(await registry.call("GET", path)).json() for path in paths]
    due = await timers(registry)
    assert [kind for kind, _, _ in due] == [
        "agreement-lapsed",
        "agreement-lapsing",
        "measurement-due",
        "practice-stale",
    ]
    async with service.works.database.begin() as tx:
        gone = delete(OUTBOX).where(OUTBOX.c.id > backup, OUTBOX.c.stream == "REGISTRY")
        for statement in (gone, delete(ADOPTION), delete(PRACTICE_TOPIC), delete(TIMER)):
            await tx.execute(statement)
        await tx.execute(CITY.update().where(CITY.c.id == izhevsk).values(**suspended))
        # The backup holds the draft: its texts are on no bus.
        await tx.execute(PRACTICE.update().values(status="draft", version=1, published_at=None, confirmed_at=None))
    service.relay.heal_again()
    await eventually(lambda: _answers(registry, 503), "commands are refused")
    assert await service.reconcile() > 0
    await eventually(lambda: _answers(registry, 404), "commands are taken again")
    assert [(await registry.call("GET", path)).json() for path in paths] == before
    assert await timers(registry) == due
    await pass_until("2027-03-27T09:00:00+00:00")
    assert (await registry.call("GET", f"/adoptions/{adoption}")).json()["due"] == 6


async def test_who_was_erased_since_the_backup_stays_erased(registry, izhevsk, moderator, appoint, nats_server):
    service = registry.service
    await appoint("vera", "viewer", izhevsk)
    await registry.done("PUT", "/me/contact", "anna", {"name": "Анна"})
    await service.relay.drained(5)
    backup = {}
    async with service.works.database.begin() as tx:
        for table in (CONTACT, INVITATION, ROLE, OUTBOX):
            backup[table] = [row._asdict() for row in await tx.all(select(table))]
    await registry.done("DELETE", "/me/contact", "vera")
    await registry.done("PUT", "/me/contact", "anna", {"name": "Анна Ивановна"})
    await service.relay.drained(5)
    async with service.works.database.begin() as tx:
        for table, rows in backup.items():
            await tx.execute(delete(table))
            await tx.execute(insert(table), rows)
    service.relay.heal_again()
    await eventually(lambda: _answers(registry, 503), "commands are refused")
    # ContactErased, RoleEnded, ContactChanged.
    assert await service.reconcile() == 3
    await eventually(lambda: _answers(registry, 404), "commands are taken again")
    async with service.works.database.read() as tx:
        stored = str([await tx.all(select(table)) for table in (CONTACT, INVITATION, OUTBOX)])
    assert "vera" not in stored.lower()
    assert (await registry.call("GET", "/me/data", "anna")).json()["contact"]["name"] == "Анна Ивановна"
    version = (await registry.call("PUT", "/me/contact", "anna", {"name": "Анна"})).json()["version"]
    assert version == 4, "readers would pass over a version that they have seen"
    assert "ContactErased" in (await _last(nats_server, "vera"))


async def _last(nats_server, who):
    client = await nats.connect(nats_server.url)
    subject = f"registry.int.contact.contact.v1.-.-.{person_ref(ISSUER, who)}"
    message = await client.jetstream().get_last_msg("CONTACTS", subject)
    await client.close()
    return message.data.decode()


async def _answers(registry, status):
    return (await registry.call("PATCH", "/cities/nowhere", "anna", {"name": "Ижевск"})).status_code == status
