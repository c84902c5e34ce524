"""Registry at work on each store, with a moderator and an active city."""

import re

import pytest

from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.services import running
from vzaimo.kit.testing.tokens import AUDIENCE, ISSUER, write_jwks
from vzaimo.registry.main import parts
from vzaimo.registry.settings import RegistrySettings

PROFILE = {"name": "Ижевск", "region": "Удмуртская Республика", "region_iso": "RU-UD", "timezone": "Europe/Samara"}


@pytest.fixture
async def registry(store_url, nats_server, smtp_sink, tmp_path, clock):
    settings = RegistrySettings(
        database_url=store_url,
        nats_url=nats_server.url,
        http_port=0,
        issuer=ISSUER,
        audience=AUDIENCE,
        jwks=write_jwks(tmp_path),
        invitation_key="k" * 40,
        first_moderator="moderator@city.example",
        smtp_host="127.0.0.1",
        smtp_port=smtp_sink.port,
        portal_url="https://portal.example",
    )
    async with running(parts(settings), settings, clock) as service:
        yield service


@pytest.fixture
def secret_in(smtp_sink):
    async def find(address):
        def mailed():
            return [mail for mail in smtp_sink.mails if mail["To"] == address]

        mails = await eventually(mailed, f"a mail to {address}")
        return re.search(r"secret=(\S+)", mails[-1].get_content())[1]

    return find


@pytest.fixture
async def moderator(registry, secret_in):
    secret = await secret_in("moderator@city.example")
    await registry.done("POST", "/invitations/accept", "moderator", {"secret": secret, "name": "Модератор"})
    return "moderator"


@pytest.fixture
def apply(registry):
    async def send(city, who, **profile):
        body = {"id": city, "contact": {"name": "Заявитель", "phone": "+7 3412 00-00-00"}, **PROFILE, **profile}
        return await registry.call("POST", "/cities", who, body)

    return send


@pytest.fixture
async def izhevsk(registry, moderator, apply):
    """An active city whose coordinator is ``anna``."""
    assert (await apply("izhevsk", "anna")).status_code == 201
    await registry.done("POST", "/cities/izhevsk/admit", moderator)
    agreement = {"number": "17/2026", "signed_on": "2026-09-20", "valid_until": "2027-09-20"}
    await registry.done("PUT", "/cities/izhevsk/agreement", moderator, agreement)
    await registry.done("POST", "/cities/izhevsk/activate", moderator)
    return "izhevsk"
