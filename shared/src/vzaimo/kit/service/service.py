"""A service put together: store, gateway, relay, consumers, timers."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from sqlalchemy import select

from vzaimo.kit.bus import Standing, Stream, connect
from vzaimo.kit.clock import Clock
from vzaimo.kit.database import Conflict, Database, StoreUnavailable, Transaction
from vzaimo.kit.forgetting import forget
from vzaimo.kit.http import Gate, Health, complete, create_app
from vzaimo.kit.http.limits import Limits
from vzaimo.kit.identity import Tokens
from vzaimo.kit.inbound import Inbound
from vzaimo.kit.metrics import Metrics
from vzaimo.kit.relay import Relay, open_log, reconcile
from vzaimo.kit.service.operator import operator_routes
from vzaimo.kit.service.parts import Parts
from vzaimo.kit.service.readiness import Readiness
from vzaimo.kit.service.stalls import watch
from vzaimo.kit.settings import Settings
from vzaimo.kit.tables import python_type
from vzaimo.kit.timers import Timers
from vzaimo.kit.work import Works

log = logging.getLogger(__name__)

DRAIN = 10.0
"""Seconds that the relay has to publish what is left when the service stops."""
INSIST = 8.0
"""Seconds after which a loop that was told to end is told again."""
SWEEP_EVERY = 60.0


class Service:
    """One process of a service."""

    def __init__(self, parts: Parts, settings: Settings, database: Database, clock: Clock) -> None:
        self.parts = parts
        self.settings = settings
        self.works = Works(database, clock)
        self.metrics = Metrics()
        self.health = Health()
        self.failures: list[BaseException] = []
        """What ended a loop that should run as long as the service."""
        self.on_failure: Callable[[], None] = lambda: None
        self._outbox = open_log(database)
        self._works_now = settings.role in {"all", "worker"}
        streams = [Stream(one.name, one.subjects, one.last_only, settings.stream_replicas) for one in parts.streams]
        standing = Standing()
        self.relay = Relay(
            self._outbox,
            streams,
            lambda back: connect(settings.access, f"{parts.name}-relay", back=back, standing=standing),
            clock,
            self.metrics,
        )
        self.inbound = Inbound(parts.name, self.works, settings.access, parts.subscriptions, self.metrics)
        self.timers = Timers(self.works, dict(parts.timers))
        self.works.committed.append(self.relay.wake)
        self.readiness = Readiness(
            parts, settings, self.works, relay=self.relay, inbound=self.inbound, standing=standing
        )
        self.health.checks = {
            "store": self.readiness.check_store,
            "schema": self.readiness.check_schema,
            "bus": self.readiness.check_bus,
            "copies": self.readiness.check_copies,
        }

    @property
    def streams(self) -> Sequence[Stream]:
        """The streams that the service owns."""
        return self.parts.streams

    def app(self) -> FastAPI:
        """The gateway."""
        settings = self.settings
        gate = Gate(
            works=self.works,
            tokens=Tokens(issuer=settings.issuer, audience=settings.audience, jwks=settings.jwks),
            positions=self._positions(),
            writes_allowed=self.readiness.writes_allowed,
            limits=Limits(
                per_person=settings.calls_per_person,
                per_address=settings.calls_per_address,
                trusted_proxies=settings.trusted_proxies,
            ),
            extras=self.parts.extras,
        )
        return create_app(
            service=self.parts.name,
            title=self.parts.title,
            version=version(f"vzaimo-{self.parts.name}"),
            routers=self.parts.routers,
            wording=complete(self.parts.wording, [f"vzaimo.{self.parts.name}", "vzaimo.kit"]),
            gate=gate,
            health=self.health,
            metrics=self.metrics,
            forms=self.parts.forms,
            operator=operator_routes(self),
            secret_paths=self.parts.secret_paths,
        )

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Relay, consumers, timers and the service's own loops, while the block is open."""
        async with contextlib.AsyncExitStack() as stack:
            loops: list[Coroutine[Any, Any, None]] = [watch(self.metrics)]
            if self._works_now:
                loops += [self.inbound.run(), self.timers.run(), self._sweep()]
                loops += [loop(self) for loop in self.parts.loops]
            relay = asyncio.create_task(self.relay.run(), name="relay")
            tasks = [asyncio.create_task(loop) for loop in loops]
            for task in (relay, *tasks):
                task.add_done_callback(self._ended)

            async def stop() -> None:
                await _end(tasks)
                if not (self.relay.state.connected and await self.relay.drained(DRAIN)):
                    log.warning("facts may be left: they are published by whoever starts next")
                await _end([relay])

            stack.push_async_callback(stop)
            yield

    async def reconcile(self) -> int:
        """Take back from our own streams what a restored store lost. Returns how many facts that were."""
        client = await connect(self.settings.access, f"{self.parts.name}-reconcile", patience=DRAIN)
        outbox = None
        try:
            outbox, taken = open_log(self.works.database), 0
            for stream in self.streams:
                taken += await reconcile(self.works, outbox, client.jetstream(), stream, self.parts.adopt)
        finally:
            await client.close()
            if outbox is not None:
                await outbox.close()
        self.relay.heal_again()
        if self._works_now:
            await self.inbound.rewind()
        return taken

    def _ended(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.critical("a loop of %s failed", self.parts.name, exc_info=error)
            self.failures.append(error)
            self.on_failure()

    def _positions(self) -> dict[str, Callable[[Transaction, str], Awaitable[int | None]]]:
        tables = {one.fact.aggregate: one.copy.table for one in self.parts.subscriptions if one.copy}
        tables |= dict(self.parts.own)

        def reader(table: Any) -> Callable[[Transaction, str], Awaitable[int | None]]:
            key = next(iter(table.primary_key.columns))

            async def read(tx: Transaction, value: str) -> int | None:
                try:
                    wanted = python_type(key)(value)
                except ValueError:
                    return None
                found: int | None = await tx.scalar(select(table.c.version).where(key == wanted))
                return found

            return read

        return {name: reader(table) for name, table in tables.items() if len(table.primary_key.columns) == 1}

    async def _forget(self) -> None:
        """Forget what is old: answers to repeated commands, handled facts, failures."""
        try:
            await forget(self.works)
        except (StoreUnavailable, Conflict):
            log.debug("what is old is forgotten the next time")

    async def _sweep(self) -> None:
        while True:
            await self._forget()
            for name, counted in self.parts.sweeps.items():
                try:
                    async with self.works.database.read() as tx:
                        found = await counted(tx)
                except (StoreUnavailable, Conflict):
                    continue
                self.metrics.impossible.labels(name).set(found)
                if found:
                    log.error("%s: %d, and it must be 0", name, found)
            await asyncio.sleep(SWEEP_EVERY)


async def _end(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Cancel, and insist: before Python 3.12 a ``wait_for`` in a library may swallow a cancellation.

    Not too soon: a task that is closing its connections would leave them open if it were cancelled again.
    """
    open_tasks = {task for task in tasks if not task.done()}
    while open_tasks:
        for task in open_tasks:
            task.cancel()
        _, open_tasks = await asyncio.wait(open_tasks, timeout=INSIST)
