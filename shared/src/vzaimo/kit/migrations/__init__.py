"""Alembic for both stores: a service's own tables and the kit's, each with a line of revisions of its own.

The whole upgrade is one transaction: a process killed in mid-upgrade leaves the schema as it was. Replicas that
start together wait for each other.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, text

from vzaimo.kit.database import Database
from vzaimo.kit.roles import RoleRow

PATIENCE = "60s"
"""How long a replica waits for another one's upgrade."""

SEARCHED = "_fts"
"""Ends the names of what full-text search adds (``kit.search``): only revisions know it, for each store has its own."""


class WrongSchema(Exception):
    """The store's schema is not the code's. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Schema:
    """A set of tables and the package below which ``migrations/versions`` leads to it."""

    package: str
    metadata: MetaData

    @property
    def version_table(self) -> str:
        """Where the store remembers the revision."""
        return f"{self.package.rpartition('.')[2]}_revision"

    @property
    def scripts(self) -> ScriptDirectory:
        """The line of revisions."""
        with as_file(files(self.package)) as folder:
            return ScriptDirectory(str(Path(folder) / "migrations"))


KIT = Schema("vzaimo.kit", RoleRow.metadata)  # by way of the one table that stands outside kit.tables


async def migrate(database: Database, schemas: Sequence[Schema]) -> None:
    """Bring the store to the code's schema.

    Raises ``WrongSchema`` when the store is newer than the code.
    """
    await database.in_thread(lambda connection: upgrade(connection, schemas))


async def check(database: Database, schemas: Sequence[Schema]) -> None:
    """Raise ``WrongSchema`` unless the store has exactly the code's schema."""

    def compare(connection: Connection) -> None:
        for schema in schemas:
            found, wanted = current(connection, schema), schema.scripts.get_current_head()
            if found != wanted:
                _refuse_newer(schema, found)
                raise WrongSchema(
                    f"{schema.package} needs schema {wanted}, the store has {found or 'none'}: migrate it first"
                )

    await database.in_thread(compare)


def upgrade(connection: Connection, schemas: Sequence[Schema]) -> None:
    """The same within a transaction that is open already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        key = zlib.crc32(b"vzaimo schema")
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
    for schema in schemas:
        _refuse_newer(schema, current(connection, schema))
        scripts = schema.scripts

        def steps(revision: Any, _context: MigrationContext, scripts: ScriptDirectory = scripts) -> Any:
            return scripts._upgrade_revs("head", revision)  # noqa: SLF001 - what Alembic's own command calls

        with EnvironmentContext(Config(), scripts, fn=steps) as environment:
            environment.configure(connection=connection, **options(schema))
            environment.run_migrations()


def options(schema: Schema) -> dict[str, Any]:
    """How Alembic looks at one of several sets of tables in a store."""
    own = set(schema.metadata.tables)

    def ours(name: str | None, kind: str, _parents: Any) -> bool:
        if kind == "index":
            return not (name or "").endswith(SEARCHED)
        return kind != "table" or name in own

    return {
        "target_metadata": schema.metadata,
        "version_table": schema.version_table,
        "include_name": ours,
        "render_as_batch": True,  # SQLite alters a table by copying it
        "transactional_ddl": True,
    }


def current(connection: Connection, schema: Schema) -> str | None:
    """The revision that the store is at."""
    context = MigrationContext.configure(connection, opts={"version_table": schema.version_table})
    return context.get_current_revision()


def differences(connection: Connection, schema: Schema) -> list[Any]:
    """How the store's tables differ from the code's; empty when a revision is not missing."""
    context = MigrationContext.configure(connection, opts=options(schema))
    return list(compare_metadata(context, schema.metadata))


def _refuse_newer(schema: Schema, revision: str | None) -> None:
    if revision is None:
        return
    try:
        schema.scripts.get_revision(revision)
    except CommandError as error:
        raise WrongSchema(
            f"{schema.package}: the store's schema {revision} is newer than this code knows; "
            "start the newer version, or restore the backup taken before the upgrade"
        ) from error
