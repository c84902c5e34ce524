"""What a store of the first release becomes."""

from uuid import UUID

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from sqlalchemy import insert, select, text

from vzaimo.kit.database import open_database
from vzaimo.kit.migrations import Schema, check, migrate
from vzaimo.kit.migrations.steps import differences, options, scripts_of
from vzaimo.notify.projections import REQUEST
from vzaimo.notify.store import ADMISSION, DELIVERY, NOTIFICATION, Model

SCHEMA = Schema("vzaimo.notify", Model.metadata)
REQUEST_ID, EVENT_ID, ONE = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.fixture
async def first_release(store_url):
    database = await open_database(store_url)

    def upgrade(connection):
        scripts = scripts_of(SCHEMA)
        with EnvironmentContext(
            Config(), scripts, fn=lambda revision, _context: scripts._upgrade_revs("0001", revision)
        ) as environment:
            environment.configure(connection=connection, **options(SCHEMA))
            environment.run_migrations()

    await database.in_thread(upgrade)
    yield database
    await database.close()


async def test_what_was_there_is_kept_and_found(first_release, clock):
    now = clock.now()
    old_notification = {one.name for one in NOTIFICATION.c if one.name not in {"no", "delivery"}}
    told = {"notice": ONE, "person": "p" * 32, "city": "tver", "version": 1}
    notification = {"id": ONE, **told, "at": now, "read_at": None}
    mail = {
        "id": UUID(int=4),
        "notification": ONE,
        **told,
        "channel": "email",
        "kind": "event-announced",
        "status": "queued",
        "attempts": 0,
        "created_at": now,
        "due_at": now,
    }
    async with first_release.begin() as tx:
        assert set(notification) == old_notification
        await tx.execute(insert(NOTIFICATION).values(notification))
        await tx.execute(insert(DELIVERY).values(mail))
        state = (
            f'{{"id": "{REQUEST_ID}", "event": "{EVENT_ID}", "host": "moskva", "city": "tver", '
            '"status": "approved", "granted": 2}'
        )
        await tx.execute(
            text(f"INSERT INTO request_copy (id, state, version) VALUES ('{REQUEST_ID}', '{state}', 3)")  # noqa: S608 - ours
        )
    await migrate(first_release, [SCHEMA])
    await check(first_release, [SCHEMA])
    assert await first_release.in_thread(lambda connection: differences(connection, SCHEMA)) == []
    async with first_release.read() as tx:
        kept = await tx.first(select(REQUEST))
        assert (kept.event, kept.host, kept.city, kept.status) == (EVENT_ID, "moskva", "tver", "approved")
        assert await tx.scalar(select(ADMISSION.c.request)) == REQUEST_ID
        row = await tx.first(select(NOTIFICATION))
        assert (row.delivery, row.no) == (mail["id"], 0)
