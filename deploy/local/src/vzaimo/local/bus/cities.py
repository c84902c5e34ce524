"""A city's consumers on the bus: made by the operator, as no city may make one."""

import contextlib
from dataclasses import dataclass
from datetime import datetime

from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from vzaimo.kit.bus import Access, connect
from vzaimo.local.bus.permissions import durables

ACK_WAIT = 60.0
"""Seconds that a city has for a message before it is handed out again."""
HELD = 1000
"""The most messages that a city may hold without acknowledging them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the streams a city begins: with every fact, the newest of each subject, or those since a moment."""

    policy: DeliverPolicy = DeliverPolicy.ALL
    since: datetime | None = None

    @classmethod
    def named(cls, name: str) -> "Place":
        """The place for ``start``, ``last``, or a moment in ISO 8601; ``ValueError`` for anything else."""
        if name in {"start", "last"}:
            return cls(DeliverPolicy.ALL if name == "start" else DeliverPolicy.LAST_PER_SUBJECT)
        since = datetime.fromisoformat(name)
        if since.tzinfo is None:
            raise ValueError("a moment needs its offset")
        return cls(DeliverPolicy.BY_START_TIME, since)


START = Place()


async def prepare(access: Access, city: str, place: Place = START) -> None:
    """Make the city's durables, each with its fixed filter; those that are there keep their place."""
    client = await connect(access, "vzaimo-bus")
    try:
        for one in durables(city):
            await client.jetstream().add_consumer(
                one.stream,
                ConsumerConfig(
                    name=one.name,
                    durable_name=one.name,
                    filter_subject=one.filter,
                    deliver_policy=place.policy,
                    opt_start_time=place.since,
                    ack_policy=AckPolicy.EXPLICIT,
                    ack_wait=ACK_WAIT,
                    max_deliver=-1,
                    max_ack_pending=HELD,
                ),
            )
    finally:
        await client.close()


async def clear(access: Access, city: str) -> None:
    """Delete the city's durables."""
    client = await connect(access, "vzaimo-bus")
    try:
        for one in durables(city):
            with contextlib.suppress(NotFoundError):
                await client.jetstream().delete_consumer(one.stream, one.name)
    finally:
        await client.close()
