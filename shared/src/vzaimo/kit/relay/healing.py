"""Stream and log agree before anything is published.

JetStream acknowledges before it syncs to disk, and backups of stream and store are never of one instant. The log is
the truth: what the stream lost is published again. A stream that knows facts which the log does not know means that
the store was restored from an older copy; then the truth is in the stream, and ``reconcile`` brings it back.
"""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace

from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from vzaimo.kit.bus import Stream, ensure_stream
from vzaimo.kit.relay.log import Log, Verdict

log = logging.getLogger(__name__)
_PAGE = 500


async def heal(outbox: Log, js: JetStreamContext, stream: Stream) -> Verdict:
    """Bring a stream and the log together, short of publishing: what the stream lost is pending afterwards."""
    await ensure_stream(js, stream)
    if stream.last_only:
        return await _heal_last_only(outbox, js, stream)
    newest = (await js.stream_info(stream.name)).state.last_seq
    common = await _last_common(outbox, js, stream.name, newest)
    lost = await outbox.forget_after(stream.name, common)
    if lost:
        log.warning("stream %s lost %d facts after sequence %d: they are published again", stream.name, lost, common)
    found = await _beyond(outbox, js, stream.name, common)
    return replace(found, lost=lost, common=max(newest, found.common) if found.unknown is None else found.common)


async def _beyond(outbox: Log, js: JetStreamContext, stream: str, common: int) -> Verdict:
    """Look at what the stream holds beyond the last acknowledged sequence, up to the first that the log lacks."""
    adopted = 0
    async for message in messages_from(js, stream, common + 1):
        event_id = (message.headers or {}).get("Nats-Msg-Id", "")
        known = await outbox.find(event_id)
        if known is None:
            return Verdict(stream, (message.seq or 1) - 1, adopted=adopted, unknown=message.seq)
        # Published, and we died before noting it.
        await outbox.record([(known[0], message.seq or 0)])
        adopted, common = adopted + 1, message.seq or common
    return Verdict(stream, common, adopted=adopted)


async def messages_from(js: JetStreamContext, stream: str, seq: int) -> AsyncIterator[RawStreamMsg]:
    """A stream's messages from a sequence on, over the gaps that it may have."""
    while True:
        try:
            message = await js.get_msg(stream, seq, direct=True, next=True, subject=">")
        except NotFoundError:
            return
        yield message
        seq = (message.seq or seq) + 1


async def _last_common(outbox: Log, js: JetStreamContext, stream: str, newest: int) -> int:
    last = await outbox.last_acked(stream)
    if last is None:
        return 0
    if last.seq <= newest and await _id_at(js, stream, last.seq) == last.event_id:
        return last.seq
    # Both grow by appending, so they agree up to some sequence and nowhere after it.
    low, high = 0, min(last.seq, newest)
    while low < high:
        middle = (low + high + 1) // 2
        ours = await outbox.acked_up_to(stream, middle)
        if ours is None:
            high = middle - 1
        elif await _id_at(js, stream, ours.seq) == ours.event_id:
            low = middle
        else:
            high = ours.seq - 1
    ours = await outbox.acked_up_to(stream, low)
    return ours.seq if ours is not None else 0


async def _heal_last_only(outbox: Log, js: JetStreamContext, stream: Stream) -> Verdict:
    newest = (await js.stream_info(stream.name)).state.last_seq
    last = await outbox.last_acked(stream.name)
    if last is not None and last.seq == newest and await _id_at(js, stream.name, last.seq) == last.event_id:
        return Verdict(stream.name, newest)
    # What a newer fact has replaced may have been in a stream that is lost, and says nothing of the one that there is.
    await outbox.overtake(stream.name)
    last = await outbox.last_acked(stream.name)
    # First what the stream knows better: a store older than an erasure must not publish again what was erased.
    found = await _beyond(outbox, js, stream.name, min(last.seq, newest) if last is not None else 0)
    if found.unknown is not None:
        return found
    await outbox.overtake(stream.name)
    lost, after = 0, ""
    while rows := await outbox.newest_by_subject(stream.name, after, _PAGE):
        for subject, key, event_id, seq, length in rows:
            # A blanked row was erased: it is never published again.
            if seq is not None and length and await _last_of(js, stream.name, subject) != event_id:
                await outbox.forget(key)
                lost += 1
        after = rows[-1][0]
    if lost:
        log.warning("stream %s lost %d subjects: they are published again", stream.name, lost)
    return replace(found, common=max(newest, found.common), lost=lost)


async def _id_at(js: JetStreamContext, stream: str, seq: int) -> str | None:
    try:
        message = await js.get_msg(stream, seq, direct=True)
    except NotFoundError:
        return None
    return (message.headers or {}).get("Nats-Msg-Id")


async def _last_of(js: JetStreamContext, stream: str, subject: str) -> str | None:
    try:
        message = await js.get_last_msg(stream, subject, direct=True)
    except NotFoundError:
        return None
    return (message.headers or {}).get("Nats-Msg-Id")
