"""A set of tables and the line of revisions that leads to it."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sqlalchemy import Connection, MetaData, column, inspect, select, table


class WrongSchema(Exception):
    """The store's schema is not the code's. The message says what to do."""


class NewerSchema(WrongSchema):
    """The store is newer than the code."""


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
    def revisions(self) -> tuple[str, ...]:
        """What the code knows, in order: the four digits with which each file's name begins."""
        return _revisions(self.package)


@cache
def _revisions(package: str) -> tuple[str, ...]:
    names = [path.name for path in (files(package) / "migrations" / "versions").iterdir()]
    return tuple(sorted(name[:4] for name in names if name[:4].isdigit()))


def current(connection: Connection, schema: Schema) -> str | None:
    """The revision that the store is at."""
    if not inspect(connection).has_table(schema.version_table):
        return None
    found: str | None = connection.scalar(select(column("version_num")).select_from(table(schema.version_table)))
    return found


def refuse_newer(schema: Schema, revision: str | None) -> None:
    """Raise ``NewerSchema`` for a revision that the code does not know."""
    if revision is not None and revision not in schema.revisions:
        raise NewerSchema(
            f"{schema.package}: the store's schema {revision} is newer than this code knows; "
            "start the newer version, or restore the backup taken before the upgrade"
        )
