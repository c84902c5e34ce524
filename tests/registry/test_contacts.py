"""What is kept about a person: shown to them, corrected, and forgotten everywhere."""

import asyncio

import nats
import pytest
from sqlalchemy import select

from vzaimo.kit.roles import person_ref
from vzaimo.kit.tables import OutboxRow, table_of
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.tokens import ISSUER
from vzaimo.registry.store import CONTACT, INVITATION

OUTBOX = table_of(OutboxRow)
VERA = person_ref(ISSUER, "vera")


@pytest.fixture
async def vera(appoint, izhevsk):
    """A second coordinator."""
    await appoint("vera", "coordinator", izhevsk)
    return "vera"


async def everything(registry):
    """Every row of the tables in which somebody's address might stand, as text."""
    async with registry.service.works.database.read() as tx:
        rows = [await tx.all(select(table)) for table in (CONTACT, INVITATION, OUTBOX)]
    return str(rows).lower()


async def test_a_person_corrects_name_phone_and_language_and_never_the_address(registry, izhevsk, vera, kind):
    await registry.done("PUT", "/me/contact", "vera", {"name": "Вера Павловна", "phone": "+7 3412 11-11-11"})
    shown = (await registry.call("GET", "/me/data", "vera")).json()["contact"]
    assert (shown["name"], shown["email"], shown["version"]) == ("Вера Павловна", "vera@city.example", 2)
    told = (await registry.facts("ContactChanged"))[-1].data
    assert (told.contact.phone, told.aggregate_version) == ("+7 3412 11-11-11", 2)
    address = {"name": "Вера", "email": "other@city.example"}
    assert kind(await registry.call("PUT", "/me/contact", "vera", address)) == (422, "invalid-request")
    assert kind(await registry.call("PUT", "/me/contact", "stranger", {"name": "Кто"})) == (404, "unknown-contact")


async def test_a_person_reads_all_that_is_kept_about_them(registry, izhevsk, vera, apply):
    await registry.done("PUT", "/me/contact", "vera", {"name": "Вера Павловна"})
    await apply("tver", "vera")
    data = (await registry.call("GET", "/me/data", "vera")).json()
    assert data["person"] == VERA
    assert [one["contact"]["name"] for one in data["contact_history"]] == ["Vera", "Вера Павловна", "Заявитель"]
    assert [(one["role"], one["city"], one["ended_at"]) for one in data["roles"]] == [("coordinator", izhevsk, None)]
    assert [one["email"] for one in data["invitations"]] == ["vera@city.example"]
    assert data["applied_for"] == ["tver"]
    acts, path = [], "/me/acts?limit=2"
    while path:
        page = (await registry.call("GET", path, "vera")).json()
        acts += [one["fact"] for one in page["items"]]
        path = page["next"] and f"/me/acts?limit=2&cursor={page['next']}"
    assert acts == ["ContactChanged", "RoleGranted", "ContactChanged", "ContactChanged", "CityApplied"]
    # Somebody who was only invited has a right to know it, too.
    invitation = {"role": "viewer", "city": izhevsk, "email": "Oleg@city.example"}
    await registry.done("POST", "/invitations", "anna", invitation)
    data = (await registry.call("GET", "/me/data", "oleg")).json()
    assert (data["contact"], len(data["invitations"])) == (None, 1)


async def test_erased_contact_data_are_nowhere_any_more(registry, izhevsk, vera, nats_server, kind):
    await registry.done("PUT", "/me/contact", "vera", {"name": "Вера Павловна"})
    invitation = {"role": "viewer", "city": izhevsk, "email": "VERA@city.example"}
    await registry.done("POST", "/invitations", "anna", invitation)
    await registry.done("DELETE", "/me/contact", "vera")
    stored = await everything(registry)
    assert "vera@" not in stored
    assert "вера" not in stored
    assert "anna@city.example" in stored
    erased = (await registry.facts("ContactErased"))[-1].data
    assert (erased.contact.model_dump(exclude_none=True), erased.aggregate_version) == (
        {"person": VERA, "locale": "ru"},
        3,
    )
    assert [event.data.role.person for event in await registry.facts("RoleEnded")] == [VERA]
    assert kind(await registry.call("GET", "/me", "vera")) == (403, "actor-not-yet-known")
    data = (await registry.call("GET", "/me/data", "vera")).json()
    assert (data["contact"]["email"], data["contact_history"][0]["contact"]["email"]) == (None, None)
    assert len(data["contact_history"]) == 1
    version = (await registry.call("DELETE", "/me/contact", "vera")).json()["version"]
    assert version == 3, "a second time changes nothing"
    await eventually(lambda: registry.service.relay.drained(5), "published")
    client = await nats.connect(nats_server.url)
    js = client.jetstream()
    last = await js.get_last_msg("CONTACTS", f"registry.int.contact.contact.v1.-.-.{VERA}")
    await client.close()
    assert b"ContactErased" in last.data


async def test_whoever_returns_is_known_anew(registry, izhevsk, vera, appoint):
    await registry.done("DELETE", "/me/contact", "vera")
    await appoint("vera", "viewer", izhevsk)
    data = (await registry.call("GET", "/me/data", "vera")).json()
    assert (data["contact"]["email"], data["contact"]["version"]) == ("vera@city.example", 3)


async def test_the_last_coordinator_and_the_last_moderator_are_not_forgotten(
    registry, izhevsk, moderator, appoint, kind
):
    assert kind(await registry.call("DELETE", "/me/contact", "anna")) == (409, "last-coordinator")
    assert kind(await registry.call("DELETE", "/me/contact", moderator)) == (409, "last-moderator")
    anna = (await registry.call("GET", "/me", "anna")).json()["person"]
    assert kind(await registry.call("DELETE", f"/people/{anna}/contact", moderator)) == (409, "last-coordinator")
    assert (await registry.call("GET", "/me/data", "anna")).json()["contact"]["email"] == "anna@city.example"
    assert await registry.facts("ContactErased") == []
    await appoint("vera", "coordinator", izhevsk)
    await appoint("semyon", "moderator")
    await registry.done("DELETE", f"/people/{anna}/contact", moderator)
    await registry.done("DELETE", "/me/contact", moderator)
    ended = [event.data.role.role for event in await registry.facts("RoleEnded")]
    assert ended == ["coordinator", "moderator"]


async def test_two_last_coordinators_who_ask_at_once_leave_one(registry, izhevsk, vera):
    answers = await asyncio.gather(*(registry.call("DELETE", "/me/contact", who) for who in ("anna", "vera")))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    people = (await registry.call("GET", "/cities/izhevsk/people", "moderator")).json()["items"]
    assert [one["email"] is not None for one in people] == [True]
