"""The kit's own line of revisions, on both stores."""

import asyncio
import sys

import pytest
from sqlalchemy import MetaData, text

from vzaimo.kit.database import open_database
from vzaimo.kit.migrations import KIT, Schema, WrongSchema, check, current, migrate
from vzaimo.kit.migrations.steps import differences


@pytest.fixture
async def empty(store_url):
    database = await open_database(store_url)
    yield database
    await database.close()


async def test_an_empty_store_is_brought_to_the_codes_tables(empty):
    await migrate(empty, [KIT])
    await check(empty, [KIT])
    assert await empty.in_thread(lambda connection: differences(connection, KIT)) == []


async def test_a_second_upgrade_changes_nothing(empty):
    await migrate(empty, [KIT])
    before = await empty.in_thread(lambda connection: current(connection, KIT))
    await migrate(empty, [KIT])
    assert await empty.in_thread(lambda connection: current(connection, KIT)) == before


async def test_a_store_that_was_never_migrated_is_named(empty):
    with pytest.raises(WrongSchema, match="the store has none: migrate it first"):
        await check(empty, [KIT])


async def test_a_store_newer_than_the_code_is_refused_and_left_alone(empty):
    await migrate(empty, [KIT])
    async with empty.begin() as tx:
        await tx.execute(text("UPDATE kit_revision SET version_num = '9999'"))
    with pytest.raises(WrongSchema, match="9999 is newer than this code knows"):
        await migrate(empty, [KIT])
    with pytest.raises(WrongSchema, match="9999 is newer than this code knows"):
        await check(empty, [KIT])


async def test_an_upgrade_that_fails_leaves_the_schema_as_it_was(empty, tmp_path, monkeypatch):
    package = tmp_path / "broken"
    (package / "migrations" / "versions").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "migrations" / "versions" / "0001_x.py").write_text(
        "from alembic import op\nrevision='0001'\ndown_revision=None\n"
        "def upgrade():\n    op.execute('CREATE TABLE half (id INTEGER)')\n    op.execute('NO SQL')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "broken", raising=False)  # the other store's, whose folder is gone
    with pytest.raises(Exception, match=r"NO|syntax"):
        await migrate(empty, [KIT, Schema("broken", MetaData())])
    with pytest.raises(WrongSchema, match="none"):
        await check(empty, [KIT])


async def test_replicas_that_start_together_wait_for_each_other(postgres_url):
    replicas = [await open_database(postgres_url) for _ in range(4)]
    await asyncio.gather(*(migrate(replica, [KIT]) for replica in replicas))
    await asyncio.gather(*(check(replica, [KIT]) for replica in replicas))
    for replica in replicas:
        await replica.close()
