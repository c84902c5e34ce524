"""The loop: heal, then publish what is pending, batch by batch, in the order of the log."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from nats.aio.client import Client
from nats.errors import Error as NatsError

from vzaimo.kit import telemetry
from vzaimo.kit.bus import Stream
from vzaimo.kit.cancellation import wanted
from vzaimo.kit.clock import Clock
from vzaimo.kit.database import Conflict, StoreUnavailable
from vzaimo.kit.metrics import Metrics
from vzaimo.kit.publisher import Answer, Publisher, Refused
from vzaimo.kit.relay.batch import messages, trace, up_to_gaps
from vzaimo.kit.relay.healing import heal
from vzaimo.kit.relay.log import Log, Pending, Verdict

log = logging.getLogger(__name__)

BATCH = 1000
POLL = 1.0
"""Seconds between looks at the log when nobody wakes us."""
STANDBY = 2.0
"""Seconds between tries to become the one that publishes."""
LONGEST_PAUSE = 10.0
MEASURE_EVERY = 2.0


@dataclass(slots=True)
class RelayState:
    """What health and metrics read, without a query."""

    connected: bool = False
    leads: bool | None = None
    """Whether this process publishes; none until the store was asked."""
    behind: Verdict | None = None
    """The store is older than this stream: commands must be refused."""
    backlog: int = 0
    oldest: datetime | None = None
    away_since: datetime | None = None
    healed: list[Verdict] = field(default_factory=list)


class Relay:
    """Publishes one service's facts. Many processes may run one; on PostgreSQL one of them leads."""

    def __init__(
        self,
        outbox: Log,
        streams: Sequence[Stream],
        connect: Callable[[Callable[[], None]], Awaitable[Client]],
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._outbox = outbox
        self._streams = streams
        self._connect = connect
        self._clock = clock
        self._metrics = metrics
        self._awake = asyncio.Event()
        self._healed = False
        self._idle = asyncio.Event()
        self._ahead: list[Pending] = []
        self._ends: dict[str, int] = {}
        """By stream: the sequence at which it ends, as far as we know."""
        self.state = RelayState()
        self.state.away_since = clock.now()

    def wake(self) -> None:
        """Facts were committed."""
        self._idle.clear()
        self._awake.set()

    def heal_again(self) -> None:
        """The connection is new, or an answer is missing: stream and log may differ."""
        self._healed = False
        self.wake()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._outbox.listen(self.wake))
                tasks.create_task(self._measure())
                tasks.create_task(self._work())
        finally:
            self.state.leads = False
            await self._outbox.close()

    async def drained(self, patience: float) -> bool:
        """Wait until everything is published, or for so many seconds; not for what another process publishes."""
        if self.state.leads is False:
            return True
        self.wake()
        try:
            async with asyncio.timeout(patience):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    async def _work(self) -> None:
        client = await self._connect(self.heal_again)
        publisher, pause, told = Publisher(client), 0.05, ""
        try:
            while wanted():
                self._seen(client)
                try:
                    progress = await self._step(client, publisher)
                except (StoreUnavailable, Conflict, NatsError, TimeoutError, OSError) as error:
                    if (said := str(error) or type(error).__name__) != told:  # once, not at each try
                        log.warning("facts wait: %s", said)
                    told, self._healed, progress = said, False, False
                if progress is not False:
                    told = ""
                if progress is None:
                    pause = 0.05
                    self._idle.set()
                    await self._sleep(POLL)
                elif progress:
                    pause = 0.05
                else:
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE)
        finally:
            await client.close()

    async def _step(self, client: Client, publisher: Publisher) -> bool | None:
        """Publish a batch. True: go on; None: nothing to do; False: something is missing, wait a little."""
        self.state.leads = await self._outbox.lead()
        self._metrics.leader.set(self.state.leads)
        if not self.state.leads:
            self._healed = False
            await asyncio.sleep(STANDBY)
            return True
        if not client.is_connected:
            self._healed = False
            return False
        if not self._healed:
            self._healed = True
            await self._heal(client)
        if self.state.behind is not None:
            self._healed = False  # another process may be reconciling the store
            return None
        batch, self._ahead = self._ahead or await self._outbox.pending(BATCH), []
        if not batch:
            return None
        began = telemetry.now()
        answers = await self._publish(publisher, batch)
        trace(batch, answers, began)
        return await self._note(batch, answers)

    async def _publish(self, publisher: Publisher, batch: Sequence[Pending]) -> Sequence[Answer]:
        """Publish a batch; where there is more, the next one is read meanwhile."""
        publishing = asyncio.create_task(publisher.publish(messages(batch, self._ends)))
        try:
            if len(batch) == BATCH:
                self._ahead = await self._outbox.pending(BATCH, after=batch[-1].id)
            return await publishing
        except BaseException:
            # What was sent and not noted is recognised by its id when it is sent again.
            publishing.cancel()
            await asyncio.wait([publishing])
            raise

    async def _heal(self, client: Client) -> None:
        self._ahead = []
        verdicts = [await heal(self._outbox, client.jetstream(), stream) for stream in self._streams]
        self._ends = {one.stream: one.common for one in verdicts}
        self.state.healed = [*self.state.healed, *(one for one in verdicts if one.lost or one.adopted)][-20:]
        await self._tell(next((one for one in verdicts if one.unknown is not None), None))

    async def _tell(self, behind: Verdict | None) -> None:
        """Refuse commands here and in every replica while the store is older than a stream: only who leads looks."""
        if behind is not None and self.state.behind is None:
            log.error(
                "the store is older than stream %s: the log does not know what sequence %d holds. "
                "Commands are refused; run `vzaimo reconcile` for this service",
                behind.stream,
                behind.unknown,
            )
        self.state.behind = behind
        if behind is not None or await self._outbox.behind() is not None:
            await self._outbox.tell_behind(behind)

    async def _note(self, batch: Sequence[Pending], answers: Sequence[Answer]) -> bool:
        acks, gaps = up_to_gaps(batch, answers)
        if acks:
            await self._outbox.record([(fact.id, seq) for fact, seq in acks])
            self._ends |= {fact.stream: seq for fact, seq in acks}
            self._metrics.published.inc(len(acks))
        for fact, answer in zip(batch, answers, strict=True):
            if isinstance(answer, Refused):
                log.error("the bus refuses fact %s for good: %s", fact.event_id, answer.reason)
                await self._outbox.set_aside(fact.id, answer.reason)
                self._metrics.set_aside.inc()
        if gaps:
            # Whether the rest arrived is unknown; the streams are asked before it is sent again.
            log.info("what came of some facts is not known; looking into %s", ", ".join(sorted(gaps)))
            self._healed, self._ahead = False, []
            return False
        return True

    async def _sleep(self, longest: float) -> None:
        try:
            # Not wait_for: before Python 3.12 it can swallow a cancellation that comes together with the event.
            async with asyncio.timeout(longest):
                await self._awake.wait()
        except TimeoutError:
            return
        finally:
            self._awake.clear()

    def _seen(self, client: Client) -> None:
        connected = client.is_connected
        if connected != self.state.connected or (not connected and self.state.away_since is None):
            self.state.away_since = None if connected else self._clock.now()
        self.state.connected = connected

    async def _measure(self) -> None:
        while wanted():
            try:
                self.state.backlog, self.state.oldest = await self._outbox.backlog()
                if self.state.leads is False:
                    self.state.behind = await self._outbox.behind()
            except (StoreUnavailable, Conflict):
                log.debug("the backlog is not known at the moment")
            self._metrics.outbox_depth.set(self.state.backlog)
            self._metrics.store_older.set(self.state.behind is not None)
            age = (self._clock.now() - self.state.oldest).total_seconds() if self.state.oldest else 0.0
            self._metrics.outbox_age.set(max(0.0, age))
            await asyncio.sleep(MEASURE_EVERY)
