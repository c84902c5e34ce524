"""AsyncAPI 3 of a service: the facts that it tells and those that it follows, drawn by FastStream."""

import json
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from faststream.nats import NatsBroker
from faststream.specification import AsyncAPI

from vzaimo.contracts.event import FACTS, MEDIA_TYPE, CloudEvent, Fact
from vzaimo.kit.inbound import Subscription


def asyncapi(service: str, title: str, version: str, subscriptions: Sequence[Subscription]) -> str:
    """The document as JSON. Payloads are whole CloudEvents; ``*`` in an address stands for cities, ids and versions."""
    broker = NatsBroker("nats://nats:4222")
    for fact in FACTS.values():
        if fact.service == service:
            broker.publisher(
                f"{service}.{fact.audience}.{fact.aggregate}.{fact.fact_word}.v{fact.schema_version}.*.*.*",
                schema=CloudEvent[fact],  # type: ignore[valid-type]
                title=fact.__name__,
                description=_first_line(fact),
            )
    for one in subscriptions:
        broker.subscriber(one.filter, title=one.durable(service), description=_first_line(one.fact))(_reader(one))
    drawn = AsyncAPI(broker, title=title, version=version, schema_version="3.0.0").to_specification()
    document = json.loads(drawn.to_json())
    document["defaultContentType"] = MEDIA_TYPE
    for message in document["components"]["messages"].values():
        message.pop("correlationId", None)  # FastStream's own habit; our messages carry the CloudEvents id
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _reader(subscription: Subscription) -> Any:
    """A handler that takes any fact of the aggregate: nobody calls it, its type is what is drawn."""

    async def follow(message: Any) -> None: ...

    known = [CloudEvent[fact] for fact in FACTS.values() if issubclass(fact, subscription.fact)]  # type: ignore[valid-type]
    follow.__annotations__["message"] = reduce(or_, known)
    return follow


def _first_line(fact: type[Fact]) -> str:
    return (fact.__doc__ or "").strip().partition("\n")[0]
