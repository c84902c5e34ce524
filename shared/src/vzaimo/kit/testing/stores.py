"""Empty stores get a service's tables without its revisions, which take a third of a second for them.

One store of each kind and service is migrated, and the next ones are copies of it. That the revisions lead to the
code's tables is shown elsewhere, with ``migrate`` itself.
"""

import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg
from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.pool import NullPool

from vzaimo.kit.migrations import Schema
from vzaimo.kit.testing import postgres

_DRIVERS = {"postgresql": "postgresql+psycopg", "sqlite": "sqlite+pysqlite"}
_MIGRATED: dict[str, bytes] = {}
"""By service: a file of SQLite with its tables."""


def prepare(url: str, schemas: Sequence[Schema]) -> None:
    """Give an empty store these tables; one that has any is left alone."""
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        _copy_file(Path(str(place.database)), schemas)
    else:
        _copy_database(url, schemas)


def _copy_file(path: Path, schemas: Sequence[Schema]) -> None:
    if path.exists() and path.stat().st_size:
        return
    package = schemas[-1].package
    if package not in _MIGRATED:
        with tempfile.TemporaryDirectory() as folder:
            first = Path(folder) / "store.db"
            _migrate(make_url(f"sqlite:///{first}"), schemas)
            with closing(sqlite3.connect(first)) as store:
                store.execute("PRAGMA journal_mode=WAL")
            _MIGRATED[package] = first.read_bytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_MIGRATED[package])


def _copy_database(url: str, schemas: Sequence[Schema]) -> None:
    with psycopg.connect(url) as connection:
        if connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone():
            return
    template = f"{schemas[-1].package}.migrated"
    postgres.fill(url, template, lambda empty: _migrate(make_url(empty), schemas))


def _migrate(place: URL, schemas: Sequence[Schema]) -> None:
    from vzaimo.kit.migrations import steps

    engine = create_engine(place.set(drivername=_DRIVERS[place.get_backend_name()]), poolclass=NullPool)
    with engine.begin() as connection:
        for schema in schemas:
            steps.upgrade(connection, schema)
