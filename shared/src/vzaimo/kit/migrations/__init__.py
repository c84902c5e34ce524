"""Alembic for both stores: a service's own tables and the kit's, each with a line of revisions of its own.

The whole upgrade is one transaction: a process killed in mid-upgrade leaves the schema as it was. Replicas that
start together wait for each other.
"""

import zlib
from collections.abc import Sequence

from sqlalchemy import Connection, text

from vzaimo.kit.database import Database
from vzaimo.kit.migrations.schema import NewerSchema, Schema, WrongSchema, current, refuse_newer
from vzaimo.kit.roles import RoleRow

__all__ = ["KIT", "NewerSchema", "Schema", "WrongSchema", "check", "current", "migrate"]

PATIENCE = "60s"
"""How long a replica waits for another one's upgrade."""

KIT = Schema("vzaimo.kit", RoleRow.metadata)  # by way of the one table that stands outside kit.tables


async def migrate(database: Database, schemas: Sequence[Schema]) -> None:
    """Bring the store to the code's schema.

    Raises ``NewerSchema`` when the store is newer than the code.
    """

    def upgrade(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            key = zlib.crc32(b"vzaimo schema")
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
        for schema in schemas:
            found = current(connection, schema)
            refuse_newer(schema, found)
            if found != schema.revisions[-1]:
                from vzaimo.kit.migrations import steps

                steps.upgrade(connection, schema)

    await database.in_thread(upgrade)


async def check(database: Database, schemas: Sequence[Schema]) -> None:
    """Raise ``WrongSchema`` unless the store has exactly the code's schema."""

    def compare(connection: Connection) -> None:
        for schema in schemas:
            found, wanted = current(connection, schema), schema.revisions[-1]
            if found != wanted:
                refuse_newer(schema, found)
                raise WrongSchema(
                    f"{schema.package} needs schema {wanted}, the store has {found or 'none'}: migrate it first"
                )

    await database.look(compare)
