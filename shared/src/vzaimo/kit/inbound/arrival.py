"""A fact that arrived."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from vzaimo.contracts.event import CloudEvent, Fact
from vzaimo.kit.cause import Cause
from vzaimo.kit.telemetry import continued

F = TypeVar("F", bound=Fact)


@dataclass(frozen=True, slots=True)
class Arrival(Generic[F]):
    """A fact from the bus with its envelope, and the bytes that it came in."""

    event: CloudEvent[F]
    body: bytes

    @property
    def fact(self) -> F:
        """The fact."""
        return self.event.data

    @property
    def place(self) -> str:
        """What the fact is about: ``event:<id>``; parked facts wait for such places."""
        return f"{self.event.data.aggregate}:{self.event.subject}"

    @property
    def cause(self) -> Cause:
        """Why what follows from the fact happens; its trace goes on."""
        return Cause(actor=f"fact:{self.event.id}", traceparent=continued(self.event.traceparent))

    @property
    def event_id(self) -> Any:
        """The event's id."""
        return self.event.id
