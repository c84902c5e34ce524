"""Fixtures of the whole suite stand in the kit, so that other services' tests may use them too."""

import fcntl
import os
import shutil
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from nats.aio.client import Client
from nats.errors import Error as NatsError

from vzaimo.contracts.event import envelope
from vzaimo.contracts.registry import City, CityActivated, CityStatus, PersonRole, RoleGranted, Topic, TopicChanged
from vzaimo.kit.bus import Access, Stream, connect, ensure_stream
from vzaimo.kit.ids import new_id
from vzaimo.kit.inbound import inbound
from vzaimo.kit.roles import person_ref
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.nats import NatsServer
from vzaimo.kit.testing.tokens import AUDIENCE, ISSUER, write_jwks
from vzaimo.local.bus import files
from vzaimo.local.children import Children
from vzaimo.local.ground import SERVICES
from vzaimo.notify.handlers import lanes

pytest_plugins = ["vzaimo.kit.testing.fixtures"]

NATS = Path(__file__).parents[1] / "deploy" / "nats"
NODE = Path(__file__).parent / "node"

# ``make test-deep`` asks for many more examples of everything.
settings.register_profile("deep", max_examples=2_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

CHROMIUM = "apt-get update && apt-get install -y --no-install-recommends chromium"
QUIETLY = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LONG_AGO = datetime(2026, 9, 1, tzinfo=UTC)
STREAMS = {
    "REGISTRY": ("registry.pub.>", "registry.party.>", "registry.int.role.>", "registry.int.practice.>"),
    "CONTACTS": ("registry.int.contact.>",),
    "CALENDAR": ("calendar.>",),
    "REQUESTS": ("requests.>",),
    "NOTIFY": ("notify.>",),
}


@pytest.fixture(scope="session", autouse=True)
def impatient():
    """Loops that look each second or two let a test wait for half of that; looking more often shows nothing else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbound, "WATCH_EVERY", 0.5)
        patch.setattr(lanes, "POLL", 0.1)
        yield


class Foreign:
    """The other services, as far as one service can tell: their facts, in their streams."""

    def __init__(self, client):
        self._js = client.jetstream()
        self._told = 0
        self.began = LONG_AGO
        """When what is told next happened, by the second."""

    async def tell(self, *facts, event_id=None, traceparent=None):
        """Publish facts in order; each is in its stream when this returns."""
        for fact in facts:
            self._told += 1
            moment = self.began + timedelta(seconds=self._told)
            event = envelope(fact, event_id=event_id or new_id(), time=moment, traceparent=traceparent)
            body = event.model_dump_json(exclude_none=True).encode()
            await self._js.publish(fact.subject, body, timeout=5, headers={"Nats-Msg-Id": str(event.id)})

    async def city(self, city, *people, status="active", version=1, timezone="Europe/Moscow", name=None):
        """A city, and its coordinators."""
        state = City(id=city, name=name or city.title(), region="—", timezone=timezone, status=CityStatus(status))
        await self.tell(CityActivated(aggregate_version=version, city=state))
        for person in people:
            await self.role(person, "coordinator", city)

    async def topic(self, topic, *, retired=False, version=1):
        """A topic of the programme."""
        state = Topic(id=topic, name=topic.title(), retired=retired)
        await self.tell(TopicChanged(aggregate_version=version, topic=state))

    async def role(self, person, role, city=None, scopes=(), granted_at=LONG_AGO):
        """A person's role."""
        granted = PersonRole(
            id=new_id(),
            person=person_ref(ISSUER, person),
            city=city,
            role=role,
            scopes=scopes,
            granted_at=granted_at,
        )
        await self.tell(RoleGranted(aggregate_version=1, role=granted))
        return granted


@pytest.fixture
async def foreign(nats_server):
    client = await connect(Access(nats_server.url), "test-foreign")
    for name, subjects in STREAMS.items():
        await ensure_stream(client.jetstream(), Stream(name, subjects, last_only=name == "CONTACTS"))
    yield Foreign(client)
    await client.close()


@pytest.fixture
def settings_of(store_url, nats_server, tmp_path):
    """Settings of a service over this test's store and bus."""

    def make(kind, **more):
        return kind(
            database_url=store_url,
            nats_url=nats_server.url,
            http_port=0,
            issuer=ISSUER,
            audience=AUDIENCE,
            jwks=write_jwks(tmp_path),
            **more,
        )

    return make


class Guest(Client):
    """A user of the bus who notes what it is forbidden to do."""

    def __init__(self):
        super().__init__()
        self.refusals = []

    async def refused(self, error):
        self.refusals.append(str(error))

    async def may_publish(self, subject, body=b""):
        before = len(self.refusals)
        await self.publish(subject, body)
        await self._answered()
        return not any(f'publish to "{subject.lower()}"' in text.lower() for text in self.refusals[before:])

    async def may_hear(self, subject):
        before = len(self.refusals)
        await self.subscribe(subject)
        await self._answered()
        return len(self.refusals) == before

    async def _answered(self):
        # Twice: nats-py lets the first PING overtake what is still in its buffer.
        await self.flush()
        await self.flush()


class GuardedBus(NatsServer):
    """A server with the configuration of deploy/nats, and the passwords of its users."""

    def __init__(self, folder, monkeypatch):
        super().__init__(folder)
        shutil.copytree(NATS, folder / "conf", ignore=shutil.ignore_patterns("secrets"))
        self.secrets = folder / "conf" / "secrets"
        self.passwords = files.renew(self.secrets, [])
        self._log = folder / "nats.log"
        self._monkeypatch = monkeypatch

    def _configured(self):
        told = {"NATS_LISTEN": f"127.0.0.1:{self.port}", "NATS_STORE": str(self.store_dir)}
        for name, value in told.items():
            self._monkeypatch.setenv(name, value)
        path = self.folder / "conf" / "test.conf"
        path.write_text(f'include ./node.conf\nports_file_dir: "{self.folder}"\nlog_file: "{self._log}"\n')
        return path

    async def reload(self):
        """Let it read its configuration again: twice, as docs/operations.md says, or new accounts import nothing."""
        for _ in range(2):
            before = self._reloads()
            os.kill(self._process.pid, signal.SIGHUP)
            await eventually(lambda before=before: self._reloads() > before, "read again")

    def _reloads(self):
        return self._log.read_text(encoding="utf-8").count("Reloaded server configuration")

    async def connect(self, user):
        """As a user, with its own inbox."""
        guest = Guest()
        try:
            await guest.connect(
                self.url,
                user=user,
                password=self.passwords.get(user),
                inbox_prefix=f"_INBOX_{user}",
                error_cb=guest.refused,
                allow_reconnect=False,
            )
        except BaseException:
            await guest.close()  # nats-py leaves a refused connection open
            raise
        return guest

    async def lets_in(self, user):
        try:
            await (await self.connect(user)).close()
        except (NatsError, OSError):
            return False
        return True


@pytest.fixture
def guarded_bus(tmp_path, monkeypatch):
    server = GuardedBus(tmp_path / "nats", monkeypatch)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def node_modules():
    """What programs for Node need, as tests/node locks it: installed by the first who asks, and there in later runs."""
    if shutil.which("npm") is None:
        raise RuntimeError("npm is missing: install nodejs and npm")
    lock, installed = NODE / "package-lock.json", NODE / "node_modules" / "installed-from.json"
    with lock.open(encoding="utf-8") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        wanted = turn.read()
        if not installed.exists() or installed.read_text(encoding="utf-8") != wanted:
            told = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
            done = subprocess.run(("npm", "ci", *told), cwd=NODE, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            installed.write_text(wanted, encoding="utf-8")
    return NODE / "node_modules"


@pytest.fixture
def node(node_modules, tmp_path):
    """A folder in which programs for Node find their packages."""
    folder = tmp_path / "node"
    folder.mkdir()
    (folder / "node_modules").symlink_to(node_modules)
    return folder


@pytest.fixture(scope="session")
def chromium():
    """How playwright launches Debian's chromium. Root installs it where it is missing; everybody else is told how."""
    found = shutil.which("chromium")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"\n→ {CHROMIUM} (once, about a minute)")  # noqa: T201 - whoever waits wants to know for what
        subprocess.run(["sh", "-c", f"{CHROMIUM} >/dev/null"], check=True)
        found = shutil.which("chromium")
    assert found, f"chromium is missing. As root: {CHROMIUM}"
    return {"executable_path": found, "args": list(QUIETLY)}


@pytest.fixture
async def forked(tmp_path):
    """Starts services as processes that are forked from one which has imported them: seconds of work less for each."""
    children = Children(tmp_path / "nursery.log", [f"vzaimo.{service}.main" for service in SERVICES])

    async def start(service, environment, log):
        return await children.bear(f"vzaimo.{service}", f"vzaimo.{service}.main", (), environment, log)

    yield start
    await children.close()
