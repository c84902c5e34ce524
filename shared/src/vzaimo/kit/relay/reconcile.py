"""A store that was restored from an older copy learns from its own stream what it once knew."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from pydantic import ValidationError
from sqlalchemy import insert

from vzaimo.contracts.event import CloudEvent, Fact, UnknownFact, parse
from vzaimo.kit.bus import Stream
from vzaimo.kit.cause import Cause
from vzaimo.kit.outbox import cities_of
from vzaimo.kit.relay.healing import heal, messages_from
from vzaimo.kit.relay.log import Log
from vzaimo.kit.tables import OutboxRow, table_of
from vzaimo.kit.work import Work, Works

Adopt = Callable[[Work, Sequence[Fact]], Awaitable[None]]
"""Writes the public state of a service's own aggregates: the newest fact of each."""

STEP = 200


class StrayMessage(Exception):
    """A service's stream holds what is no fact of the service: somebody else has published it."""

    def __init__(self, stream: str, seq: int) -> None:
        super().__init__(f"stream {stream} holds at sequence {seq} what is no fact of this service")
        self.stream = stream
        self.seq = seq


async def reconcile(works: Works, outbox: Log, js: JetStreamContext, stream: Stream, adopt: Adopt) -> int:
    """Append to the log what only the stream knows, and take over the state. Returns how many facts that were.

    Each step is one transaction: a process killed in between goes on where it stopped. Raises ``StrayMessage``.
    """
    taken = 0
    while True:
        verdict = await heal(outbox, js, stream)
        if verdict.unknown is None:
            return taken
        arrived = [message async for message in _step(js, stream.name, verdict.unknown)]
        rows, facts = [], dict[str, Fact]()
        for message in arrived:
            event = _read(message, stream)
            rows.append(_row(event, message.data or b"", message.subject or "", message.seq or 0, stream))
            name = f"{event.data.aggregate}:{event.subject}"
            if name not in facts or facts[name].aggregate_version < event.data.aggregate_version:
                facts[name] = event.data
        async with works.begin(Cause(actor="reconcile")) as work:
            await work.execute(insert(table_of(OutboxRow)), rows)
            await adopt(work, list(facts.values()))
        taken += len(rows)


def _read(message: RawStreamMsg, stream: Stream) -> CloudEvent[Fact]:
    try:
        event = parse(message.data or b"")
    except (UnknownFact, ValidationError):
        raise StrayMessage(stream.name, message.seq or 0) from None
    if event.data.stream != stream.name:
        raise StrayMessage(stream.name, message.seq or 0)
    return event


async def _step(js: JetStreamContext, stream: str, seq: int) -> AsyncIterator[RawStreamMsg]:
    count = 0
    async for message in messages_from(js, stream, seq):
        yield message
        count += 1
        if count == STEP:
            return


def _row(event: CloudEvent[Fact], body: bytes, subject: str, seq: int, stream: Stream) -> dict[str, object]:
    return {
        "event_id": event.id,
        "stream": stream.name,
        "subject": subject,
        "event_type": event.type,
        "aggregate": event.data.aggregate,
        "aggregate_id": event.subject,
        "aggregate_version": event.data.aggregate_version,
        **cities_of(event.data),
        "body": body,
        "traceparent": event.traceparent,
        "actor": "reconcile",
        "created_at": event.time,
        "stream_seq": seq,
    }
