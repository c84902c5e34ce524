"""Three servers from deploy/nats/cluster.conf with certificates from deploy/nats/certificates.sh."""

import asyncio
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from nats.errors import Error
from nats.js.errors import APIError

from vzaimo.kit.bus import Access, Standing, Stream, connect, ensure_stream
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.nats import executable, free_port
from vzaimo.local.bus import files

NATS = Path(__file__).parents[2] / "deploy" / "nats"
NAMES = ("nats1", "nats2", "nats3")


@pytest.fixture
def cluster(tmp_path):
    """Its access as calendar, and the processes by name."""
    conf = tmp_path / "conf"
    shutil.copytree(NATS, conf, ignore=shutil.ignore_patterns("secrets"))
    passwords = files.renew(conf / "secrets", [])
    subprocess.run((NATS / "certificates.sh", tmp_path / "tls", *NAMES), check=True)
    clients, routes = ({name: free_port() for name in NAMES} for _ in range(2))
    told = {
        "NATS_ROUTES": json.dumps([f"nats://127.0.0.1:{port}" for port in routes.values()]),
        "NATS_MONITOR": "127.0.0.1:-1",
        "NATS_TLS_CERT": str(tmp_path / "tls" / "server.crt"),
        "NATS_TLS_KEY": str(tmp_path / "tls" / "server.key"),
        "NATS_TLS_CA": str(tmp_path / "tls" / "ca.crt"),
    }
    running = {}
    for name in NAMES:
        own = {
            "NATS_NAME": name,
            "NATS_LISTEN": f"127.0.0.1:{clients[name]}",
            "NATS_CLUSTER_LISTEN": f"127.0.0.1:{routes[name]}",
            "NATS_STORE": str(tmp_path / name),
        }
        running[name] = subprocess.Popen(
            (executable(), "-c", str(conf / "cluster.conf")),
            env={**os.environ, **told, **own},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    access = Access(
        f"tls://127.0.0.1:{clients['nats1']}",
        "calendar",
        passwords["calendar"],
        inbox_prefix="_INBOX_calendar",
        tls_ca=str(tmp_path / "tls" / "ca.crt"),
    )
    yield access, running
    for process in running.values():
        process.kill()
        process.wait()


async def test_three_servers_keep_a_stream_over_tls_and_one_of_them_may_die(cluster):
    access, running = cluster
    client = await connect(access, "test")
    js = client.jetstream()

    async def made():
        try:
            await ensure_stream(js, Stream("CALENDAR", ("calendar.>",), replicas=3))
            return (await js.stream_info("CALENDAR")).cluster
        except (Error, APIError, TimeoutError):
            return None  # they have not found each other yet

    found = await eventually(made, "the stream", patience=40)
    assert {found.leader, *(one.name for one in found.replicas)} == set(NAMES)
    follower = next(one.name for one in found.replicas if one.name != "nats1")
    await js.publish("calendar.pub.event.x.v1.-.-.1", b"1", timeout=10)
    running[follower].kill()
    running[follower].wait()

    async def kept():
        try:
            return (await js.publish("calendar.pub.event.x.v1.-.-.2", b"2", timeout=2)).seq
        except (Error, APIError, TimeoutError):
            return None

    assert await eventually(kept, "a fact on two servers", patience=40) >= 2
    await client.close()


@pytest.fixture
def other_authority(tmp_path):
    subprocess.run((NATS / "certificates.sh", tmp_path / "other", *NAMES), check=True)
    return str(tmp_path / "other" / "ca.crt")


async def test_an_authority_that_did_not_sign_is_named(cluster, other_authority):
    access, _ = cluster
    other = Access(access.url, access.user, access.password, tls_ca=other_authority)
    standing = Standing()
    task = asyncio.create_task(connect(other, "test", standing=standing))
    await eventually(lambda: standing.refusal, "the refusal")
    assert standing.refusal == "the certificate of NATS is not signed by VZAIMO_NATS_TLS_CA"
    task.cancel()
