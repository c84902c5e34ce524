"""Calendar's revisions take along what was there."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from sqlalchemy import column, insert, select, table

from vzaimo.calendar.main import parts
from vzaimo.calendar.store import EVENT
from vzaimo.kit.database import open_database
from vzaimo.kit.migrations import migrate
from vzaimo.kit.migrations.steps import options, scripts_of

ENDS = datetime(2026, 10, 4, 14, 0, tzinfo=UTC)
OLD = table(
    "event",
    *(
        column(name, EVENT.c[name].type)
        for name in ("id", "host", "status", "mode", "ends_at", "plan", "created_at", "version")
    ),
)


@pytest.fixture
async def empty(store_url):
    database = await open_database(store_url)
    yield database
    await database.close()


def go_to(schema, revision):
    """Bring a store to a revision, as an earlier release did."""

    def upgrade(connection):
        scripts = scripts_of(schema)

        def steps(now, _context):
            return scripts._upgrade_revs(revision, now)

        with EnvironmentContext(Config(), scripts, fn=steps) as environment:
            environment.configure(connection=connection, **options(schema))
            environment.run_migrations()

    return upgrade


async def test_what_was_announced_before_there_were_feeds_comes_into_them(empty):
    schemas = parts().schemas
    await empty.in_thread(go_to(schemas[-1], "0001"))
    async with empty.begin() as tx:
        for number, status in enumerate(("draft", "announced"), start=1):
            row = {"id": UUID(int=number), "host": "izhevsk", "status": status, "mode": "remote", "ends_at": ENDS}
            row |= {"plan": {}, "created_at": ENDS - timedelta(days=9), "version": 3}
            await tx.execute(insert(OLD), row)
    await migrate(empty, schemas)
    async with empty.read() as tx:
        rows = await tx.all(select(EVENT.c.status, EVENT.c.announced_at, EVENT.c.feed_until).order_by(EVENT.c.id))
    assert [tuple(row) for row in rows] == [
        ("draft", None, None),
        ("announced", ENDS - timedelta(days=9), ENDS + timedelta(days=90)),
    ]
