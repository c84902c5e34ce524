"""The revisions of requests lead to the tables of its code, on both stores."""

from vzaimo.kit.database import open_database
from vzaimo.kit.migrations import differences, migrate
from vzaimo.requests.main import parts


async def test_an_empty_store_is_brought_to_the_tables_of_the_code(store_url):
    database, schemas = await open_database(store_url), parts().schemas
    try:
        await migrate(database, schemas)
        for schema in schemas:
            assert await database.in_thread(lambda connection, one=schema: differences(connection, one)) == []
    finally:
        await database.close()
