"""The seat ledger, and what it answers to requests for seats."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from vzaimo.contracts.calendar import SeatMode
from vzaimo.contracts.event import NOBODY, Audience, Fact, Slug, State
from vzaimo.contracts.requests.request import Count


class Ledger(State):
    """The seats of one event in one mode. No ``capacity`` = unlimited. ``granted + held ≤ capacity``."""

    event: UUID
    """Whose seats, by id."""
    host: Slug
    """The event's host."""
    mode: SeatMode
    """The kind of seats."""
    capacity: Annotated[int, Field(ge=1)] | None = None
    """How many in all; none: unlimited."""
    granted: Count = 0
    """Given to cities."""
    held: Count = 0
    """Held by open offers."""
    waiting: Count = 0
    """People approved without a seat."""
    closed: bool = False
    """Whether no seat moves any more."""


class LedgerFact(Fact):
    """Something happened to the seats of an event."""

    service: ClassVar[str] = "requests"
    aggregate: ClassVar[str] = "ledger"

    ledger: Ledger
    """The seats after the change."""

    @property
    def key(self) -> str:
        """Event and mode."""
        return f"{self.ledger.event}-{self.ledger.mode}"

    @property
    def parties(self) -> tuple[str, str]:
        """The host."""
        return self.ledger.host, NOBODY


class SeatsChanged(LedgerFact):
    """The count of seats of an event changed."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class CapacityAnswer(State):
    """The ledger's answer to one numbered request for capacity, with the seats granted at that moment."""

    event: UUID
    """Whose seats, by id."""
    host: Slug
    """The event's host."""
    no: Annotated[int, Field(ge=1)]
    """The request that is answered."""
    applied: bool
    """Whether the seats asked for are in force."""
    granted: dict[SeatMode, int] = Field(default_factory=dict)
    """Seats granted at that moment, by kind."""


class CapacityFact(Fact):
    """The ledger answered. ``aggregate_version`` equals ``answer.no``: answers come in the order of requests."""

    service: ClassVar[str] = "requests"
    aggregate: ClassVar[str] = "capacity"

    answer: CapacityAnswer
    """What the ledger says."""

    @property
    def key(self) -> str:
        """The event's id."""
        return str(self.answer.event)

    @property
    def parties(self) -> tuple[str, str]:
        """The host."""
        return self.answer.host, NOBODY


class CapacityApplied(CapacityFact):
    """The seats asked for are in force."""

    audience: ClassVar[Audience] = Audience.INTERNAL


class CapacityRefused(CapacityFact):
    """More seats are granted or held than were asked for: nothing changed."""

    audience: ClassVar[Audience] = Audience.INTERNAL
