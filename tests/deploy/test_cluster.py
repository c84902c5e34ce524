"""Three servers from deploy/nats/cluster.conf with certificates from deploy/nats/certificates.sh."""

import asyncio
import subprocess
from pathlib import Path

import pytest
from nats.errors import Error
from nats.js.errors import APIError
from sqlalchemy import func, select

from vzaimo.calendar import main as calendar
from vzaimo.calendar.projections import CITY
from vzaimo.contracts.event import parse
from vzaimo.contracts.registry import City, CityUpdated
from vzaimo.kit.bus import Access, Standing, Stream, connect, ensure_stream
from vzaimo.kit.cause import Cause
from vzaimo.kit.settings import Settings
from vzaimo.kit.tables import OutboxRow, table_of
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.services import running
from vzaimo.kit.testing.tokens import ISSUER, write_jwks
from vzaimo.registry import main as registry
from vzaimo.registry.settings import RegistrySettings

CERTIFICATES = Path(__file__).parents[2] / "deploy" / "nats" / "certificates.sh"
LOADED = ("moskva", "tver", "izhevsk")


async def made(client, stream):
    """How a stream stands on the servers."""
    try:
        await ensure_stream(client.jetstream(), stream)
        return (await client.jetstream().stream_info(stream.name)).cluster
    except (Error, APIError, TimeoutError):
        return None  # they have not found each other yet


async def test_three_servers_keep_a_stream_over_tls_and_one_of_them_may_die(cluster):
    client = await connect(cluster.access("calendar"), "test")
    js = client.jetstream()

    stream = Stream("CALENDAR", ("calendar.>",), replicas=3)
    found = await eventually(lambda: made(client, stream), "the stream", patience=90)
    assert {found.leader, *(one.name for one in found.replicas)} == set(cluster.names)
    follower = next(one.name for one in found.replicas if one.name != "nats1")
    await js.publish("calendar.pub.event.x.v1.-.-.1", b"1", timeout=10)
    cluster.kill(follower)

    async def kept():
        try:
            return (await js.publish("calendar.pub.event.x.v1.-.-.2", b"2", timeout=2)).seq
        except (Error, APIError, TimeoutError):
            return None

    assert await eventually(kept, "a fact on two servers", patience=40) >= 2
    await client.close()


@pytest.fixture
def other_authority(tmp_path):
    subprocess.run((CERTIFICATES, tmp_path / "other", "nats1"), check=True)
    return str(tmp_path / "other" / "ca.crt")


async def test_an_authority_that_did_not_sign_is_named(cluster, other_authority):
    access = cluster.access("calendar")
    other = Access(access.url, access.user, access.password, tls_ca=other_authority)
    standing = Standing()
    task = asyncio.create_task(connect(other, "test", standing=standing))
    await eventually(lambda: standing.refusal, "the refusal")
    assert standing.refusal == "the certificate of NATS is not signed by VZAIMO_NATS_TLS_CA"
    task.cancel()


@pytest.fixture
def told(cluster, tmp_path):
    """What a service is told that comes to the cluster."""

    def of(kind, name, **more):
        access = cluster.access(name)
        return kind(
            database_url=f"sqlite:///{tmp_path / name / 'store.db'}",
            nats_url=access.url,
            nats_user=access.user,
            nats_password=access.password,
            nats_inbox_prefix=access.inbox_prefix,
            nats_tls_ca=access.tls_ca,
            stream_replicas=3,
            http_port=0,
            issuer=ISSUER,
            jwks=write_jwks(tmp_path),
            **more,
        )

    return of


async def say(works, enough):
    """Facts about three cities, a little at a time; returns how many of each."""
    version = 0
    while not enough.is_set():
        version += 1
        facts = [
            CityUpdated(
                aggregate_version=version,
                city=City(id=city, name=city, region="—", timezone="Europe/Moscow", status="active"),
            )
            for city in LOADED
        ]
        async with works.begin(Cause(actor="test")) as work:
            work.add(*facts)
        await asyncio.sleep(0.01)
    return version


async def acknowledged(service):
    async with service.works.database.read() as tx:
        return await tx.scalar(select(func.count()).where(table_of(OutboxRow).c.stream_seq.is_not(None)))


async def copied(service):
    async with service.works.database.read() as tx:
        return {row.id: row.version for row in await tx.all(select(CITY.c.id, CITY.c.version))}


async def in_stream(js):
    last = (await js.stream_info("REGISTRY")).state.last_seq
    return [parse((await js.get_msg("REGISTRY", seq, direct=True)).data or b"").data for seq in range(1, last + 1)]


@pytest.mark.timeout(300)
async def test_the_leader_of_a_stream_is_lost_twice_under_load_and_no_fact_with_it(cluster, told, clock):
    mail = {"smtp_host": "127.0.0.1", "smtp_port": 9, "portal_url": "https://portal.example"}
    settings = told(RegistrySettings, "registry", invitation_key="k" * 40, **mail)
    theirs = told(Settings, "calendar")
    async with (
        running(registry.parts(settings), settings, clock) as owner,
        running(calendar.parts(), theirs, clock) as reader,
    ):
        enough = asyncio.Event()
        saying = asyncio.create_task(say(owner.service.works, enough))
        client, other = [await connect(cluster.access(name), "test") for name in ("registry", "requests")]
        js = client.jetstream(timeout=30)
        await eventually(
            lambda: made(other, Stream("REQUESTS", ("requests.>",), replicas=3)), "what calendar reads", patience=90
        )

        async def leader():
            try:
                found = (await js.stream_info("REGISTRY")).cluster
            except (Error, APIError, TimeoutError):
                return None  # no stream yet, or nobody leads for the moment
            return found.leader if found.leader and all(one.current for one in found.replicas or ()) else None

        for _ in range(2):
            lost = await eventually(leader, "a leader, and all level with it", patience=90)
            cluster.kill(lost)
            before = await acknowledged(owner.service)

            async def goes_on(before=before):
                return await acknowledged(owner.service) > before + 300

            await eventually(goes_on, "facts are published again", patience=90)
            cluster.start(lost)
        enough.set()
        last = await saying
        assert await eventually(lambda: owner.service.relay.drained(5), "all is published", patience=90)
        await eventually(lambda: same(reader.service, last), "calendar has heard all", patience=90)
        await eventually(leader, "all level with the leader: any of them may be asked", patience=90)
        said = [(fact.city.id, fact.aggregate_version) for fact in await in_stream(js)]
        assert said == [(city, version) for version in range(1, last + 1) for city in LOADED]
        await client.close()
        await other.close()


async def same(service, last):
    return await copied(service) == dict.fromkeys(LOADED, last)
