"""deploy/compose.yaml for real, where a Docker engine answers: `make test-containers`, not part of `make test`."""

import os
import subprocess
from pathlib import Path

import httpx2
import pytest

from vzaimo.kit.bus import Access, connect
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.tokens import ISSUER, token, write_jwks
from vzaimo.local.bus import cities

ROOT = Path(__file__).parents[2]
COMPOSE = os.environ.get("VZAIMO_COMPOSE", "docker compose").split()
PORTS = {"registry": 18101, "calendar": 18102, "requests": 18103, "notify": 18104, "portal": 18105}
BUS = 14222


@pytest.fixture(scope="module")
def secrets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compose") / "secrets"
    subprocess.run((ROOT / "deploy" / "prepare.sh", folder), check=True)
    Path(write_jwks(folder / "public")).chmod(0o644)
    return folder


@pytest.fixture(scope="module")
def compose(secrets):
    told = {
        "VZAIMO_SECRETS": str(secrets),
        "VZAIMO_ISSUER": ISSUER,
        "VZAIMO_JWKS": "/etc/vzaimo/jwks.json",
        "VZAIMO_SMTP_HOST": "host.docker.internal",
        "VZAIMO_PORTAL_URL": "https://portal.example",
        "NATS_PORT": str(BUS),
        **{f"VZAIMO_PORT_{name.upper()}": str(port) for name, port in PORTS.items()},
    }

    def run(*arguments):
        command = (*COMPOSE, "--project-name", "vzaimo-test", "--file", ROOT / "deploy" / "compose.yaml", *arguments)
        done = subprocess.run(command, env={**os.environ, **told}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout

    try:
        run("up", "--detach", "--wait", "--wait-timeout", "180")
        yield run
    finally:
        run("down", "--volumes", "--timeout", "20")


def ask(service, path, method="GET", **more):
    return httpx2.request(method, f"http://127.0.0.1:{PORTS[service]}{path}", timeout=10, **more)


def bus_checks():
    return {name: ask(name, "/readyz") for name in PORTS}


@pytest.mark.timeout(400)
async def test_the_whole_set_works_in_containers_and_loses_a_bus_server_without_loss(compose, secrets):
    assert all(answer.is_success for answer in bus_checks().values())

    for name in ("calendar", "portal"):
        user = compose("exec", "-T", name, "python", "-c", "import os; print(os.getuid(), os.access('/', os.W_OK))")
        assert user.split() == ["10001", "False"]

    def apply(city):
        body = {"id": city, "name": city.title(), "region": "—", "timezone": "Europe/Moscow", "contact": {"name": "К"}}
        headers = {"Authorization": f"Bearer {token(city, email=f'{city}@city.example')}"}
        return ask("registry", "/v1/cities", "POST", json=body, headers=headers)

    assert apply("tver").is_success
    for path, told in (
        ("/", "Взаимообучение городов"),
        ("/cities/tver", "Tver"),
        ("/events", ""),
        ("/season/2026", ""),
    ):
        page = ask("portal", path)
        assert page.is_success, path
        assert told in page.text
        assert "не отвечает" not in page.text, path
    password = (secrets / "operator.env").read_text().split("VZAIMO_NATS_PASSWORD=")[1].split()[0]
    access = Access(f"tls://localhost:{BUS}", "operator", password, tls_ca=str(secrets / "tls" / "ca.crt"))
    client = await connect(access, "test")

    async def kept(count):
        try:
            info = await client.jetstream().stream_info("REGISTRY")
        except TimeoutError:
            return False  # the servers that are left choose who answers
        return info.config.num_replicas == 3 and info.state.messages == count

    try:
        await eventually(lambda: kept(1), "the fact on three servers")
        await cities.prepare(access, "tver")
        compose("kill", "nats2")
        assert apply("izhevsk").is_success
        await eventually(lambda: kept(2), "the fact without one server", patience=60)
    finally:
        await client.close()
    compose("start", "nats2")
    assert all(answer.is_success for answer in bus_checks().values())
