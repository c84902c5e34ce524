"""Keys and passwords are changed by the commands of docs/operations.md; what the old ones made is good meanwhile."""

import os
import re
import secrets
from base64 import b64encode
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from unittest import mock

import httpx2
import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import make_url
from standardwebhooks.webhooks import Webhook

from vzaimo.calendar import main as calendar
from vzaimo.contracts.registry import Contact, ContactChanged
from vzaimo.kit.roles import person_ref
from vzaimo.kit.settings import Settings
from vzaimo.kit.testing import eventually, stores
from vzaimo.kit.testing.pages import run
from vzaimo.kit.testing.postgres import with_database
from vzaimo.kit.testing.receiver import Receiver
from vzaimo.kit.testing.services import running
from vzaimo.kit.testing.tokens import ISSUER
from vzaimo.notify import main as notify
from vzaimo.notify.settings import NotifySettings
from vzaimo.portal.house.settings import load
from vzaimo.portal.testing import PORTAL, Browser, Gateways, settings, stubbed
from vzaimo.portal.testing import problem as gateways_problem
from vzaimo.registry import main as registry
from vzaimo.registry.settings import RegistrySettings

command = partial(run, "operations.md")
SECOND = timedelta(seconds=1)
SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
POSTGRESQL = pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)


class File:
    """A file of deploy/secrets, as deploy/prepare.sh makes it, and what is done to it."""

    def __init__(self, path, **told):
        self.path = path
        path.write_text("".join(f"{name}={value}\n" for name, value in told.items()))

    def does(self, block, name):
        command(block, FILE=str(self.path), NAME=name)

    def told(self):
        """What a process is told that is started now."""
        return dict(line.split("=", 1) for line in self.path.read_text().splitlines())


@pytest.fixture
def started(settings_of, tmp_path, smtp_sink, clock):
    """Start a service with what its file says, for as long as a block is open."""
    mail = {"smtp_host": "127.0.0.1", "smtp_port": smtp_sink.port, "portal_url": "https://portal.example"}
    kinds = {
        "registry": (registry, RegistrySettings, {**mail, "first_moderator": "moderator@city.example"}),
        "notify": (notify, NotifySettings, {**mail, "notify_url": "https://n.example", "webhook_allow_private": True}),
    }

    def start(service, file):
        main, kind, more = kinds[service]
        with mock.patch.dict(os.environ, file.told()):
            told = settings_of(kind, **more)
        return running(main.parts(told), told, clock)

    return start


@pytest.fixture
def mail_to(smtp_sink, clock):
    """Wait for the newest mail to somebody, while time passes."""

    def wait(who):
        def there():
            clock.advance(SECOND)
            return [mail for mail in smtp_sink.mails if mail["To"] == f"{who}@city.example"]

        return eventually(there, f"a mail to {who}")

    return wait


def problem(answer):
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


@SQLITE
async def test_open_invitations_outlive_their_key_for_as_long_as_it_is_kept(started, mail_to, tmp_path):
    name = "VZAIMO_INVITATION_KEY"
    file = File(tmp_path / "registry.env", **{name: secrets.token_urlsafe(36), "VZAIMO_NATS_INBOX_PREFIX": "_INBOX"})

    async def secret(who):
        return re.search(r"secret=(\S+)", (await mail_to(who))[-1].get_content())[1]

    async with started("registry", file):
        first = await secret("moderator")
    old = file.told()[name]
    file.does("add-key", name)
    assert file.told()[name].startswith(f"{old},")
    file.does("turn-key", name)
    assert file.told()[name].endswith(f",{old}")
    async with started("registry", file) as service:
        await service.done("POST", "/invitations/accept", "moderator", {"secret": first, "name": "М"})
        for who in ("early", "late"):
            await service.done(
                "POST", "/invitations", "moderator", {"role": "moderator", "email": f"{who}@city.example"}
            )
        early, late = await secret("early"), await secret("late")
    file.does("drop-key", name)
    assert file.told() == {name: mock.ANY, "VZAIMO_NATS_INBOX_PREFIX": "_INBOX"}
    assert "," not in file.told()[name]
    async with started("registry", file) as service:
        await service.done("POST", "/invitations/accept", "early", {"secret": early, "name": "Р"})
    for step in ("add-key", "turn-key", "drop-key"):
        file.does(step, name)
    async with started("registry", file) as service:
        gone = await service.call("POST", "/invitations/accept", "late", {"secret": late, "name": "П"})
    assert problem(gone) == (404, "unknown-invitation")
    assert "попросите новое приглашение" in gone.json()["detail"]


@POSTGRESQL
async def test_links_and_webhooks_outlive_their_keys_for_as_long_as_they_are_kept(
    started, foreign, mail_to, receiver, tmp_path, store_url, clock
):
    names = {"VZAIMO_UNSUBSCRIBE_KEY": secrets.token_urlsafe(36), "VZAIMO_WEBHOOK_KEY": secrets.token_urlsafe(36)}
    file, hooks = File(tmp_path / "notify.env", **names), "/cities/tver/webhooks"
    await foreign.city("tver", "boris", name="Тверь")
    contact = Contact(person=person_ref(ISSUER, "boris"), email="boris@city.example", name="Борис", locale="ru")
    await foreign.tell(ContactChanged(aggregate_version=1, contact=contact))

    async def signed(service, where, *its):
        """Which of a webhook's secrets have signed what is sent now, as a library of others' has it."""
        receiver.got.clear()
        await service.done("POST", f"{hooks}/{where}/test", "boris")
        (sent,) = await eventually(lambda: receiver.got, "a test")
        mine = [Webhook(one).sign(sent.headers["webhook-id"], clock.now(), sent.body.decode()) for one in its]
        return [one in sent.headers["webhook-signature"].split() for one in mine]

    async with started("notify", file) as service:
        await service.known("boris")
        mail = (await mail_to("boris"))[0]
        path = mail["List-Unsubscribe"].removeprefix("<https://n.example").removesuffix(">")
        body = {"address": receiver.url, "facts": ["EventAnnounced"]}
        kept, renewed = [(await service.call("POST", hooks, "boris", body)).json() for _ in range(2)]
    for name in names:
        file.does("add-key", name)
        file.does("turn-key", name)
    clock.advance(SECOND)
    since = clock.now()
    async with started("notify", file) as service:
        assert await signed(service, kept["id"], kept["secret"]) == [True]
        assert (await service.client.post(path)).status_code == 204
        again = (await service.call("POST", f"{hooks}/{renewed['id']}/secret", "boris")).json()["secret"]
        assert await signed(service, renewed["id"], renewed["secret"], again) == [True, True]
    left = command("old-webhook-secrets", URL=store_url, SINCE=since.isoformat())
    assert left == f"tver,{receiver.url}\n"
    for name in names:
        file.does("drop-key", name)
    async with started("notify", file) as service:
        assert await signed(service, kept["id"], kept["secret"]) == [False]
        assert await signed(service, renewed["id"], renewed["secret"], again) == [False, True]
        gone = await service.client.post(path)
    assert problem(gone) == (404, "bad-unsubscribe-token")
    assert "в настройках уведомлений" in gone.json()["detail"]


@pytest.fixture
async def receiver():
    """A city's program."""
    made = Receiver()
    await made.start()
    yield made
    await made.stop()


@asynccontextmanager
async def site(file, gateways, cookies):
    """The portal with what its file says, and a browser that was there before."""
    told = settings().model_dump() | {"gateways": None}
    known = {f"VZAIMO_PORTAL_{name}".upper(): str(told[name]) for name in ADDRESSES}
    with mock.patch.dict(os.environ, known | file.told(), clear=True):
        app = stubbed(load(), httpx2.MockTransport(gateways))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=PORTAL, cookies=cookies) as http:
        yield Browser(http)


ADDRESSES = ("public_url", "registry_url", "calendar_url", "requests_url", "notify_url", "issuer", "http_port")


def for_members(asked):
    if "authorization" not in asked.headers:
        return gateways_problem(401, "token-missing", "Нет токена")
    return {"id": "r", "version": 1}


async def test_people_stay_signed_in_for_as_long_as_their_key_is_kept(tmp_path):
    name, gateways, cookies = "VZAIMO_PORTAL_SESSION_KEY", Gateways(), httpx2.Cookies()
    file = File(tmp_path / "portal.env", **{name: secrets.token_urlsafe(36)})
    gateways.answers["POST", "/invitations/accept"] = for_members
    async with site(file, gateways, cookies) as browser:
        await browser.sign_in()
        cookies = browser.http.cookies
    file.does("add-key", name)
    async with site(file, gateways, cookies) as late:  # it is restarted after the others
        file.does("turn-key", name)
        async with site(file, gateways, cookies) as browser:
            assert (await browser.get("/my")).status_code == 200
        async with site(file, gateways, httpx2.Cookies()) as browser:
            await browser.sign_in()
            late.http.cookies = browser.http.cookies
        assert (await late.get("/my")).status_code == 200
    file.does("drop-key", name)
    async with site(file, gateways, cookies) as browser:
        away = await browser.get("/my")
        assert (away.status_code, away.headers["location"]) == (303, "/login?back=/my")
        kept = await browser.post("/invitations", {"secret": "s" * 20, "name": "Омск"})
        assert (kept.status_code, "Войдите" in kept.text, 'value="Омск"' in kept.text) == (401, True, True)
        assert (await browser.sign_in()).status_code == 303
        assert (await browser.get("/my")).status_code == 200


async def test_a_new_secret_of_the_client_keeps_nobody_out_who_is_in(tmp_path, caplog):
    name, gateways, cookies = "VZAIMO_PORTAL_CLIENT_SECRET", Gateways(), httpx2.Cookies()
    file = File(tmp_path / "portal.env", VZAIMO_PORTAL_SESSION_KEY="k" * 40, **{name: "old"})
    issuer = gateways._issuer

    def strict(asked):
        if asked.url.path == "/token" and asked.headers["authorization"] != basic("new"):
            return httpx2.Response(401, json={"error": "invalid_client"})
        return issuer(asked)

    async with site(file, gateways, cookies) as browser:
        await browser.sign_in()
        cookies = browser.http.cookies
        gateways._issuer = strict  # the issuer has the new one from now on
        assert (await browser.get("/my")).status_code == 200
    async with site(file, gateways, httpx2.Cookies()) as browser:
        refused = await browser.sign_in()
        assert (refused.status_code, "invalid_client" in caplog.text) == (502, True)
    file.path.write_text(file.path.read_text().replace("=old", "=new"))
    async with site(file, gateways, cookies) as browser:
        assert (await browser.get("/my")).status_code == 200
    async with site(file, gateways, httpx2.Cookies()) as browser:
        assert (await browser.sign_in()).headers["location"] == "/my"


def basic(secret):
    return f"Basic {b64encode(f'vzaimo-portal:{secret}'.encode()).decode()}"


@SQLITE
async def test_mails_wait_for_the_new_password_of_the_mail_server(
    started, foreign, smtp_sink, mail_to, tmp_path, clock
):
    smtp_sink.password = "new"
    keys = {"VZAIMO_INVITATION_KEY": "k" * 40}
    file = File(tmp_path / "registry.env", VZAIMO_SMTP_USER="vzaimo", VZAIMO_SMTP_PASSWORD="old", **keys)
    await foreign.role("mod", "moderator")
    await foreign.city("tver", "boris", name="Тверь")
    contact = Contact(person=person_ref(ISSUER, "boris"), email="boris@city.example", name="Борис", locale="ru")
    await foreign.tell(ContactChanged(aggregate_version=1, contact=contact))
    async with started("notify", file) as service:
        await service.known("mod")

        async def said():
            clock.advance(SECOND)
            items = (await service.call("GET", "/deliveries?status=retrying", "mod")).json()["items"]
            return [one["reason"] for one in items] == ["deferred-535"]

        await eventually(said, "a mail that waits")
    assert smtp_sink.mails == []
    file.path.write_text(file.path.read_text().replace("=old", "=new"))
    async with started("notify", file):
        await mail_to("boris")


@POSTGRESQL
async def test_a_store_gets_a_new_password_while_it_is_used(
    postgres_server, store_url, foreign, settings_of, clock, tmp_path
):
    """ALTER ROLE, then a rolling restart: an old process goes on with its connections until a new one has come."""
    role, name = f"r{secrets.token_hex(6)}", make_url(store_url).database
    parts = calendar.parts()
    stores.prepare(store_url, parts.schemas)
    with psycopg.connect(with_database(postgres_server, name), autocommit=True) as admin:
        own(admin, role)
        try:
            place = make_url(store_url).set(username=role, password="0" * 64)
            url = place.render_as_string(hide_password=False)
            file = File(tmp_path / "calendar.env", VZAIMO_DATABASE_URL=url)

            def told():
                return settings_of(Settings).model_copy(
                    update={"database_url": SecretStr(file.told()["VZAIMO_DATABASE_URL"])}
                )

            async with running(parts, told(), clock) as old:
                await eventually(lambda: served(old), "it is there")
                psql = f"psql {with_database(postgres_server, 'postgres')}"
                command("new-store-password", PSQL=psql, SERVICE=role, FILE=str(file.path))
                await eventually(lambda: served(old), "the old one is served by its connections")
                with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                    psycopg.connect(url)
                async with running(parts, told(), clock) as new:
                    assert (await new.call("GET", "/events")).status_code == 200
                    admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (role,))
                    # Whoever has lost its connections and knows the old password alone says so and goes on.
                    answer = await eventually(lambda: refused(old), "the old one is refused")
                    assert answer.headers["Retry-After"]
                    await eventually(lambda: served(new), "the new one has connections again")
                admin.execute(f"ALTER ROLE \"{role}\" PASSWORD '{'0' * 64}'")
                await eventually(lambda: served(old), "what it knows is good again, and so is it")
        finally:
            admin.execute(f'REASSIGN OWNED BY "{role}" TO CURRENT_USER')
            admin.execute(f'DROP OWNED BY "{role}"')
            admin.execute(f'DROP ROLE "{role}"')


def own(admin, role):
    """A role that the server asks for its password, as those of the manifests; the database's tables are its own."""
    admin.execute(f"CREATE ROLE \"{role}\" LOGIN PASSWORD '{'0' * 64}'")
    tables = admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    for (table,) in tables:
        admin.execute(f'ALTER TABLE "{table}" OWNER TO "{role}"')
    (rules,) = admin.execute("SHOW hba_file").fetchone()
    with Path(rules).open("r+", encoding="utf-8") as file:
        others = file.read()
        file.seek(0)
        file.write(f"local all {role} scram-sha-256\nhost all {role} all scram-sha-256\n{others}")
    admin.execute("SELECT pg_reload_conf()")


async def refused(service):
    answer = await service.call("GET", "/events")
    return answer if answer.status_code == 503 else None


async def served(service):
    return (await service.call("GET", "/events")).is_success
