"""AsyncAPI 3 of a service: the facts that it tells and those that it follows, drawn by FastStream.

What FastStream cannot know is added: what the tokens of a subject are, who reads a fact, how one comes to the bus, what
fields mean, and an example of each fact.
"""

import json
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

from faststream.nats import NatsBroker
from faststream.specification import AsyncAPI

from vzaimo.contracts.event import FACTS, MEDIA_TYPE, Audience, CloudEvent, Fact
from vzaimo.contracts.schemas import describe, place_of
from vzaimo.kit.inbound import Subscription

TOKENS = {
    "service": "Whose fact it is; its stream is called the same, in capitals.",
    "audience": "Who may read it: `pub` everyone let in, `party` the cities in the subject, `int` Vzaimo's services.",
    "aggregate": "What it is about.",
    "fact": "What happened, in lower snake case.",
    "version": "Of the schema: `v1`. Facts change by addition only; anything else is a new version.",
    "city": "The slug of the city that it is about (of a request: the guest), `-` for none.",
    "other": "The slug of the other city concerned (of a request: the host), `-` for none.",
    "id": "The aggregate's id: the CloudEvents `subject`.",
}
"""The eight tokens of a subject, in their order."""
READERS = {
    Audience.PUBLIC: "Read by everyone who is let in: a city by its consumer `city-<slug>-public`.",
    Audience.PARTY: "Read by the cities in the subject: `city-<slug>-own` as `city`, `city-<slug>-with` as `other`.",
    Audience.INTERNAL: "Read by Vzaimo's own services alone.",
}
INFO = (
    "Facts as CloudEvents 1.0 in structured JSON, on NATS JetStream. Each carries the whole public state of one "
    "aggregate with its `aggregate_version`; they come at least once and in any order. How to read them, with programs "
    "in Node and Python: docs/subscribing.md."
)
SERVERS = {
    "bus": {
        "host": "{host}:4222",
        "protocol": "nats",
        "description": "NATS with JetStream, over TLS. A city reads by consumers that the operator makes for it, with "
        "the API prefix `VZAIMO.API` and the inbox prefix `_INBOX_<slug>`.",
        "variables": {"host": {"default": "nats.vzaimo.example", "description": "Each installation has its own."}},
        "security": [{"$ref": "#/components/securitySchemes/user"}],
    }
}
SECURITY = {
    "user": {
        "type": "userPassword",
        "description": "A user of NATS. A city's is its slug; `vzaimo bus grant` makes it.",
    }
}


def asyncapi(
    service: str, title: str, version: str, subscriptions: Sequence[Subscription], examples: Mapping[str, Any]
) -> str:
    """The document as JSON. Payloads are whole CloudEvents; ``examples`` are some, by their ``type``."""
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
    document["info"]["description"] = INFO
    document["servers"] = SERVERS
    document["components"]["securitySchemes"] = SECURITY
    for message in document["components"]["messages"].values():
        message.pop("correlationId", None)  # FastStream's own habit; our messages carry the CloudEvents id
    own = {fact.__name__: fact for fact in FACTS.values() if fact.service == service}
    for name, channel in document["channels"].items():
        _address(channel)
        if name in own:
            _tell(channel, document["components"]["messages"][f"{name}:Message"], own[name], examples)
    describe(document["components"]["schemas"])
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _tell(channel: dict[str, Any], message: dict[str, Any], fact: type[Fact], examples: Mapping[str, Any]) -> None:
    """Say of a fact who reads it, and what it looks like."""
    channel["description"] = f"{_first_line(fact)} {READERS[fact.audience]}"
    message |= {
        "name": fact.event_type,
        "title": fact.__name__,
        "summary": _first_line(fact),
        "contentType": MEDIA_TYPE,
    }
    message["description"] = f"The schema alone: `{place_of(fact)}` at the gateway."
    message["examples"] = [{"name": "golden", "payload": examples[fact.event_type]}]


def _address(channel: dict[str, Any]) -> None:
    """Name the tokens that are open, where FastStream has the wildcards of a subscription."""
    words = dict(zip(TOKENS, channel["address"].split("."), strict=True))
    channel["address"] = ".".join(f"{{{token}}}" if word == "*" else word for token, word in words.items())
    channel["parameters"] = {token: {"description": TOKENS[token]} for token, word in words.items() if word == "*"}
    channel["servers"] = [{"$ref": "#/servers/bus"}]


def _reader(subscription: Subscription) -> Any:
    """A handler that takes any fact of the aggregate: nobody calls it, its type is what is drawn."""

    async def follow(message: Any) -> None: ...

    known = [CloudEvent[fact] for fact in FACTS.values() if issubclass(fact, subscription.fact)]  # type: ignore[valid-type]
    follow.__annotations__["message"] = reduce(or_, known)
    return follow


def _first_line(fact: type[Fact]) -> str:
    return (fact.__doc__ or "").strip().partition("\n")[0]
