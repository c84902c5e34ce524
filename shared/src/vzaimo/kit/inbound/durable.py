"""Durables of our own making, one a subscription, shared by all replicas (decision 0006)."""

import contextlib
import logging
from datetime import datetime

from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy
from nats.js.errors import APIError, NotFoundError

from vzaimo.kit.inbound.consumer import ACK_WAIT, HELD, Consumer

log = logging.getLogger(__name__)
REMAKE_TRIES = 5


async def ensure_durable(js: JetStreamContext, consumer: Consumer) -> ConsumerInfo:
    """Make what is missing, mend what is of an earlier release or ahead of its stream, and say how it stands."""
    stream = consumer.subscription.fact.stream
    try:
        info: ConsumerInfo = await js.consumer_info(stream, consumer.name)
    except NotFoundError:
        created: ConsumerInfo = await js.add_consumer(stream, _config(consumer))
        log.info("consumer %s created", consumer.name)
        return created
    if info.config.ack_wait != ACK_WAIT or info.config.max_ack_pending != HELD:
        info = await js.add_consumer(stream, _config(consumer))  # one of an earlier release: its place stays
    floor = info.ack_floor.stream_seq if info.ack_floor else 0
    newest = (await js.stream_info(stream)).state.last_seq
    if floor > newest:
        # An older copy of the stream was put back: from the start, and the inbox knows what was handled.
        log.warning("consumer %s is ahead of its stream: it starts anew", consumer.name)
        await js.delete_consumer(stream, consumer.name)
        info = await js.add_consumer(stream, _config(consumer))
    return info


async def made_anew(js: JetStreamContext, consumer: Consumer, since: datetime | None) -> ConsumerInfo:
    """Let a consumer begin from the start of its stream, or since a moment."""
    stream, tries = consumer.subscription.fact.stream, 0
    while True:
        with contextlib.suppress(NotFoundError):
            await js.delete_consumer(stream, consumer.name)
        try:
            info: ConsumerInfo = await js.add_consumer(stream, _config(consumer, since))
        except APIError:
            # Most likely a replica that watches was faster, and made it as usual.
            tries += 1
            if tries == REMAKE_TRIES:
                raise
        else:
            return info


def _config(consumer: Consumer, since: datetime | None = None) -> ConsumerConfig:
    return ConsumerConfig(
        name=consumer.name,  # then the request's subject carries the filter, and a permission can hold it
        durable_name=consumer.name,
        deliver_subject=f"deliver.{consumer.name}",  # stable: a consumer made anew reaches those who listen
        deliver_group=consumer.name,
        deliver_policy=DeliverPolicy.ALL if since is None else DeliverPolicy.BY_START_TIME,
        opt_start_time=since,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT,
        max_deliver=-1,
        max_ack_pending=HELD,
        filter_subject=consumer.subscription.filter,
    )
