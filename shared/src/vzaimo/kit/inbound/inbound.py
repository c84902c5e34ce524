"""All subscriptions of a service over one FastStream broker."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from faststream import AckPolicy
from faststream.message import StreamMessage
from faststream.nats import JStream, NatsBroker, NatsMessage
from faststream.nats.security import NatsSecurity, NatsUserPassword
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo
from sqlalchemy import func, select

from vzaimo.kit.bus import DEAD_LETTERS, Access, connect, ensure_stream
from vzaimo.kit.cancellation import wanted
from vzaimo.kit.database import Conflict, StoreUnavailable
from vzaimo.kit.inbound.consumer import HELD, Consumer
from vzaimo.kit.inbound.durable import ensure_durable, made_anew
from vzaimo.kit.inbound.rebuild import Compared, rebuild
from vzaimo.kit.inbound.subscription import Subscription
from vzaimo.kit.inbound.transaction import PARKED
from vzaimo.kit.metrics import Metrics
from vzaimo.kit.work import Works

log = logging.getLogger(__name__)
LINGER = 0.1
"""Seconds for which a stopping process still listens, to give back what was on its way."""
PAUSE = 0.1
"""Seconds until the streams are looked for again; longer each time."""
SUBSCRIBED_WITHIN = 10.0
"""Seconds that an operator's word waits for a process that has just begun."""
WATCH_EVERY = 2.0
"""Seconds between looks at the durables."""


class Inbound:
    """Takes facts from the bus, with one durable consumer a subscription, shared by all replicas."""

    def __init__(
        self, service: str, works: Works, access: Access, subscriptions: Sequence[Subscription], metrics: Metrics
    ) -> None:
        self._service = service
        self._works = works
        self._access = access
        self._metrics = metrics
        self._client: Client | None = None
        self._listening = asyncio.Event()
        """All are subscribed: a durable that is made anew meanwhile would be subscribed to as the client makes it."""
        by_name = {one.durable(service): one for one in subscriptions}
        self.consumers = [
            Consumer(service, one, works=works, others=by_name, jetstream=self._jetstream, metrics=metrics)
            for one in subscriptions
        ]
        self.lag: dict[str, int] = {}
        """By durable: facts that are not handled yet; empty until the bus was asked once."""
        self.behind_since: dict[str, float] = {}
        """By durable: since when (``time.monotonic``) it is not level with its stream."""
        self.caught_up = not subscriptions
        """Whether every copy has once been level with its stream."""
        self.parked = 0

    @property
    def names(self) -> list[str]:
        """The consumers' names."""
        return [one.name for one in self.consumers]

    async def run(self) -> None:
        """Until cancelled."""
        if not self.consumers:
            await asyncio.Event().wait()
        while wanted():
            try:
                await self._read()
            except NatsError as error:
                # Servers that are just choosing who leads say so to whoever subscribes: begin anew.
                log.warning("%s subscribes again: %s", self._service, type(error).__name__)
                await asyncio.sleep(1)

    async def _read(self) -> None:
        broker = self._broker()
        self._client = await connect(self._access, f"{self._service}-inbound")
        try:
            await self._ensure_all()
            await broker.start()
            wanted()  # else nobody would tell those who begin now that we were to end
            self._listening.set()
            async with asyncio.TaskGroup() as tasks:
                for consumer in self.consumers:
                    tasks.create_task(consumer.run())
                tasks.create_task(self._watch())
        finally:
            self._listening.clear()
            await asyncio.sleep(LINGER)
            with contextlib.suppress(NatsError):  # the bus may be away: there is nothing to say good-bye to
                await broker.stop()
            await self._client.close()

    def lag_of(self, aggregate: str) -> timedelta | None:
        """For how long the copy of an aggregate has been behind; none while the bus has not been asked."""
        name = f"{self._service}-{aggregate}"
        if name not in self.lag:
            return None
        since = self.behind_since.get(name)
        return timedelta(seconds=time.monotonic() - since) if since is not None else timedelta()

    async def rewind(self, name: str | None = None, *, since: datetime | None = None) -> int:
        """Take facts again: one consumer or all, from the start of the stream or since a moment. Returns how many wait.

        The inbox and the versions know what was handled: only what was lost has an effect. For a store that was
        restored from an older copy, and after a bug is mended that made facts dead letters. Raises ``LookupError``, and
        ``TimeoutError`` where nothing is read.
        """
        chosen = [one for one in self.consumers if name in {None, one.name}]
        if name is not None and not chosen:
            raise LookupError(name)
        waiting = 0
        if chosen:
            async with asyncio.timeout(SUBSCRIBED_WITHIN):
                await self._listening.wait()
        js = await self._jetstream() if chosen else None
        for consumer in chosen:
            if js is not None:
                waiting += (await made_anew(js, consumer, since)).num_pending or 0
        return waiting

    async def replay(self, name: str, body: bytes) -> None:
        """Handle a fact that was given up, now. Raises whatever its effect raises, and ``ValueError`` for no fact."""
        for consumer in self.consumers:
            if consumer.name == name:
                await consumer.replay(body)
                return
        raise ValueError(f"there is no consumer {name}")

    async def rebuild(self) -> list[Compared]:
        """Build every copy anew beside the live one, compare, and put it in its place.

        Where an effect follows from the copy, what is missing takes its facts again instead.
        """
        if not self.consumers:
            return []
        js = await self._jetstream()
        found = [await rebuild(self._works, js, consumer.subscription, consumer.name) for consumer in self.consumers]
        for consumer, one in zip(self.consumers, found, strict=True):
            if one is not None and one.unhandled:
                await self.rewind(consumer.name)
        return [one for one in found if one is not None]

    def _broker(self) -> NatsBroker:
        broker = NatsBroker(
            self._access.url,
            name=self._service,
            max_reconnect_attempts=-1,
            connect_timeout=3,
            ping_interval=5,
            reconnect_time_wait=1,
            graceful_timeout=5.0,
            logger=None,
            inbox_prefix=self._access.inbox_prefix,
            security=_security(self._access),
            decoder=_undecoded,
            apply_types=False,  # we parse the fact ourselves; solving the handler's arguments costs as much again
        )
        for consumer in self.consumers:
            self._subscribe(broker, consumer)
        return broker

    @staticmethod
    def _subscribe(broker: NatsBroker, consumer: Consumer) -> None:
        @broker.subscriber(
            consumer.subscription.filter,
            queue=consumer.name,  # also the durable's name
            stream=JStream(consumer.subscription.fact.stream, declare=False),
            ack_policy=AckPolicy.MANUAL,
            pending_msgs_limit=HELD * 4,
            title=consumer.name,
        )
        async def receive(message: NatsMessage) -> None:
            await consumer.receive(message)

    async def _jetstream(self) -> JetStreamContext:
        if self._client is None:
            raise NatsError
        return self._client.jetstream()

    async def _ensure_all(self) -> None:
        pause = PAUSE
        while wanted():
            try:
                js = await self._jetstream()
                await ensure_stream(js, DEAD_LETTERS)
                for consumer in self.consumers:
                    await ensure_durable(js, consumer)
            except (NatsError, TimeoutError, OSError) as error:
                # A stream that its owner has not made yet is waited for, as is the bus.
                if pause == PAUSE:  # once: it may take as long as others need to start
                    log.info("%s waits for the streams that it reads: %s", self._service, type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)
                continue
            return

    async def _watch(self) -> None:
        while wanted():
            try:
                js = await self._jetstream()
                for consumer in self.consumers:
                    self._note(consumer.name, await ensure_durable(js, consumer))
                await self._count_parked()
            except (NatsError, TimeoutError, OSError) as error:
                log.debug("the consumers cannot be seen: %s", type(error).__name__)
            except (StoreUnavailable, Conflict):
                log.debug("the parked facts cannot be counted")
            await asyncio.sleep(WATCH_EVERY if self.caught_up else 0.1)

    def _note(self, name: str, info: ConsumerInfo) -> None:
        lag = (info.num_pending or 0) + (info.num_ack_pending or 0)
        self.lag[name] = lag
        self._metrics.lag.labels(name).set(lag)
        if lag:
            self.behind_since.setdefault(name, time.monotonic())
        else:
            self.behind_since.pop(name, None)
        if len(self.lag) == len(self.consumers) and not any(self.lag.values()):
            self.caught_up = True

    async def _count_parked(self) -> None:
        async with self._works.database.read() as tx:
            self.parked = await tx.scalar(select(func.count()).select_from(PARKED))
            oldest = await tx.scalar(select(func.min(PARKED.c.parked_at)))
        self._metrics.parked.set(self.parked)
        self._metrics.parked_age.set((self._works.clock.now() - oldest).total_seconds() if oldest else 0)


async def _undecoded(message: StreamMessage[Any]) -> StreamMessage[Any]:
    """The handler takes the message as it is."""
    return message


def _security(access: Access) -> NatsSecurity:
    if access.user is None:
        return NatsSecurity(ssl_context=access.tls)
    return NatsUserPassword(access.user, access.password or "", ssl_context=access.tls)
