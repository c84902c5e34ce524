"""What a service takes from the bus: one subscription an aggregate of another service."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from vzaimo.contracts.event import Fact
from vzaimo.kit.inbound.arrival import Arrival
from vzaimo.kit.inbound.copies import Change, Copy
from vzaimo.kit.work import Work


@dataclass(slots=True)
class Batch:
    """Facts that are new to this consumer, and the copies that they changed, within one transaction."""

    arrivals: Sequence[Arrival[Any]]
    changes: Sequence[Change] = ()
    parked: list[tuple[Arrival[Any], str]] = field(default_factory=list)

    def park(self, arrival: Arrival[Any], needs: str) -> None:
        """Hand this fact to the effect again when a fact about ``needs`` (``event:<id>``) has been copied."""
        self.parked.append((arrival, needs))


Effect = Callable[[Work, Batch], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subscription:
    """All facts of one aggregate (its base class): a copy of it, an effect, or both.

    The effect acts on the difference between the copy before and after, or treats each arrival as a cause of its
    own; it never asks for the fact's name. Within a year the inbox keeps such an arrival from coming twice; later the
    effect must know by itself that it has seen it, by a number or a row's key.
    """

    fact: type[Fact]
    copy: Copy | None = None
    effect: Effect | None = None

    @property
    def filter(self) -> str:
        """The subjects: any audience, fact, version, city and id."""
        return f"{self.fact.service}.*.{self.fact.aggregate}.*.*.*.*.*"

    def durable(self, service: str) -> str:
        """The consumer's name."""
        return f"{service}-{self.fact.aggregate}"
