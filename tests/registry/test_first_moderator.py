"""Who is invited first: one person, once, however many replicas start, and whatever is away meanwhile."""

import asyncio

import pytest
from sqlalchemy import select, update

from vzaimo.kit.database import StoreUnavailable, open_database
from vzaimo.kit.smtp import Smtp
from vzaimo.kit.tables import KitModel
from vzaimo.kit.testing import eventually
from vzaimo.kit.work import Works
from vzaimo.registry.handlers import mail
from vzaimo.registry.handlers.mail import invite_first_moderator
from vzaimo.registry.store import INVITATION, Model

EMAIL = "moderator@city.example"


@pytest.fixture
async def works(works):
    await works.database.in_thread(Model.metadata.create_all)
    return works


async def invited(works):
    async with works.database.read() as tx:
        return [row.email for row in await tx.all(select(INVITATION))]


async def test_replicas_that_start_at_once_invite_once(postgres_url, clock):
    replicas = [Works(await open_database(postgres_url), clock) for _ in range(4)]
    for model in (KitModel, Model):
        await replicas[0].database.in_thread(model.metadata.create_all)
    await asyncio.gather(*(invite_first_moderator(works, EMAIL) for works in replicas))
    found = await invited(replicas[0])
    for works in replicas:
        await works.database.close()
    assert found == [EMAIL]


async def test_a_process_that_starts_again_invites_nobody_twice(works):
    for _ in range(2):
        await invite_first_moderator(works, EMAIL)
    assert await invited(works) == [EMAIL]


async def test_a_store_that_is_away_at_the_start_is_waited_for(works, smtp_sink, monkeypatch):
    real, tries = works.database.begin, []

    def begin():
        tries.append(1)
        if len(tries) < 3:
            raise StoreUnavailable("gone")
        return real()

    monkeypatch.setattr(works.database, "begin", begin)
    monkeypatch.setattr(mail, "POLL", 0.01)
    smtp = Smtp("127.0.0.1", smtp_sink.port)
    told = {"key": b"k", "sender": "registry@city.example", "portal": "https://portal.example"}
    sending = asyncio.create_task(mail.send_due(works, smtp, first_moderator=EMAIL, **told))
    await eventually(lambda: smtp_sink.mails, "the mail")
    sending.cancel()
    assert [one["To"] for one in smtp_sink.mails] == [EMAIL]
    assert await invited(works) == [EMAIL]


async def test_whoever_is_invited_anew_was_not_invited_any_more(works, clock):
    await invite_first_moderator(works, EMAIL)
    async with works.database.begin() as tx:
        await tx.execute(update(INVITATION).values(revoked_at=clock.now()))
    await invite_first_moderator(works, EMAIL)
    await invite_first_moderator(works, EMAIL)
    assert await invited(works) == [EMAIL, EMAIL]
