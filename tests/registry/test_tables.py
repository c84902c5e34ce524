"""Registry's line of revisions, on both stores."""

import pytest

from vzaimo.kit.database import open_database
from vzaimo.kit.migrations import KIT, Schema, differences, migrate
from vzaimo.registry.store import Model


@pytest.fixture
async def empty(store_url):
    database = await open_database(store_url)
    yield database
    await database.close()


async def test_the_revisions_lead_to_the_codes_tables(empty):
    registry = Schema("vzaimo.registry", Model.metadata)
    await migrate(empty, [KIT, registry])
    assert await empty.in_thread(lambda connection: differences(connection, registry)) == []
