"""Publishes a batch at once and collects JetStream's acknowledgements.

nats-py's own ``publish_async`` keeps every future that was in flight when the server died; here a batch has one
time limit, and nothing outlives it.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from vzaimo.contracts.event import MEDIA_TYPE


@dataclass(frozen=True, slots=True)
class Message:
    """What is published: ``stream`` must be the one that takes the subject.

    ``after``: the sequence at which the stream must end; the server takes the message nowhere else.
    """

    id: str
    stream: str
    subject: str
    body: bytes
    traceparent: str | None = None
    headers: dict[str, str] | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The server will never take this message."""

    reason: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The stream ends elsewhere than where the message was to follow: not taken. See what the stream holds."""


MOVED = Moved()
Answer = int | Refused | Moved | None
"""The sequence in the stream; or a refusal; or that the stream ends elsewhere; or nothing, in time: try again."""

_ELSEWHERE = frozenset({10071, 10164})
"""JetStream's codes for another last sequence than the expected one."""


class Publisher:
    """Publishes over one connection; one batch at a time."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._inbox: str | None = None
        self._batch = 0
        self._answers: list[Answer] = []
        self._missing: set[int] = set()
        self._all = asyncio.Event()

    async def publish(self, messages: Sequence[Message], *, patience: float = 5.0) -> list[Answer]:
        """Publish in order; return an answer for each. A dead connection gives no answers, not an error."""
        if self._inbox is None:
            inbox = self._client.new_inbox()
            await self._client.subscribe(f"{inbox}.*.*", cb=self._answered)
            self._inbox = inbox
        self._batch += 1
        self._answers = [None] * len(messages)
        self._missing = set(range(len(messages)))
        self._all.clear()
        prefix = f"{self._inbox}.{self._batch}."
        try:
            async with asyncio.timeout(patience):
                for number, message in enumerate(messages):
                    await self._client.publish(
                        message.subject, message.body, reply=f"{prefix}{number}", headers=_headers(message)
                    )
                await self._client.flush(timeout=int(max(patience, 1)))
                await self._all.wait()
        except (TimeoutError, NatsError, OSError):
            pass
        answers, self._answers, self._missing = self._answers, [], set()
        return answers

    async def _answered(self, reply: Msg) -> None:
        _, batch, number = reply.subject.rsplit(".", 2)
        place = int(number)
        if int(batch) != self._batch or place not in self._missing:
            return
        answer = _read(reply)
        if answer is None:
            return
        self._answers[place] = answer
        self._missing.discard(place)
        if not self._missing:
            self._all.set()


def _headers(message: Message) -> dict[str, str]:
    # Lower case: a header `Content-Type` would stand beside the one that FastStream reads.
    headers = {"Nats-Msg-Id": message.id, "Nats-Expected-Stream": message.stream, "content-type": MEDIA_TYPE}
    if message.traceparent is not None:
        headers["traceparent"] = message.traceparent
    if message.after is not None:
        headers["Nats-Expected-Last-Sequence"] = str(message.after)
    return headers | (message.headers or {})


def _read(reply: Msg) -> Answer:
    if not reply.data:
        return None  # no stream listens at the moment
    answer = json.loads(reply.data)
    error = answer.get("error")
    if error is None:
        return int(answer["seq"])
    if error.get("err_code") in _ELSEWHERE:
        return MOVED
    if error.get("code") == 400:  # noqa: PLR2004 - the request itself is at fault; others pass
        return Refused(str(error.get("description", "refused")))
    return None
