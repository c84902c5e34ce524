"""The seats of one event in one mode: who has how many, and for whom how many are free."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from vzaimo.contracts.calendar import SeatMode, SeatPlan
from vzaimo.contracts.requests import Ledger as PublicLedger

UNLIMITED = 2**31 - 1
"""More seats than there are people: stands where no capacity is set."""


@dataclass(frozen=True, slots=True)
class Share:
    """The seats of one city: granted, and held for its open offer."""

    granted: int = 0
    held: int = 0

    @property
    def used(self) -> int:
        """What counts against quota and reserve."""
        return self.granted + self.held


@dataclass(frozen=True, slots=True)
class Ledger:
    """The only writer of seats (design: domain, Requests). Holds ``granted + held ≤ capacity`` and the quota."""

    event: UUID
    host: str
    mode: SeatMode
    plan: SeatPlan
    shares: Mapping[str, Share] = field(default_factory=dict)
    granted: int = 0
    held: int = 0
    waiting: int = 0
    closed: bool = False

    def share(self, city: str) -> Share:
        """The seats of a city."""
        return self.shares.get(city, Share())

    def reserve_left(self, city: str) -> int:
        """Seats kept for this city that it has not used."""
        return max(0, self.plan.reserves.get(city, 0) - self.share(city).used)

    def quota_left(self, city: str) -> int:
        """How many more seats the city may have at all."""
        quota = UNLIMITED if self.plan.quota is None else self.plan.quota
        return max(0, quota - self.share(city).used)


def free(ledger: Ledger, city: str, *, reserves: bool) -> int:
    """Seats that this city can have now (rule 3); ``reserves``: whether others' reserves still hold."""
    kept = sum(ledger.reserve_left(other) for other in ledger.plan.reserves if other != city) if reserves else 0
    return max(0, min(room(ledger) - kept, ledger.quota_left(city)))


def room(ledger: Ledger) -> int:
    """Seats that nobody has and nobody is offered, whoever they are reserved for."""
    capacity = UNLIMITED if ledger.plan.capacity is None else ledger.plan.capacity
    return capacity - ledger.granted - ledger.held


def moved(ledger: Ledger, city: str, *, granted: int = 0, held: int = 0, waiting: int = 0) -> Ledger:
    """The ledger after these changes of a city's seats. Raises ``AssertionError`` where a bug would oversell."""
    share = ledger.share(city)
    now = Share(share.granted + granted, share.held + held)
    after = replace(
        ledger,
        shares={**ledger.shares, city: now},
        granted=ledger.granted + granted,
        held=ledger.held + held,
        waiting=ledger.waiting + waiting,
    )
    plan = ledger.plan
    if min(now.granted, now.held, after.waiting) < 0:
        raise AssertionError(f"{city} cannot give back more than it has")
    if (granted + held) > 0 and plan.capacity is not None and after.granted + after.held > plan.capacity:
        raise AssertionError("more seats than there are")
    if (granted + held) > 0 and plan.quota is not None and now.used > plan.quota:
        raise AssertionError(f"more seats for {city} than its quota")
    return after


def fits(ledger: Ledger, plan: SeatPlan) -> bool:
    """Whether the seats that are taken leave room for another plan."""
    if plan.capacity is not None and ledger.granted + ledger.held > plan.capacity:
        return False
    return plan.quota is None or all(share.used <= plan.quota for share in ledger.shares.values())


def public(ledger: Ledger) -> PublicLedger:
    """A ledger as everyone may see it."""
    return PublicLedger(
        event=ledger.event,
        host=ledger.host,
        mode=ledger.mode,
        capacity=ledger.plan.capacity,
        granted=ledger.granted,
        held=ledger.held,
        waiting=ledger.waiting,
        closed=ledger.closed,
    )
