"""All four services in one process, each with a store of its own, over one real bus and one mail server."""

import asyncio
import contextlib
import json
import os
import random
import shutil
import socket
import sqlite3
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs

import httpx2
import psycopg
import pytest
import uvicorn
from playwright.async_api import async_playwright

from vzaimo.calendar import main as calendar
from vzaimo.kit.bus import Access, connect
from vzaimo.kit.settings import Settings
from vzaimo.kit.testing import eventually, postgres
from vzaimo.kit.testing.pages import DOCS, Program, blocks
from vzaimo.kit.testing.services import running
from vzaimo.kit.testing.tokens import AUDIENCE, ISSUER, token, write_jwks
from vzaimo.local import ground as grounds
from vzaimo.notify import main as notify
from vzaimo.notify.settings import NotifySettings
from vzaimo.portal.testing import settings as portal_settings
from vzaimo.portal.testing import stubbed
from vzaimo.registry import main as registry
from vzaimo.registry.settings import RegistrySettings
from vzaimo.requests import main as requests

SERVICES = ("registry", "calendar", "requests", "notify")
CITIES = {
    "moskva": ("Москва", "Europe/Moscow"),
    "izhevsk": ("Ижевск", "Europe/Samara"),
    "tver": ("Тверь", "Europe/Moscow"),
    "perm": ("Пермь", "Asia/Yekaterinburg"),
    "omsk": ("Омск", "Asia/Omsk"),
    "kazan": ("Казань", "Europe/Moscow"),
    "vyborg": ("Выборг", "Europe/Moscow"),
    "novokuznetsk": ("Новокузнецк", "Asia/Novokuznetsk"),
}
MODERATOR = "moderator"


def free_base():
    """A port from which on those of a whole set are free."""
    for base in random.sample(range(12000, 30000, 40), 200):
        ground = grounds.Ground(Path(), base, *[""] * 5)
        with contextlib.suppress(OSError):
            for port in ground.ports.values():
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return base
    raise AssertionError("no free ports")


@pytest.fixture
async def ground(tmp_path):
    """A set of real processes with the demo's cities, as `make up` starts it."""
    base, log = free_base(), tmp_path / "up.log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "vzaimo.local.cli", "up", "--no-story", "--var", str(tmp_path / "var"), "--port", str(base)),
            stdout=out,
            stderr=out,
        )
    try:
        await eventually(lambda: b"Ready." in log.read_bytes() or process.returncode is not None, "up", patience=90)
        assert process.returncode is None, log.read_text()
        made = grounds.known(tmp_path / "var")
        yield made, process
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.wait(), 40)


class World:
    """The set. People are known by their city's name; each service can be away and come back."""

    def __init__(self, urls, nats_server, smtp_sink, folder, clock, passwords):
        self.urls = urls
        self.passwords = passwords
        self.nats = nats_server
        self.smtp = smtp_sink
        self.clock = clock
        self.folder = folder
        self.services = {}
        self._open = {}

    def parts(self, name):
        """What a service is made of, and its settings."""
        told = {
            "database_url": self.urls[name],
            "nats_url": self.nats.url,
            "http_port": 0,
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "jwks": write_jwks(self.folder),
            "operator_token": "o" * 40,
            **self.user(name, "nats_"),
        }
        mail = {"smtp_host": "127.0.0.1", "smtp_port": self.smtp.port, "portal_url": "https://portal.example"}
        if name == "registry":
            invited = {"invitation_key": "k" * 40, "first_moderator": f"{MODERATOR}@city.example"}
            settings = RegistrySettings(**told, **mail, **invited)
            return registry.parts(settings), settings
        if name == "notify":
            settings = NotifySettings(**told, **mail)
            return notify.parts(settings), settings
        return {"calendar": calendar, "requests": requests}[name].parts(), Settings(**told)

    def user(self, name, prefix=""):
        """As whom a service comes to a bus that asks."""
        if name not in self.passwords:
            return {}
        told = {"user": name, "password": self.passwords[name], "inbox_prefix": f"_INBOX_{name}"}
        return {f"{prefix}{key}": value for key, value in told.items()}

    async def start(self, *names):
        """These services are there."""
        for name in names:
            stack = contextlib.AsyncExitStack()
            parts, settings = self.parts(name)
            self.services[name] = await stack.enter_async_context(running(parts, settings, self.clock))
            self._open[name] = stack

    async def stop(self, *names):
        """These services are away."""
        for name in names:
            self.services.pop(name)
            await self._open.pop(name).aclose()

    def backup(self, name):
        """Copy a stopped service's store; returns how to put the copy back."""
        url = self.urls[name]
        if url.startswith("sqlite"):
            path = Path(url.removeprefix("sqlite:///"))
            shutil.copytree(path.parent, self.folder / f"{name}-backup")

            def restore():
                shutil.rmtree(path.parent)
                shutil.copytree(self.folder / f"{name}-backup", path.parent)

            return restore
        database = url.rpartition("/")[2].partition("?")[0]
        copy = f"{database}_backup"
        with psycopg.connect(url.replace(f"/{database}", "/postgres"), autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{database}"')

        def again():
            with psycopg.connect(url.replace(f"/{database}", "/postgres"), autocommit=True) as admin:
                admin.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
                admin.execute(f'ALTER DATABASE "{copy}" RENAME TO "{database}"')

        return again

    async def call(self, service, method, path, who=None, body=None, **headers):
        return await self.services[service].call(method, path, who, body, **headers)

    async def done(self, service, method, path, who=None, body=None):
        """A command that must succeed, sooner or later: what a service has not heard of yet is asked again."""
        later = {"actor-not-yet-known", "unknown-event", "unknown-topic", "city-not-active"}
        later |= {"writes-refused", "unavailable"}

        async def answered():
            answer = await self.call(service, method, path, who, body)
            if answer.is_success:
                return answer
            kind = answer.json()["type"].rpartition("/")[2]
            assert kind in later, f"{method} {path}: {answer.status_code} {answer.text}"
            return None

        return (await eventually(answered, f"{method} {path}")).json()["id"]

    async def see(self, service, path, who=None):
        answer = await self.call(service, "GET", path, who)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def settle_cities(self, *cities):
        """These cities take part; each one's coordinator is called like the city."""
        secret = await self._secret()
        await self.done("registry", "POST", "/invitations/accept", MODERATOR, {"secret": secret, "name": "М"})
        for city in cities:
            name, timezone = CITIES[city]
            body = {"id": city, "name": name, "region": "—", "timezone": timezone, "contact": {"name": f"К {name}"}}
            await self.done("registry", "POST", "/cities", city, body)
            await self.done("registry", "POST", f"/cities/{city}/admit", MODERATOR)
            agreement = {"number": f"№ {city}", "signed_on": "2026-09-01"}
            await self.done("registry", "PUT", f"/cities/{city}/agreement", MODERATOR, agreement)
            await self.done("registry", "POST", f"/cities/{city}/activate", MODERATOR)
        for name, service in self.services.items():
            if name != "registry":
                await service.known(MODERATOR, *cities)

    async def _secret(self):
        def mailed():
            return [mail for mail in self.smtp.mails if mail["To"] == f"{MODERATOR}@city.example"]

        mail = (await eventually(mailed, "the invitation"))[0]
        return mail.get_content().split("secret=")[1].split()[0]

    async def announce(self, *, who="moskva", **changes):
        """Moscow (or another host) announces the visit; returns the event's id."""
        event = await self.done("calendar", "POST", "/events", who, {**VISIT, **changes})
        return await self.done("calendar", "POST", f"/events/{event}/announce", who)

    async def ask(self, event, city, count, **more):
        """A city's submitted request for so many."""
        delegates = [{"rank": rank, "name": f"Участник {rank}", "role": "teacher"} for rank in range(1, count + 1)]
        body = {"event": event, "city": city, "mode": "in_person", "delegates": delegates, **more}
        request = await self.done("requests", "POST", "/requests", city, body)
        return await self.done("requests", "POST", f"/requests/{request}/submit", city, {"schedule_revision": 1})

    async def seats(self, event):
        """What the ledger says: granted, held, waiting."""
        (one,) = (await self.see("requests", f"/events/{event}/seats"))["seats"]
        return one["granted"], one["held"], one["waiting"]

    async def agreed(self, event, seats):
        """Calendar says what the ledger says."""

        async def same():
            shown = (await self.see("calendar", f"/events/{event}"))["seats_now"]
            return [(one["granted"], one["held"], one["waiting"]) for one in shown] == [seats]

        await eventually(same, f"calendar shows {seats}")

    async def told(self, person, event):
        """The kinds of what a person was told of an event, the oldest first."""
        answer = await self.call("notify", "GET", "/inbox", person)
        items = answer.json()["items"] if answer.is_success else []
        return [one["kind"] for one in reversed(items) if one["event"] == event]

    async def hears(self, person, event, *kinds):
        async def same():
            return sorted(await self.told(person, event)) == sorted(kinds)

        await eventually(same, f"{person} hears {kinds}", patience=40)

    async def quiet(self):
        """Everything is published and handled, as the bus itself says."""
        client = await connect(Access(self.nats.url, **self.user("operator")), "test-quiet")
        js = client.jetstream()

        async def still():
            for service in self.services.values():
                inside = service.service
                if not await inside.relay.drained(5):
                    return False
                for consumer in inside.inbound.consumers:
                    info = await js.consumer_info(consumer.subscription.fact.stream, consumer.name)
                    if info.num_pending or info.num_ack_pending:
                        return False
            return True

        async def twice():
            # What was handled may have said something new.
            return await still() and await still()

        await eventually(twice, "quiet", patience=40)
        await client.close()

    async def mailed(self, person, count, about=""):
        """So many mails to a person came, by their Message-ID, and no more while everything is quiet."""

        def there():
            # What was put off, because a fact had not arrived yet, is tried again as time passes.
            self.clock.advance(timedelta(seconds=1))
            return len(self.mails(person, about)) >= count

        # Longer than the 10 s after which the bus hands out again what a stopped service held.
        await eventually(there, f"{count} mails to {person}", patience=45)
        await self.quiet()
        assert len(self.mails(person, about)) == count

    def mails(self, person, about=""):
        mine = [one for one in self.smtp.mails if one["To"] == f"{person}@city.example" and about in one["Subject"]]
        return list({mail["Message-ID"]: mail for mail in mine}.values())


class Wires(httpx2.AsyncBaseTransport):
    """Leads to the services in this process, and to an issuer whose codes are the names of people."""

    def __init__(self, world, notify=None):
        self._world = world
        self._notify = notify
        self._wire = httpx2.AsyncHTTPTransport()

    async def _stream(self, request):
        """Over a socket: what never ends cannot be handed over as a whole."""
        moved = httpx2.Request("GET", self._notify + request.url.raw_path.decode(), headers=request.headers)
        moved.headers["Host"] = moved.url.netloc.decode()
        moved.extensions = request.extensions
        return await self._wire.handle_async_request(moved)

    async def aclose(self):
        await self._wire.aclose()

    async def handle_async_request(self, request):
        name = request.url.host.removesuffix(".example")
        if request.url.path.endswith("/stream"):
            return await self._stream(request)
        if name != "issuer":
            client = self._world.services[name].client
            answer = await client.request(
                request.method, request.url.raw_path.decode(), content=await request.aread(), headers=request.headers
            )
            return httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)
        if request.url.path.startswith("/.well-known"):
            places = {"authorization_endpoint": f"{ISSUER}/authorize", "token_endpoint": f"{ISSUER}/token"}
            return httpx2.Response(200, json={"issuer": ISSUER, **places})
        person = parse_qs((await request.aread()).decode())["code"][0]
        content = {"access_token": token(person, email=f"{person}@city.example"), "expires_in": 3600}
        return httpx2.Response(200, content=json.dumps(content), headers={"Content-Type": "application/json"})


VISIT = {
    "host": "moskva",
    "title": "Образовательная среда московской школы",
    "mode": "in_person",
    "audience": ["director", "teacher"],
    "timezone": "Europe/Moscow",
    "sessions": [
        {
            "title": "Школа № 1560",
            "starts": "2026-10-04T10:00",
            "ends": "2026-10-04T17:00",
            "site": {"name": "Школа № 1560"},
        },
        {
            "title": "Школа № 1474",
            "starts": "2026-10-05T10:00",
            "ends": "2026-10-05T16:00",
            "site": {"name": "Школа № 1474"},
        },
    ],
    "deadlines": {
        "apply_opens": "2026-09-27T11:00:00+03:00",
        "apply_closes": "2026-09-30T18:00:00+03:00",
        "decide_by": "2026-10-01T18:00:00+03:00",
        "confirm_by": "2026-10-02T18:00:00+03:00",
        "roster_freeze": "2026-10-03T18:00:00+03:00",
    },
    "seats": [{"mode": "in_person", "capacity": 60}],
}


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request, tmp_path):
    """A store for each service."""
    if request.param == "sqlite":
        yield {name: f"sqlite:///{tmp_path / name / 'store.db'}" for name in SERVICES}
        return
    uri = request.getfixturevalue("postgres_server")
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(postgres.fresh_database(uri)) for name in SERVICES}


@pytest.fixture
def fresh_url(request, urls, tmp_path):
    """One more empty store of the same kind."""
    with contextlib.ExitStack() as stack:

        def make(name):
            if urls["registry"].startswith("sqlite"):
                return f"sqlite:///{tmp_path / f'{name}-again' / 'store.db'}"
            return stack.enter_context(postgres.fresh_database(request.getfixturevalue("postgres_server")))

        yield make


@pytest.fixture
def passwords():
    """Of the users of the bus, where it asks."""
    return {}


@pytest.fixture
async def world(urls, nats_server, smtp_sink, tmp_path, clock, passwords):
    made = World(urls, nats_server, smtp_sink, tmp_path, clock, passwords)
    await made.start(*SERVICES)
    yield made
    await made.stop(*list(made.services)[::-1])


class Subscriber(Program):
    """A program of docs/subscribing.md, as a city runs it."""

    def __init__(self, folder, language, city, consumers, bus):
        name, with_what = {"node": ("subscriber.mjs", "node"), "python": ("subscriber.py", sys.executable)}[language]
        passwords = getattr(bus, "passwords", {})  # a bus without them asks nobody
        login = {"NATS_USER": city, "NATS_PASSWORD": passwords[city]} if city in passwords else {}
        super().__init__(
            folder,
            (with_what, name, *consumers),
            {**os.environ, **login, "NATS_URL": bus.url, "SCHEMAS": str(DOCS / "schemas")},
        )
        (folder / name).write_text(blocks("subscribing.md")[name], encoding="utf-8")
        self._language = language
        self._city = city

    def states(self):
        """What it knows, as it keeps it."""
        if self._language == "node":
            kept = self.folder / "states.json"
            return json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
        return {key: json.loads(data) for key, data in self._rows("SELECT key, data FROM state")}

    def aside(self):
        """The subjects of what it could not read."""
        if self._language == "node":
            kept = self.folder / "aside.ndjson"
            return {json.loads(line)[0] for line in kept.read_text().splitlines()} if kept.exists() else set()
        return {subject for (subject,) in self._rows("SELECT subject FROM aside")}

    def _rows(self, query):
        with contextlib.closing(sqlite3.connect(self.folder / "states.db")) as store:
            # It may be making its tables, or writing, at this moment: whoever waits asks again.
            with contextlib.suppress(sqlite3.OperationalError):
                return store.execute(query).fetchall()
            return []

    def may_see(self, subject):
        """Whether the city reads it: the rule of the page, in its own words."""
        _, audience, *_, city, other, _ = subject.split(".")
        return audience == "pub" or (audience == "party" and self._city in {city, other})

    async def knows(self, published):
        """Wait until it has the newest state of all that it may see of these facts (subject and body)."""
        newest = {}
        for subject, body in published:
            service, _, aggregate, _, _, _, _, key = subject.split(".")
            data = json.loads(body)["data"]
            known = newest.get(f"{service}/{aggregate}/{key}", data)
            if self.may_see(subject) and known["aggregate_version"] <= data["aggregate_version"]:
                newest[f"{service}/{aggregate}/{key}"] = data

        try:
            await eventually(lambda: self.states() == newest, f"what {self._city} knows", patience=40)
        except AssertionError:
            raise AssertionError(f"{self.said}\n{self.states()}\nis not\n{newest}") from None


@pytest.fixture
async def subscriber(node_modules, tmp_path):
    """Makes programs of docs/subscribing.md, and ends them."""
    made = []

    def make(language, city, consumers, bus):
        folder = tmp_path / f"{language}-{city}"
        folder.mkdir()
        (folder / "node_modules").symlink_to(node_modules)
        made.append(Subscriber(folder, language, city, consumers, bus))
        return made[-1]

    yield make
    for one in made:
        await one.kill()


@pytest.fixture
def wires(world):
    """Makes the portal's way to the services; ``notify``: where that listens, for whoever reads its stream."""
    return partial(Wires, world)


@contextlib.asynccontextmanager
async def listening(make):
    """An application that is made for the address at which it listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(make(url), log_level="error", lifespan="off"))
        serving = asyncio.create_task(server.serve([bound]))
        yield url
        server.should_exit = server.force_exit = True
        await serving


@pytest.fixture
async def doors(world, wires, chromium):
    """A browser, and the address of a portal whose inboxes are live."""
    async with contextlib.AsyncExitStack() as stack:
        notify = await stack.enter_async_context(listening(lambda _: world.services["notify"].service.app()))

        def made(url):
            return stubbed(portal_settings(issuer=ISSUER, public_url=url), wires(notify), world.clock.now)

        url = await stack.enter_async_context(listening(made))
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(**chromium)
        yield browser, url
        await browser.close()
