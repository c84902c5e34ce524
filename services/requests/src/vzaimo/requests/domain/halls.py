"""A hall: the seats of one event in one mode with the requests for them. Every seat moves here.

Whoever opens a hall says what it holds: for ``serve`` all who wait, for a step over many those whom it concerns. The
handlers read that from the store; the model test keeps it in memory.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from vzaimo.contracts.calendar import Event, EventStatus, QueueOrder, SeatPlan
from vzaimo.contracts.requests import Request, RequestFact, RequestStatus
from vzaimo.requests.domain import deadlines, queues, requests, schedules
from vzaimo.requests.domain.ledgers import Ledger, moved, room
from vzaimo.requests.domain.transitions import FINAL, Step, told

Status = RequestStatus
SEATED = frozenset({Status.APPROVED, Status.CONFIRMED, Status.RECONFIRM_PENDING})
"""Requests with seats and without an open offer."""
MODE_REMOVED = "mode-removed"


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken, and the fact that tells it."""

    step: Step
    before: Request
    after: Request
    fact: type[RequestFact] | None


@dataclass(slots=True)
class Hall:
    """An event, its ledger in one mode, and requests."""

    event: Event
    ledger: Ledger
    requests: dict[UUID, Request] = field(default_factory=dict)
    suspended: Collection[str] = frozenset()
    """Cities that the queue passes over."""
    seats_this_season: Mapping[str, int] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)

    def put(self, after: Request, step: Step) -> bool:
        """Take a request's new state and count its seats. Returns whether seats came free."""
        before = self.requests[after.id]
        self.taken.append(Taken(step, before, after, told(before, after, step)))
        granted, held = after.granted - before.granted, held_for(after) - held_for(before)
        self.ledger = moved(self.ledger, after.city, granted=granted, held=held, waiting=after.waiting - before.waiting)
        self.requests[after.id] = after
        return granted + held < 0

    def take(self, after: Request, step: Step, now: datetime) -> None:
        """Take a request's new state; seats that come free go on at once. Leaving the waiting list promotes nobody."""
        if self.put(after, step):
            self.serve(now)

    def admit(self, approved: Request, now: datetime) -> None:
        """Let a request that the host has approved into the queue, and serve the queue.

        One fact says where it stands then; those before it may be served as well.
        """
        served = self._served(now, approved)
        self.put(self._keyed(served.pop(approved.id, approved)), Step.DECIDE)
        for other in served.values():
            self.put(self._keyed(other), Step.PROMOTE)

    def serve(self, now: datetime) -> None:
        """Serve the queue with what is free now."""
        for one in self._served(now).values():
            self.put(self._keyed(one), Step.PROMOTE)

    @property
    def servable(self) -> bool:
        """Whether anybody waits and any seat is free: else the queue need not even be read."""
        return self.ledger.waiting > 0 and room(self.ledger) > 0

    def resize(self, plan: SeatPlan) -> None:
        """Other seats were agreed; a mode that was taken away may so come back. More capacity serves the queue."""
        self.ledger = replace(self.ledger, plan=plan, closed=False)

    def close(self, reason: str | None) -> None:
        """No seat moves any more. With a reason, every open request ends."""
        self.ledger = replace(self.ledger, closed=True)
        if reason is not None:
            self._all(lambda one: one.status not in FINAL, lambda one: (requests.close(one, reason), Step.CLOSE))

    def changed(self, before: Event) -> bool:
        """Whether what the event has become since concerns every open request, which then must be here."""
        if self._ended is not None or self.event.schedule_revision > before.schedule_revision:
            return True
        return self.event.deadlines.confirm_by > before.deadlines.confirm_by

    def follow(self, before: Event, now: datetime) -> bool:
        """The event has become another: act on the difference. Returns whether the queue may be served again."""
        if self._ended is not None:
            if not self.ledger.closed:
                self.close(self._ended or None)
            return False
        if self.event.schedule_revision > before.schedule_revision:
            self.reschedule(now)
        self.give_time_to_confirm()
        # What came free while the roster was frozen goes on.
        return before.deadlines.roster_freeze <= now < self.event.deadlines.roster_freeze

    def reschedule(self, now: datetime) -> None:
        """The event has a newer schedule: whoever has seats, or an offer, answers anew until the same moment."""
        by = schedules.reconfirm_until(self.event, now)
        decide_anew = self.event.deadlines.decide_by > now
        self._those_to_come(
            lambda one: one.status in SEATED, lambda one: (schedules.ask_again(one, by), Step.ASK_AGAIN)
        )
        self._all(
            lambda one: one.status is Status.OFFERED, lambda one: (schedules.offer_again(one, by), Step.OFFER_AGAIN)
        )
        if decide_anew:
            self._all(
                lambda one: one.status is Status.SUBMITTED and one.overdue_at is not None,
                lambda one: (schedules.give_time(one), Step.GIVE_TIME),
            )

    def chase(self, now: datetime) -> datetime | None:
        """Whoever has not been decided on is overdue, then the moderator's as well, then over.

        Returns when the next of those who are here is due.
        """
        for one in list(self.requests.values()):
            outcome = deadlines.chase(one, self.event, now)
            if outcome is not None:
                self.put(outcome[1], outcome[0])
        due = [deadlines.patience(one, self.event) for one in self.requests.values()]
        return min((moment for _, moment in filter(None, due)), default=None)

    def lapse_unconfirmed(self, by: datetime) -> None:
        """Seats that should have been confirmed by then come free (rule 9)."""
        self._those_to_come(
            lambda one: one.confirm_by is not None and one.confirm_by <= by,
            lambda one: (deadlines.lapse(one), Step.LAPSE),
        )

    def give_time_to_confirm(self) -> None:
        """Whoever is to confirm its seats has as long as the event says, where that is longer."""
        by = self.event.deadlines.confirm_by
        self._those_to_come(
            lambda one: one.confirm_by is not None and one.confirm_by < by,
            lambda one: (deadlines.confirm_later(one, by), Step.GIVE_TIME),
        )

    def lapse_unanswered(self, now: datetime) -> None:
        """Seats of those who did not answer the new schedule in time come free."""
        self._those_to_come(
            lambda one: one.reconfirm_by is not None and one.reconfirm_by <= now,
            lambda one: (deadlines.lapse(one), Step.LAPSE),
        )

    def ask_longer(self, by: datetime) -> None:
        """The service was away while cities should have answered the new schedule: they have until then."""
        self._those_to_come(
            lambda one: one.reconfirm_by is not None and one.reconfirm_by < by,
            lambda one: (schedules.ask_again(one, by), Step.ASK_AGAIN),
        )

    def expel(self, cities: Collection[str]) -> None:
        """These cities take part no longer: their open requests are withdrawn."""
        self._those_to_come(
            lambda one: one.city in cities and one.status not in FINAL,
            lambda one: (requests.withdraw(one), Step.WITHDRAW),
        )

    def queue(self, more: Iterable[Request] = ()) -> list[Request]:
        """Who waits, in order."""
        waiting = {one.id: one for one in (*self.requests.values(), *more) if one.waiting}
        return queues.in_order(list(waiting.values()), self.event.queue_order, self.seats_this_season)

    @property
    def _ended(self) -> str | None:
        """Why no seat of the hall moves any more: nothing while it does; no reason when the event took place."""
        if self.event.status is EventStatus.CANCELLED:
            return self.event.cancelled_for or "event-cancelled"
        if self.event.status is EventStatus.COMPLETED:
            return ""
        return None if self.ledger.mode in self.event.mode.seat_modes else MODE_REMOVED

    def _keyed(self, request: Request) -> Request:
        """What a fair queue went by goes into the fact that tells the outcome (rule 4), beside the rest of its key."""
        if self.event.queue_order is not QueueOrder.FAIR:
            return request
        return request.model_copy(update={"seats_this_season": self.seats_this_season.get(request.city, 0)})

    def _all(self, whom: Callable[[Request], bool], step: Callable[[Request], tuple[Request, Step]]) -> None:
        for one in [one for one in self.requests.values() if whom(one)]:
            self.put(*step(one))

    def _those_to_come(self, whom: Callable[[Request], bool], step: Callable[[Request], tuple[Request, Step]]) -> None:
        """The same for those of whom nobody has recorded that they came: who took part, took part."""
        self._all(lambda one: one.attended is None and whom(one), step)

    def _served(self, now: datetime, *more: Request) -> dict[UUID, Request]:
        if not room(self.ledger):
            return {}
        queue = self.queue(more)
        return {one.id: one for one in queues.promote(self.ledger, queue, self.event, now, suspended=self.suspended)}


def held_for(request: Request) -> int:
    """The seats that are held for a request's open offer."""
    return request.offer.seats if request.offer else 0
