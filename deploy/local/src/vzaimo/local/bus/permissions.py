"""What each user may do on NATS, from what the services themselves say that they own and read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vzaimo.contracts.event import Audience
from vzaimo.contracts.schemas import every_fact
from vzaimo.kit.bus import DEADLETTER

if TYPE_CHECKING:
    from vzaimo.kit.service import Parts

API = "$JS.API"
CITY_API = "VZAIMO.API"
"""The prefix of the JetStream API for cities: ``$JS.API`` belongs to each account itself."""
MAIN = "VZAIMO"
"""The account of the services."""
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Permissions:
    """The subjects that a user may publish and subscribe; nothing else."""

    publish: Sequence[str]
    subscribe: Sequence[str]


@dataclass(frozen=True, slots=True)
class Durable:
    """A consumer that is made for a city, over one stream with one filter."""

    stream: str
    name: str
    filter: str


def inbox(user: str) -> str:
    """The prefix below which a user's answers come."""
    return f"_INBOX_{user}"


def services() -> "dict[str, Parts]":
    """The four services by name."""
    from vzaimo.local.papers import services as drawn  # two seconds, which not every command needs

    return {parts.name: parts for parts, _ in drawn("/nowhere")}


def of_service(parts: "Parts") -> Permissions:
    """Its own subjects and streams, consumers with its own filters over what it copies, its dead letters."""
    name = parts.name
    own = [stream.name for stream in parts.streams]
    read = sorted({one.fact.stream for one in parts.subscriptions})
    publish = [subject for stream in parts.streams for subject in stream.subjects]
    publish += [f"dead.{name}.*", f"{API}.STREAM.MSG.GET.{DEADLETTER}", f"{API}.STREAM.MSG.DELETE.{DEADLETTER}"]
    publish += [f"{API}.STREAM.{act}.{stream}" for stream in (*own, DEADLETTER) for act in ("INFO", "CREATE", "UPDATE")]
    publish += [f"{API}.DIRECT.GET.{stream}{rest}" for stream in own for rest in ("", ".>")]
    for stream in read:
        publish += [f"{API}.STREAM.INFO.{stream}", f"{API}.CONSUMER.MSG.NEXT.{stream}.*"]
    for one in parts.subscriptions:
        stream, durable = one.fact.stream, one.durable(name)
        publish += [
            # Any name: comparing a copy with its stream reads through a consumer that lives for as long as it takes.
            f"{API}.CONSUMER.CREATE.{stream}.*.{one.filter}",
            f"{API}.CONSUMER.INFO.{stream}.{durable}",
            f"{API}.CONSUMER.DELETE.{stream}.{durable}",
            f"$JS.ACK.{stream}.{durable}.>",
        ]
    deliveries = [f"deliver.{one.durable(name)}" for one in parts.subscriptions]
    # A word between the processes of one service; nothing is kept of it.
    wake = f"wake.{name}"
    return Permissions([*publish, wake], [f"{inbox(name)}.>", wake, *deliveries])


def durables(city: str) -> list[Durable]:
    """What a city may read: public facts, and those that it is a party to, in either place."""
    said = {(fact.stream, fact.service, fact.audience) for fact in every_fact()}
    found: list[Durable] = []
    for stream, service, audience in sorted(said):
        if audience is Audience.PUBLIC:
            found.append(Durable(stream, f"city-{city}-public", f"{service}.pub.>"))
        elif audience is Audience.PARTY:
            # Two consumers, as one may not have filters that overlap.
            found.append(Durable(stream, f"city-{city}-own", f"{service}.party.*.*.*.{city}.>"))
            found.append(Durable(stream, f"city-{city}-with", f"{service}.party.*.*.*.*.{city}.*"))
    return found


def of_city(city: str) -> Permissions:
    """To take and acknowledge what its own durables hold."""
    made = durables(city)
    asks = [f"{CITY_API}.CONSUMER.{act}.{one.stream}.{one.name}" for one in made for act in ("MSG.NEXT", "INFO")]
    acks = [f"$JS.ACK.{one.stream}.{one.name}.>" for one in made]
    return Permissions([*asks, *acks], [f"{inbox(city)}.>"])
