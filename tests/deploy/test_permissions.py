"""What each service may do on a server that has the configuration of deploy/nats, and what it may not."""

import asyncio
import json
from pathlib import Path

import pytest
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from vzaimo.kit.bus import Access, Standing, connect
from vzaimo.kit.testing import eventually
from vzaimo.local.bus import files
from vzaimo.local.bus.permissions import durables, services

ACCOUNTS = Path(__file__).parents[2] / "deploy" / "nats" / "accounts.conf"
SERVICES = services()
SUBJECTS = {
    "registry": "registry.pub.city.city_activated.v1.tver.-.tver",
    "contacts": "registry.int.contact.contact_changed.v1.-.-.p1",
    "calendar": "calendar.pub.event.event_announced.v1.moskva.-.e1",
    "requests": "requests.int.answer.capacity_applied.v1.moskva.-.r1",
    "notify": "notify.int.delivery.delivery_dead.v1.-.-.d1",
}
OWNERS = {name: name for name in SERVICES} | {"contacts": "registry"}
FILTERED = ConsumerConfig(name="x", ack_policy=AckPolicy.EXPLICIT, deliver_policy=DeliverPolicy.ALL)


def test_the_file_of_accounts_says_what_the_services_own_and_read():
    assert ACCOUNTS.read_text(encoding="utf-8") == files.accounts(), "run `make bus`"


@pytest.mark.parametrize("name", SERVICES)
async def test_a_service_publishes_its_own_subjects_and_no_others(bus, name):
    client = await bus.come(name)
    for what, subject in SUBJECTS.items():
        assert await client.may_publish(subject, b"{}") is (OWNERS[what] == name), subject
    for other in SERVICES:
        assert await client.may_publish(f"dead.{other}.city") is (other == name)


@pytest.mark.parametrize("name", SERVICES)
async def test_a_service_hears_its_own_inbox_and_deliveries_and_no_others(bus, name):
    client = await bus.come(name)
    for other in SERVICES:
        assert await client.may_hear(f"_INBOX_{other}.x.*") is (other == name)
        for one in SERVICES[other].subscriptions:
            assert await client.may_hear(f"deliver.{one.durable(other)}") is (other == name)
    for wide in (">", "_INBOX.>", "registry.>", "registry.int.contact.>", "deliver.>", "$JS.>"):
        assert not await client.may_hear(wide), wide


@pytest.mark.parametrize("name", SERVICES)
async def test_a_service_shapes_and_reads_directly_its_own_streams_and_no_others(bus, name):
    client = await bus.come(name)
    own = {stream.name for stream in SERVICES[name].streams}
    for stream in ("REGISTRY", "CONTACTS", "CALENDAR", "REQUESTS", "NOTIFY"):
        for act in ("STREAM.CREATE", "STREAM.UPDATE", "DIRECT.GET"):
            assert await client.may_publish(f"$JS.API.{act}.{stream}", b"{}") is (stream in own), (act, stream)
        for act in ("STREAM.DELETE", "STREAM.PURGE", "STREAM.MSG.GET", "STREAM.MSG.DELETE", "STREAM.SNAPSHOT"):
            assert not await client.may_publish(f"$JS.API.{act}.{stream}", b"{}"), (act, stream)


@pytest.mark.parametrize("name", SERVICES)
async def test_a_service_makes_consumers_with_the_filters_of_what_it_copies_and_no_others(bus, name):
    client = await bus.come(name)
    js = client.jetstream()
    read = {(one.fact.stream, one.filter) for one in SERVICES[name].subscriptions}
    everything = {(one.fact.stream, one.filter) for parts in SERVICES.values() for one in parts.subscriptions}
    for stream, subjects in everything | {("REGISTRY", "registry.>"), ("REQUESTS", "requests.>"), ("CONTACTS", ">")}:
        made = await client_makes(client, js, stream, subjects)
        assert made is ((stream, subjects) in read), (stream, subjects)
    for stream in sorted({stream for stream, _ in everything}):
        # Unfiltered, with several filters, and by the old ways, whose subjects carry no filter.
        for act in (f"CREATE.{stream}", f"CREATE.{stream}.x", f"DURABLE.CREATE.{stream}.x"):
            assert not await client.may_publish(f"$JS.API.CONSUMER.{act}", b"{}"), act


async def client_makes(client, js, stream, subjects):
    if not await client.may_publish(f"$JS.API.CONSUMER.CREATE.{stream}.x.{subjects}", b"{}"):
        return False
    info = await js.add_consumer(stream, FILTERED.evolve(filter_subject=subjects))
    return info.config.filter_subject == subjects


async def test_a_filter_in_the_subject_binds_the_one_in_the_request(bus):
    client = await bus.come("calendar")
    for filters in ({"filter_subject": "registry.>"}, {"filter_subjects": ["registry.pub.>", "registry.int.>"]}, {}):
        body = {"stream_name": "REGISTRY", "config": {"name": "x", "ack_policy": "none", **filters}}
        answer = await client.request(
            "$JS.API.CONSUMER.CREATE.REGISTRY.x.registry.*.city.*.*.*.*.*", json.dumps(body).encode(), timeout=5
        )
        assert "error" in json.loads(answer.data), filters


async def test_contact_data_are_for_registry_and_notify(bus):
    for name in SERVICES:
        client = await bus.come(name)
        reads = await client.may_publish("$JS.API.CONSUMER.CREATE.CONTACTS.x.registry.*.contact.*.*.*.*.*", b"{}")
        heals = await client.may_publish("$JS.API.DIRECT.GET.CONTACTS.registry.int.contact.>")
        assert (reads, heals) == (name == "notify", name == "registry"), name
    assert not any("CONTACTS" in one.stream for one in durables("izhevsk"))


async def test_new_passwords_replace_those_that_are_named_and_no_others(bus):
    renewed = files.renew(bus.secrets, ["calendar"])
    assert list(renewed) == ["calendar"]
    assert files.renew(bus.secrets, []) == {}
    await bus.reload()
    await eventually(lambda: _refuses(bus, "calendar"), "the old one is refused")
    bus.passwords |= renewed
    assert await bus.lets_in("calendar")
    assert await bus.lets_in("registry")


async def _refuses(bus, user):
    return not await bus.lets_in(user)


async def test_a_wrong_password_is_told_apart_from_a_server_that_is_away(guarded_bus, caplog):
    standing = Standing()
    wrong = Access(guarded_bus.url, "calendar", "wrong")
    task = asyncio.create_task(connect(wrong, "test", standing=standing))
    await eventually(lambda: standing.refusal, "the refusal")
    assert standing.refusal == "NATS does not accept user calendar: VZAIMO_NATS_USER or VZAIMO_NATS_PASSWORD is wrong"
    await eventually(lambda: "does not accept user calendar" in caplog.text, "the line")
    assert "does not answer" not in caplog.text
    task.cancel()
    guarded_bus.stop()
    standing = Standing()
    task = asyncio.create_task(connect(wrong, "test", standing=standing))
    await eventually(lambda: "does not answer" in caplog.text, "the other line")
    assert standing.refusal is None
    task.cancel()
    guarded_bus.start()
