"""Every service's revisions lead to the tables that its code has, on both stores."""

import pytest

from vzaimo.calendar.store import Model as Calendar
from vzaimo.kit.database import open_database
from vzaimo.kit.migrations import KIT, Schema, check, migrate
from vzaimo.kit.migrations.steps import differences, scripts_of
from vzaimo.notify.store import Model as Notify
from vzaimo.registry.store import Model as Registry
from vzaimo.requests.store import Model as Requests

SERVICES = {"registry": Registry, "calendar": Calendar, "requests": Requests, "notify": Notify}


@pytest.mark.parametrize("name", SERVICES)
async def test_an_empty_store_is_brought_to_the_services_tables(store_url, name):
    own = Schema(f"vzaimo.{name}", SERVICES[name].metadata)
    database = await open_database(store_url)
    try:
        await migrate(database, [KIT, own])
        await check(database, [KIT, own])
        assert await database.in_thread(lambda connection: differences(connection, own)) == []
    finally:
        await database.close()


@pytest.mark.parametrize("name", [*SERVICES, "kit"])
def test_the_names_of_the_files_say_what_alembic_reads_in_them(name):
    schema = KIT if name == "kit" else Schema(f"vzaimo.{name}", SERVICES[name].metadata)
    assert [one.revision for one in scripts_of(schema).walk_revisions()][::-1] == list(schema.revisions)
