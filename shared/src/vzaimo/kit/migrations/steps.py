"""What Alembic does for us. It is imported only where a store is not at the code's revision: it costs a third of a second."""

from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from vzaimo.kit.migrations.schema import Schema

SEARCHED = "_fts"
"""Ends the names of what full-text search adds (``kit.search``): only revisions know it, for each store has its own."""


def scripts_of(schema: Schema) -> ScriptDirectory:
    """The line of revisions."""
    with as_file(files(schema.package)) as folder:
        return ScriptDirectory(str(Path(folder) / "migrations"))


def upgrade(connection: Connection, schema: Schema) -> None:
    """Bring one set of tables to its head, within a transaction that is open already."""
    scripts = scripts_of(schema)

    def steps(revision: Any, _context: MigrationContext) -> Any:
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


def differences(connection: Connection, schema: Schema) -> list[Any]:
    """How the store's tables differ from the code's; empty when a revision is not missing."""
    context = MigrationContext.configure(connection, opts=options(schema))
    return list(compare_metadata(context, schema.metadata))
