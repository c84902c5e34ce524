"""Registry at work on each store, with a moderator and an active city."""

import re
from collections import Counter
from datetime import datetime

import pytest
from sqlalchemy import func, select

from vzaimo.kit.tables import TimerRow, table_of
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.services import running
from vzaimo.kit.testing.tokens import AUDIENCE, ISSUER, write_jwks
from vzaimo.registry.main import parts
from vzaimo.registry.settings import RegistrySettings

TIMER = table_of(TimerRow)
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
    """The secret in the next mail to an address."""
    read = Counter()

    async def find(address):
        def mailed():
            return [mail for mail in smtp_sink.mails if mail["To"] == address][read[address] :]

        mails = await eventually(mailed, f"a mail to {address}")
        read[address] += len(mails)
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
def join(registry, moderator, apply):
    """Bring a city from its application to taking part."""

    async def to_active(city, who, *, valid_until="2027-09-20", **profile):
        assert (await apply(city, who, **profile)).status_code == 201
        await registry.done("POST", f"/cities/{city}/admit", moderator)
        agreement = {"number": "17/2026", "signed_on": "2026-09-20", "valid_until": valid_until}
        await registry.done("PUT", f"/cities/{city}/agreement", moderator, agreement)
        await registry.done("POST", f"/cities/{city}/activate", moderator)
        return city

    return to_active


@pytest.fixture
async def izhevsk(join):
    """An active city whose coordinator is ``anna``."""
    return await join("izhevsk", "anna")


@pytest.fixture
async def tver(join):
    """An active city whose coordinator is ``boris``; its agreement does not lapse."""
    return await join("tver", "boris", valid_until=None, timezone="Europe/Moscow")


@pytest.fixture
def appoint(registry, moderator, secret_in):
    """Give somebody a role by an invitation; returns the role's id."""

    async def to_role(who, role, city=None):
        invitation = {"role": role, "city": city, "email": f"{who}@city.example"}
        await registry.done("POST", "/invitations", moderator, invitation)
        body = {"secret": await secret_in(f"{who}@city.example"), "name": who.title()}
        return await registry.done("POST", "/invitations/accept", who, body)

    return to_role


@pytest.fixture
async def practice_body(registry, moderator):
    """A complete practice of Izhevsk, and the topic that it is on."""
    await registry.done("PUT", "/topics/complexes", moderator, {"name": "Комплексы"})
    return {
        "city": "izhevsk",
        "title": "Образовательный комплекс",
        "topics": ["complexes"],
        "audience": ["director"],
        "summary": "Семь школ объединены.",
        "does_not_apply": "В большом городе.",
        "indicators": [
            {
                "name": "Доля детей с 220 баллами",
                "unit": "%",
                "baseline": 8,
                "baseline_year": 2015,
                "result": 40,
                "result_year": 2018,
                "evidence": "https://izhevsk.example/1",
            }
        ],
    }


@pytest.fixture
def publish(registry, moderator, practice_body):
    """Bring a practice of Izhevsk from its draft to publication."""

    async def to_published(who="anna", **changes):
        practice = await registry.done("POST", "/practices", who, {**practice_body, **changes})
        await registry.done("POST", f"/practices/{practice}/submit", who)
        await registry.done("POST", f"/practices/{practice}/publish", moderator)
        return practice

    return to_published


@pytest.fixture
def kind():
    """Status and kind of a refusal."""

    def of(answer):
        return answer.status_code, answer.json()["type"].rpartition("/")[2]

    return of


@pytest.fixture
def names(registry):
    """The names of what registry has said about an aggregate, in order."""

    async def told(aggregate, key=None):
        events = await registry.facts()
        return [one.name for one in events if one.data.aggregate == aggregate and key in {None, one.data.key}]

    return told


@pytest.fixture
def pass_until(registry, clock):
    """Let the clock stand at a moment, with everything done that fell due until then."""

    async def go(moment):
        clock.advance(datetime.fromisoformat(moment) - clock.now())

        async def nothing_due():
            while await registry.service.timers.run_one():
                pass
            async with registry.service.works.database.read() as tx:
                return not await tx.scalar(select(func.count()).where(TIMER.c.due_at <= clock.now()))

        await eventually(nothing_due, "nothing is due")

    return go
