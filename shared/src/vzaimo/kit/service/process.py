"""The process of a service."""

import contextlib
import logging
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

import uvicorn
from sqlalchemy.exc import OperationalError

from vzaimo.kit import logs, telemetry
from vzaimo.kit.clock import Clock, SystemClock
from vzaimo.kit.database import StoreUnavailable, open_database
from vzaimo.kit.http import Health
from vzaimo.kit.migrations import WrongSchema, migrate
from vzaimo.kit.service.parts import Parts
from vzaimo.kit.service.service import Service
from vzaimo.kit.settings import Settings

log = logging.getLogger(__name__)

FINISH = 10
"""Seconds that requests in hand have when the service stops."""
KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than proxies keep theirs, or they send on one that we close."""
WRONG_SCHEMA = 3
"""The status of a process that must not be started again: a person has to choose another version."""


@asynccontextmanager
async def opened(parts: Parts, settings: Settings, clock: Clock | None = None) -> AsyncIterator[Service]:
    """A service with its store open and migrated; nothing runs yet."""
    database = await open_database(settings.database_url.get_secret_value())
    try:
        await migrate(database, parts.schemas)
        yield Service(parts, settings, database, clock or SystemClock())
    finally:
        await database.close()


async def serve(parts: Parts, settings: Settings) -> None:
    """Run until SIGTERM or SIGINT: then refuse traffic, finish what is in hand, publish what is left."""
    async with opened(parts, settings) as service:
        store = settings.database_url.get_secret_value().partition(":")[0]
        log.info("%s %s starts: role %s, over %s", parts.name, _version(parts), settings.role, store)
        config = uvicorn.Config(
            service.app(),
            host=settings.http_host,
            port=settings.http_port,
            log_config=None,
            access_log=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=FINISH,
            lifespan="off",
            server_header=False,
        )
        # A loop that fails is a bug: the process ends, and whoever started it starts it again.
        service.on_failure = lambda: signal.raise_signal(signal.SIGTERM)
        async with service.working():
            await _listen(_Server(config, service.health, settings.drain_seconds))
        log.info("%s has stopped", parts.name)
        if service.failures:
            raise SystemExit(1)


async def _listen(server: "_Server") -> None:
    try:
        await server.serve()
    except SystemExit:
        # Uvicorn ends with a status of its own, which means something else here; it has said what the system said.
        log.critical("nobody can listen there: VZAIMO_HTTP_HOST or VZAIMO_HTTP_PORT is wrong, or somebody does already")
        raise SystemExit(1) from None


def run(parts: Parts, settings: Settings) -> None:
    """The process of a service. A store that cannot be used ends it with one line that says why."""
    import uvloop

    logs.start(parts.name, settings.log_level, settings.log_format)
    telemetry.start(parts.name, _version(parts))
    try:
        with contextlib.suppress(KeyboardInterrupt):
            uvloop.run(serve(parts, settings))
    except WrongSchema as error:
        log.critical("%s", error)
        raise SystemExit(WRONG_SCHEMA) from None
    except (StoreUnavailable, OperationalError) as error:
        log.critical("the store of %s cannot be opened: %s", parts.name, str(error).partition("\n")[0])
        raise SystemExit(1) from None


def _version(parts: Parts) -> str:
    return version(f"vzaimo-{parts.name}")


class _Server(uvicorn.Server):
    """Goes in an order that no caller notices: not ready, served on for a while, then closed."""

    def __init__(self, config: uvicorn.Config, health: Health, drain: float) -> None:
        super().__init__(config)
        self._health = health
        self._drain = drain
        self._ends_at: float | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hear the signals as long as HTTP is served.

        Uvicorn would raise them once more afterwards, which ends the process before relay and consumers have.
        """
        before = {one: signal.signal(one, self.handle_exit) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Say that we are not ready before connections are closed."""
        self._health.closing = True
        super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Whether to close. Balancers hear that we leave only a while after us, and send requests until then."""
        leaving, now = await super().on_tick(counter), time.monotonic()
        if leaving and self._ends_at is None:
            self._ends_at = now + self._drain
        return leaving and (self.force_exit or self._ends_at is None or now >= self._ends_at)
