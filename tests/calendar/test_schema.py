"""What the revisions add beside the code's tables: only they know it, for each store has its own."""

import pytest
from sqlalchemy import text

from vzaimo.calendar.main import parts
from vzaimo.kit.database import open_database
from vzaimo.kit.migrations import migrate

SEARCHED = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE name = 'event_text_fts'",
    "postgresql": "SELECT count(*) FROM pg_indexes WHERE indexname = 'ix_event_text_fts'",
}


@pytest.fixture
async def migrated(store_url):
    database = await open_database(store_url)
    await migrate(database, parts().schemas)
    yield database
    await database.close()


async def test_full_text_search_has_its_index(migrated):
    async with migrated.read() as tx:
        assert await tx.scalar(text(SEARCHED[migrated.dialect])) == 1
