"""A city's consumers on the bus: made by the operator, as no city may make one."""

import contextlib

from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from vzaimo.kit.bus import Access, connect
from vzaimo.local.bus.permissions import durables

ACK_WAIT = 60.0
"""Seconds that a city has for a message before it is handed out again."""
HELD = 1000
"""The most messages that a city may hold without acknowledging them."""


async def prepare(access: Access, city: str) -> None:
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
                    deliver_policy=DeliverPolicy.ALL,
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
