"""Empty stores get a service's tables without Alembic, which takes a fifth of a second for them.

The first store of each kind and service in a process is migrated, and what was said to it is kept; the next ones are
told the same. That the revisions lead to the code's tables is shown elsewhere, with ``migrate`` itself.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, inspect, make_url
from sqlalchemy.pool import NullPool

from vzaimo.kit.migrations import Schema, steps

_SAID: dict[tuple[str, str], list[tuple[str, Any]]] = {}
"""By dialect and service: statements as the driver takes them, with their parameters."""
_DRIVERS = {"postgresql": "postgresql+psycopg", "sqlite": "sqlite+pysqlite"}


def prepare(url: str, schemas: Sequence[Schema]) -> None:
    """Give an empty store these tables; one that has any is left alone."""
    place = make_url(url)
    dialect = place.get_backend_name()
    if dialect == "sqlite":
        Path(str(place.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(place.set(drivername=_DRIVERS[dialect]), poolclass=NullPool)
    with engine.begin() as connection:
        if inspect(connection).get_table_names():
            return
        key = dialect, schemas[-1].package
        if key not in _SAID:
            _SAID[key] = _migrated(connection, schemas)
            return
        for statement, parameters in _SAID[key]:
            connection.exec_driver_sql(statement, parameters)


def _migrated(connection: Connection, schemas: Sequence[Schema]) -> list[tuple[str, Any]]:
    said: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA")):
            said.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    for schema in schemas:
        steps.upgrade(connection, schema)
    return said
