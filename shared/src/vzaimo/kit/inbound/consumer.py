"""One subscription at work: gathers what has arrived, commits it, then acknowledges."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from faststream.nats.message import NatsMessage
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from pydantic import ValidationError

from vzaimo.contracts.event import Fact, UnknownFact, parse
from vzaimo.kit.cancellation import wanted
from vzaimo.kit.database import Conflict, StatementTimeout, StoreUnavailable
from vzaimo.kit.inbound import failures
from vzaimo.kit.inbound.arrival import Arrival
from vzaimo.kit.inbound.subscription import Subscription
from vzaimo.kit.inbound.transaction import handle
from vzaimo.kit.lasting import Lasting
from vzaimo.kit.metrics import Metrics
from vzaimo.kit.telemetry import CONSUMER, span
from vzaimo.kit.work import Works

log = logging.getLogger(__name__)

BATCH = 256
HELD = 512
"""The most messages that are here and not acknowledged."""
ACK_WAIT = 10.0
"""Seconds after which the server hands a message out again if it hears nothing: so long a killed process is missed."""
TURNS = 8
"""Turns of the loop that a message takes through the client and FastStream, and a few more."""
LONGEST_PAUSE = 10.0
TOO_LONG = 3
"""Times in a row that the store cancels a statement of one batch, before that is the batch's own fault. A store that is
merely slow cannot count the failure either, so it makes no dead letter of anything."""
GIVEN_BACK = 1.0
"""Seconds after which a message that a stopping process gives back is handed out: by then it listens no more."""


@dataclass(slots=True)
class Held:
    """A message that is here, and the fact in it."""

    message: NatsMessage
    arrival: Arrival[Fact]


class Consumer:
    """Handles the facts of one aggregate, batch after batch."""

    def __init__(
        self,
        service: str,
        subscription: Subscription,
        *,
        works: Works,
        others: Mapping[str, Subscription],
        jetstream: Callable[[], Awaitable[JetStreamContext]],
        metrics: Metrics,
    ) -> None:
        self.subscription = subscription
        self.name = subscription.durable(service)
        self._service = service
        self._works = works
        self._others = others
        self._jetstream = jetstream
        self._metrics = metrics
        for counter in (metrics.handled, metrics.failed, metrics.dead):
            counter.labels(self.name)  # 0 from the start: the first one that is counted must be seen as a rise
        self._arrived: asyncio.Queue[Held] = asyncio.Queue(HELD * 2)
        self._here: dict[int, Held] = {}
        """What has arrived and is not answered yet."""
        self._failing: set[str] = set()
        self._stopping = False
        self._waiting = Lasting(log)

    async def receive(self, message: NatsMessage) -> None:
        """Take a message from FastStream. What is no fact of ours is given up at once."""
        if self._stopping:
            await message.nack(delay=GIVEN_BACK)
            return
        body = bytes(message.body)
        try:
            event = parse(body)
        except (UnknownFact, ValidationError) as error:
            reason = str(error) if isinstance(error, UnknownFact) else f"not valid: {_where(error)}"
            await self._give_up(message, _message_id(message), body, reason)
            return
        held = Held(message, Arrival(event, body))
        self._here[id(held)] = held
        await self._arrived.put(held)

    async def run(self) -> None:
        """Until cancelled. A batch in hand is finished first, unless it waits for the store."""
        self._stopping = False
        beat = asyncio.create_task(self._keep_alive())
        try:
            while wanted():
                batch = await self._gathered()
                await self._commit(batch)
                for held in batch:
                    del self._here[id(held)]
        finally:
            beat.cancel()
            await self._give_back()

    async def _gathered(self) -> list[Held]:
        """What has arrived, at least one; while a few turns of the loop bring more, that is taken along."""
        batch, idle = [await self._arrived.get()], 0
        while len(batch) < BATCH and idle < TURNS:
            if self._arrived.empty():
                idle += 1
                await asyncio.sleep(0)
            else:
                idle = 0
                batch.append(self._arrived.get_nowait())
        return batch

    async def _give_back(self) -> None:
        """Let the server hand out what is left here to the next process soon, not after ``ACK_WAIT``."""
        self._stopping = True
        left, self._here, self._arrived = list(self._here.values()), {}, asyncio.Queue(HELD * 2)
        for held in left:
            with contextlib.suppress(Exception):  # the bus may be away, or the message acknowledged already
                await held.message.nack(delay=GIVEN_BACK)

    async def replay(self, body: bytes) -> None:
        """Handle one fact beside the stream."""
        arrival = Arrival(parse(body), body)
        await handle(self._works, self._service, self.subscription, [arrival], self._others)
        await failures.forget(self._works, self.name, str(arrival.event.id))

    async def _commit(self, batch: Sequence[Held]) -> None:
        try:
            await self._patiently(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this fact's own fault
            if len(batch) == 1:
                await self._failed(batch[0], error)
                return
            # One of them is poison: each alone, so that it delays nobody else.
            for held in batch:
                await self._commit([held])

    async def _patiently(self, batch: Sequence[Held]) -> None:
        pause, cancelled = 0.01, 0
        while wanted():
            try:
                with self._span(batch):
                    new = await handle(
                        self._works, self._service, self.subscription, [held.arrival for held in batch], self._others
                    )
            except (StoreUnavailable, Conflict) as error:
                cancelled = cancelled + 1 if isinstance(error, StatementTimeout) else 0
                if cancelled == TOO_LONG:
                    raise
                self._waiting.goes_on("%s waits for the store: %s", self.name, error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            self._waiting.is_over()
            self._metrics.handled.labels(self.name).inc(new)
            for held in batch:
                if (event_id := str(held.arrival.event.id)) in self._failing:
                    await self._forget(event_id)
                # A lost acknowledgement means that it is handed out again, and the inbox knows it.
                with contextlib.suppress(NatsError, OSError):
                    await held.message.ack()
            return

    def _span(self, batch: Sequence[Held]) -> contextlib.AbstractContextManager[None]:
        events = [held.arrival.event for held in batch]
        names = ", ".join(dict.fromkeys(one.name for one in events))
        said: dict[str, str | int] = {"vzaimo.facts": names, "messaging.batch.message_count": len(events)}
        return span(f"consume {self.name}", *(one.traceparent for one in events), kind=CONSUMER, **said)

    async def _failed(self, held: Held, error: Exception) -> None:
        event_id = str(held.arrival.event.id)
        self._metrics.failed.labels(self.name).inc()
        log.error("%s cannot handle fact %s: %s", self.name, event_id, type(error).__name__, exc_info=error)
        while wanted():
            try:
                tries = await failures.count(self._works, self.name, event_id, type(error).__name__)
                break
            except (StoreUnavailable, Conflict):
                await asyncio.sleep(1)
        self._failing.add(event_id)
        if tries < failures.TRIES:
            delay = failures.DELAYS[min(tries, len(failures.DELAYS)) - 1].total_seconds()
            with contextlib.suppress(NatsError, OSError):
                await held.message.nack(delay=delay)
            return
        await self._give_up(held.message, event_id, held.arrival.body, f"{type(error).__name__}: {error}")
        await self._forget(event_id)

    async def _forget(self, event_id: str) -> None:
        self._failing.discard(event_id)
        # A count that stays behind is only ever looked at again when this fact fails again.
        with contextlib.suppress(StoreUnavailable, Conflict):
            await failures.forget(self._works, self.name, event_id)

    async def _give_up(self, message: NatsMessage, message_id: str, body: bytes, reason: str) -> None:
        self._metrics.dead.labels(self.name).inc()
        if self.subscription.fact.stream == "CONTACTS":
            # Personal data go nowhere else; the id says which message it was.
            log.error("%s gives up contact data %s", self.name, message_id)
        else:
            log.error("%s gives up fact %s: %s", self.name, message_id, reason)
            await self._bury(message, message_id, body, reason)
        with contextlib.suppress(NatsError, OSError):
            await message.reject()

    async def _bury(self, message: NatsMessage, message_id: str, body: bytes, reason: str) -> None:
        raw = message.raw_message
        headers = {"reason": reason[:500].replace("\n", " "), "subject": raw.subject}
        if traceparent := (raw.headers or {}).get("traceparent"):
            headers["traceparent"] = traceparent
        pause = 0.1
        while wanted():
            try:
                js = await self._jetstream()
                await failures.give_up(js, consumer=self.name, message_id=message_id, body=body, headers=headers)
            except (NatsError, TimeoutError, OSError) as error:
                log.warning("a dead letter of %s waits for the bus: %s", self.name, type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            return

    async def _keep_alive(self) -> None:
        """Tell the server that what is here is in good hands, also while it waits for a store that is away."""
        while wanted():
            await asyncio.sleep(ACK_WAIT / 3)
            for held in list(self._here.values()):
                with contextlib.suppress(NatsError, OSError):
                    await held.message.raw_message.in_progress()


def _message_id(message: NatsMessage) -> str:
    metadata = message.raw_message.metadata
    return str((message.raw_message.headers or {}).get("Nats-Msg-Id") or metadata.sequence.stream)


def _where(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['type']}" for one in error.errors()[:5])
