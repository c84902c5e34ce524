"""Any order of commands, timers and facts: the same machine drives the pure core, and each store through the handlers.

``HYPOTHESIS_PROFILE=deep`` runs 50,000 examples on the core and 2,000 on each store.
"""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import bindparam, delete, select

from vzaimo.contracts.calendar import (
    AudienceRole,
    CapacityRequest,
    Deadlines,
    EventDetailsChanged,
    EventStatus,
    Mode,
    QueueOrder,
    QueuePolicy,
    SeatMode,
    SeatPlan,
)
from vzaimo.contracts.event import envelope, parse
from vzaimo.contracts.refusal import Refusal
from vzaimo.contracts.registry import City, CityStatus, CityUpdated
from vzaimo.contracts.requests import DelegateStatus, RequestFact, RequestStatus
from vzaimo.kit.cause import Cause
from vzaimo.kit.clock import ManualClock
from vzaimo.kit.database import open_database
from vzaimo.kit.identity import Actor
from vzaimo.kit.ids import new_id
from vzaimo.kit.inbound import Arrival
from vzaimo.kit.inbound.transaction import handle
from vzaimo.kit.migrations import migrate
from vzaimo.kit.tables import OutboxRow, TimerRow, table_of
from vzaimo.kit.testing.fixtures import NOON
from vzaimo.kit.timers import Timers
from vzaimo.kit.work import Works
from vzaimo.requests.consumers import subscriptions
from vzaimo.requests.domain import delegations, schedules
from vzaimo.requests.domain import requests as rules
from vzaimo.requests.domain.deadlines import confirm_until, patience
from vzaimo.requests.domain.halls import Hall
from vzaimo.requests.domain.ledgers import Ledger, Share, fits, free, room
from vzaimo.requests.domain.queues import reserves_hold
from vzaimo.requests.domain.requests import Delegation, Person
from vzaimo.requests.domain.states import SEATED, placed
from vzaimo.requests.domain.terms import Terms
from vzaimo.requests.domain.transitions import FINAL, TRANSITIONS, Step
from vzaimo.requests.handlers import decisions as host
from vzaimo.requests.handlers import delegations as people
from vzaimo.requests.handlers import requests as guest
from vzaimo.requests.main import parts
from vzaimo.requests.store import LEDGER, REQUEST, SHARE, ledger_of, request_of

SUBSCRIPTIONS = subscriptions(Terms())

Status, State = RequestStatus, DelegateStatus
CITIES = ("tver", "perm", "izhevsk", "omsk")
DEEP = settings.get_current_profile_name() == "deep"
OUTBOX, TIMER = table_of(OutboxRow), table_of(TimerRow)
EVENT_ASKED = bindparam("event", type_=LEDGER.c.event.type)
BOOKS = select(LEDGER).where(LEDGER.c.event == EVENT_ASKED)
SHARES = select(SHARE).where(SHARE.c.event == EVENT_ASKED)
REQUESTS = select(REQUEST).where(REQUEST.c.event == EVENT_ASKED, REQUEST.c.status != "draft").order_by(REQUEST.c.id)
TOLD = (
    select(OUTBOX.c.id, OUTBOX.c.body)
    .where(OUTBOX.c.id > bindparam("seen"), OUTBOX.c.aggregate == RequestFact.aggregate)
    .order_by(OUTBOX.c.id)
)


def chosen(request, count):
    """So many delegates of whatever standing, or remote so many people."""
    if request.mode is SeatMode.REMOTE or not count:
        return max(count, 1)
    return [one.id for one in request.delegates if one.status in {*SEATED, State.WAITLISTED}][-count:]


def someone(request, index):
    """One of the delegates; remote nobody."""
    return request.delegates[index % len(request.delegates)].id if request.delegates else new_id()


class Core:
    """The rules alone: a hall in memory."""

    def __init__(self, event):
        self.now = NOON
        (plan,) = event.capacity_requested.seats
        self.hall = Hall(event, Ledger(event=event.id, host=event.host, mode=plan.mode, plan=plan))
        self.cities = dict.fromkeys(CITIES, "active")
        self.other = event.model_copy(update={"id": new_id()})

    @property
    def event(self):
        return self.hall.event

    def ask(self, city, delegation):
        request = rules.draft(new_id(), self.event, city, self.hall.ledger.mode, delegation)
        submitted = rules.submit(request, self.event, self.event.schedule_revision, self.now)
        if self.cities[city] != "active" or any(
            one.city == city and one.status not in FINAL for one in self.hall.requests.values()
        ):
            return
        self.hall.requests[request.id] = request
        self.hall.put(submitted, Step.SUBMIT)

    def act(self, step, request, argument):
        event, now, seen = self.event, self.now, self.event.schedule_revision
        if step is Step.DECIDE and argument:
            rules.check_open(event)
            self.hall.admit(rules.approve(request, min(argument, request.wanted), "accepted", now), now)
            return
        left = free(self.hall.ledger, request.city, reserves=reserves_hold(event, now))
        after = {
            Step.DECIDE: lambda: rules.reject(request, "no-seats", now),
            Step.PRIORITISE: lambda: rules.prioritise(request, argument),
            Step.CONFIRM: lambda: rules.confirm(request, event, seen),
            Step.RECONFIRM: lambda: schedules.reconfirm(request, event, seen),
            Step.ACCEPT_OFFER: lambda: rules.accept(request, event, seen, now),
            Step.DECLINE_OFFER: lambda: rules.let_go(request, expired=False),
            Step.WITHDRAW: lambda: rules.withdraw(request),
            Step.SEAT: lambda: delegations.seat(request, event, max(argument, 1), left, now),
            Step.RELEASE: lambda: delegations.release(request, chosen(request, argument)),
            Step.REPLACE: lambda: delegations.replace(
                request, event, someone(request, argument), new_id(), AudienceRole.TEACHER
            ),
            Step.REDIRECT: lambda: delegations.redirect(request, self.other),
        }[step]()
        self.hall.take(after, step, now)
        if step is Step.PRIORITISE:
            self.hall.serve(now)

    def tell_event(self, event):
        before, self.hall.event = self.event, event
        if event.capacity_requested.no > before.capacity_requested.no:
            (plan,) = event.capacity_requested.seats
            if fits(self.hall.ledger, plan):
                self.hall.resize(plan)
                self.hall.serve(self.now)
        if self.hall.follow(before, self.now):
            self.hall.serve(self.now)

    def tell_city(self, city, status):
        self.cities[city] = status
        self.hall.suspended = {one for one, is_now in self.cities.items() if is_now != "active"}

    def run_timers(self):
        """What is due; each step looks at the state, so it may also run too early or too often."""
        hall, now = self.hall, self.now
        for one in list(hall.requests.values()):
            if one.offer is not None and one.offer.expires_at <= now:
                hall.take(rules.let_go(one, expired=True), Step.EXPIRE_OFFER, now)
        hall.expel({one for one, is_now in self.cities.items() if is_now == "withdrawn"})
        hall.chase(now)
        hall.lapse_unanswered(now)
        hall.lapse_unconfirmed(now)
        hall.serve(now)

    def name(self, city):
        return city

    def status(self, name):
        return self.cities[name]

    def look(self):
        told = [one.fact.__name__ for one in self.hall.taken if one.fact]
        self.hall.taken.clear()
        return self.hall.ledger, list(self.hall.requests.values()), told

    def repeat(self, _index):
        """The news of the event comes again."""
        self.tell_event(self.event)

    def close(self):
        pass


class Stored:
    """The handlers over a store; whoever acts may."""

    def __init__(self, runner, database, event):
        self._run = runner.get_loop().run_until_complete  # ``run`` takes and gives back Ctrl-C each time
        self.database, self.clock = database, ManualClock(NOON)
        self.works = Works(database, self.clock)
        self.mode = event.capacity_requested.seats[0].mode
        self.prefix = event.id.hex[-12:]
        self.host = Actor("host", moderates=True, coordinated=frozenset({event.host}))
        self.seen_facts = 0
        self.versions = Counter()
        self.told = []
        self.cities = {}
        self.timers = Timers(self.works, dict(parts().timers))
        self.event = event
        self.other = event.model_copy(update={"id": new_id()})
        self._take(*[self._city(city, "active") for city in CITIES])
        self._take(self._event(event), self._event(self.other))

    @property
    def now(self):
        return self.clock.now()

    @now.setter
    def now(self, moment):
        self.clock.advance(moment - self.clock.now())

    def ask(self, city, delegation):
        command = guest.Ask(self.event.id, self.name(city), self.mode, delegation)
        actor = self._guest(command.city)
        request = new_id()
        self._run(guest.draft(request, command, works=self.works, cause=Cause("test"), actor=actor))
        self._command(guest.submit, request, actor, self.event.schedule_revision)

    def act(self, step, request, argument):
        actor, seen = self._guest(request.city), self.event.schedule_revision
        replacement = people.Replace(someone(request, argument), Person(new_id(), "Участник"), AudienceRole.TEACHER)
        approval = host.Decide(bool(argument), min(argument, request.wanted) or None, "accepted", None)
        command, who, *more = {
            Step.DECIDE: (host.decide, self.host, approval),
            Step.PRIORITISE: (host.prioritise, self.host, argument),
            Step.CONFIRM: (guest.confirm, actor, seen),
            Step.RECONFIRM: (guest.reconfirm, actor, seen),
            Step.ACCEPT_OFFER: (guest.accept_offer, actor, seen),
            Step.DECLINE_OFFER: (guest.decline_offer, actor),
            Step.WITHDRAW: (guest.withdraw, actor),
            Step.SEAT: (host.seat, self.host, max(argument, 1)),
            Step.RELEASE: (people.release, actor, chosen(request, argument)),
            Step.REPLACE: (people.replace, actor, replacement),
            Step.REDIRECT: (host.redirect, self.host, self.other.id),
        }[step]
        self._command(command, request.id, who, *more)

    def name(self, city):
        return f"{city}-{self.prefix}"

    def status(self, name):
        return self.cities[name]

    def tell_event(self, event):
        self.event = event
        self._take(self._event(event))

    def tell_city(self, city, status):
        self._take(self._city(city, status))

    def repeat(self, index):
        """Facts that were handled come again: under their ids, and under others; late ones are old by then."""
        fact = self.told[index % len(self.told)]
        self._take(fact)
        self._take(envelope(fact.data, event_id=new_id(), time=NOON))

    def run_timers(self):
        async def run():
            while await self.timers.run_one():
                pass

        self._run(run())

    def look(self):
        return self._run(self._look())

    def close(self):
        async def forget():
            async with self.database.begin() as tx:
                await tx.execute(delete(TIMER))

        self._run(forget())

    async def _look(self):
        async with self.database.read() as tx:
            row = await tx.first(BOOKS, {"event": self.event.id})
            shares = await tx.all(SHARES, {"event": self.event.id})
            requests = await tx.all(REQUESTS, {"event": self.event.id})
            told = await tx.all(TOLD, {"seen": self.seen_facts})
        self.seen_facts = told[-1].id if told else self.seen_facts
        facts = [parse(bytes(one.body)).data for one in told]
        facts = [one for one in facts if one.request.event == self.event.id]
        ledger = ledger_of(row)
        cities = {one.city: Share(one.granted, one.held) for one in shares}
        ledger = Ledger(**{name: getattr(ledger, name) for name in Ledger.__slots__} | {"shares": cities})
        return ledger, [request_of(one) for one in requests], [type(one).__name__ for one in facts]

    def _command(self, command, request_id, who, *more):
        self._run(command(request_id, *more, None, works=self.works, cause=Cause("test"), actor=who))

    def _guest(self, city):
        return Actor("guest", coordinated=frozenset({city}))

    def _event(self, event):
        return self._fact(EventDetailsChanged, event=event)

    def _city(self, city, status):
        name = self.name(city)
        self.cities[name] = status
        state = City(id=name, name=name, region="—", timezone="Europe/Moscow", status=CityStatus(status))
        return self._fact(CityUpdated, city=state)

    def _fact(self, fact, **state):
        (about,) = state.values()
        self.versions[about.id] += 1
        told = envelope(fact(aggregate_version=self.versions[about.id], **state), event_id=new_id(), time=NOON)
        self.told.append(told)
        return told

    def _take(self, *facts):
        subscription = next(one for one in SUBSCRIPTIONS if isinstance(facts[0].data, one.fact))
        others = {one.durable("requests"): one for one in SUBSCRIPTIONS}
        bodies = [one.model_dump_json(exclude_none=True).encode() for one in facts]
        self._run(handle(self.works, "requests", subscription, [Arrival(parse(one), one) for one in bodies], others))


GUESTS = st.sampled_from((Step.CONFIRM, Step.RECONFIRM, Step.ACCEPT_OFFER, Step.DECLINE_OFFER, Step.REPLACE))
HOSTS = st.sampled_from((Step.DECIDE, Step.DECIDE, Step.SEAT, Step.PRIORITISE, Step.REDIRECT))
LEAVING = (Step.WITHDRAW, Step.RELEASE, Step.REDIRECT)
INDEX, FEW = st.integers(0, 7), st.integers(0, 6)


class Machine(RuleBasedStateMachine):
    """Four cities ask for a dozen seats. Whatever happens, after each step the books are right."""

    make = make_event = None

    @initialize(
        mode=st.sampled_from(SeatMode),
        capacity=st.none() | st.integers(1, 14),
        quota=st.none() | st.integers(1, 8),
        reserve=st.integers(0, 4),
        policy=st.sampled_from(QueuePolicy),
        order=st.sampled_from(QueueOrder),
        first=st.lists(st.tuples(st.integers(1, 6), st.integers(1, 4), FEW), min_size=2, max_size=3),
    )
    def announce(self, mode, capacity, quota, reserve, policy, order, first):
        event = self.make_event(mode=Mode(mode.value), seat_mode=mode, queue_policy=policy, queue_order=order)
        self.mode, self.before, self.host = mode, (None, []), event.host
        event = event.model_copy(update={"capacity_requested": self._plan(1, capacity, quota, reserve)})
        self.driver = type(self).make(event)
        self.look(None)
        for city, (count, least, decided) in zip(CITIES, first, strict=False):
            self.ask(city, count, least)
            if decided:
                self.act(Step.DECIDE, -1, decided)

    @rule(city=st.sampled_from(CITIES), count=st.integers(1, 6), least=st.integers(1, 4))
    def ask(self, city, count, least):
        least = min(count, least)
        delegates = tuple((new_id(), rank, AudienceRole.TEACHER) for rank in range(1, count + 1))
        remote = Delegation(heads=((AudienceRole.TEACHER, count),), min_viable=least)
        in_person = Delegation(delegates=delegates, min_viable=least)
        self._do(lambda: self.driver.ask(city, remote if self.mode is SeatMode.REMOTE else in_person))

    @rule(step=GUESTS, index=INDEX, argument=FEW)
    def guest_acts(self, step, index, argument):
        self.act(step, index, argument)

    @rule(step=HOSTS, index=INDEX, argument=FEW)
    def host_acts(self, step, index, argument):
        self.act(step, index, argument)

    @rule(step=st.sampled_from(LEAVING[:2]), index=INDEX, argument=FEW)
    def leave(self, step, index, argument):
        self.act(step, index, argument)

    def act(self, step, index, argument):
        requests = self.before[1]
        able = [one for one in requests if one.status in TRANSITIONS[step].origin] or requests
        if able:
            request = able[index % len(able)]
            self._do(lambda: self.driver.act(step, request, argument), (step, request))

    @rule(hours=st.sampled_from((1, 12, 48, 120)), punctual=st.booleans())
    def wait(self, hours, punctual):
        self.driver.now = self.driver.now + timedelta(hours=hours)
        if punctual:
            self.run_timers()

    @rule()
    def run_timers(self):
        self._do(self.driver.run_timers)
        now, event = self.driver.now, self.driver.event
        for one in self.before[1]:
            assert one.offer is None or one.offer.expires_at > now
            assert one.confirm_by is None or one.confirm_by > now
            assert one.reconfirm_by is None or one.reconfirm_by > now
            assert one.status is not Status.SUBMITTED or now < patience(one, event)[1]

    @precondition(lambda self: self.driver.event.schedule_revision < 3)
    @rule(hours=st.lists(st.integers(1, 40), min_size=5, max_size=5), answer=st.integers(1, 100))
    def reschedule(self, hours, answer):
        now, event = self.driver.now, self.driver.event
        seated = {one.id for one in self.before[1] if one.granted and event.status is EventStatus.ANNOUNCED}
        moments, moment = [], now
        for some in hours:
            moment += timedelta(hours=some)
            moments.append(moment)
        closes, decide, confirm, freeze, start = moments
        deadlines = Deadlines(
            apply_opens=NOON, apply_closes=closes, decide_by=decide, confirm_by=confirm, roster_freeze=freeze
        )
        self._tell(
            deadlines=deadlines,
            starts_at=start,
            ends_at=start + timedelta(hours=8),
            schedule_revision=event.schedule_revision + 1,
            reconfirm_by=min(now + timedelta(hours=answer), freeze),
        )
        assert all(one.status is Status.RECONFIRM_PENDING for one in self.before[1] if one.id in seated and one.granted)

    @precondition(lambda self: self.driver.now < self.driver.event.deadlines.confirm_by)
    @rule(hours=st.integers(1, 40))
    def put_off(self, hours):
        known = self.driver.event.deadlines
        later = min(known.confirm_by + timedelta(hours=hours), known.roster_freeze)
        self._tell(deadlines=known.model_copy(update={"confirm_by": later}))

    @rule(capacity=st.none() | st.integers(1, 14), quota=st.none() | st.integers(1, 8), reserve=st.integers(0, 4))
    def resize(self, capacity, quota, reserve):
        no = self.driver.event.capacity_requested.no + 1
        self._tell(capacity_requested=self._plan(no, capacity, quota, reserve))

    @rule(city=st.sampled_from(CITIES), status=st.sampled_from(("active", "active", "suspended", "withdrawn")))
    def change_city(self, city, status):
        self._do(lambda: self.driver.tell_city(city, status))
        self.run_timers()

    @rule(index=INDEX)
    def hear_again(self, index):
        seats = [(one.id, one.status, one.granted, one.offer) for one in self.before[1]]
        self._do(lambda: self.driver.repeat(index))
        assert seats == [(one.id, one.status, one.granted, one.offer) for one in self.before[1]]

    @precondition(lambda self: self.driver.now > NOON + timedelta(days=2))
    @rule(how=st.sampled_from(("cancelled", "completed", "removed", "offered")))
    def end(self, how):
        if how in {"cancelled", "completed"}:
            self._tell(status=EventStatus(how))
            return
        other = next(one for one in SeatMode if one is not self.mode)
        mode = other if how == "removed" else self.mode
        self._tell(mode=Mode(mode.value), schedule_revision=self.driver.event.schedule_revision + 1)

    def teardown(self):
        if hasattr(self, "driver"):
            self.driver.close()

    def look(self, action):
        ledger, requests, told = self.driver.look()
        self._check_books(ledger, requests)
        if self.before[0] is not None:
            self._check_step({one.id: one for one in self.before[1]}, ledger, requests, told, action)
        self.before = ledger, requests

    def _do(self, command, action=None):
        refused = False
        try:
            command()
        except Refusal:
            refused = True
        before = self.before
        self.look(action)
        assert not refused or before == self.before, "a refusal changes nothing"

    def _tell(self, **changes):
        # An event that is over does not change.
        if self.driver.event.status is EventStatus.ANNOUNCED:
            self._do(lambda: self.driver.tell_event(self.driver.event.model_copy(update=changes)))

    def _plan(self, no, capacity, quota, reserve):
        reserve = min(reserve, capacity or reserve, quota or reserve)
        city = self.driver.name("omsk") if no > 1 else "omsk"
        plan = SeatPlan(mode=self.mode, capacity=capacity, quota=quota, reserves={city: reserve} if reserve else {})
        return CapacityRequest(no=no, seats=(plan,), requested_at=NOON)

    def _check_books(self, ledger, requests):
        plan, event = ledger.plan, self.driver.event
        held = {one.id: one.offer.seats if one.offer else 0 for one in requests}
        assert plan.capacity is None or ledger.granted + ledger.held <= plan.capacity
        assert ledger.granted == sum(one.granted for one in requests)
        assert ledger.held == sum(held.values())
        assert ledger.waiting == sum(one.waiting for one in requests)
        granted, kept = Counter(), Counter()
        for one in requests:
            granted[one.city] += one.granted
            kept[one.city] += held[one.id]
        for city in granted.keys() | ledger.shares.keys():
            assert ledger.share(city) == Share(granted[city], kept[city])
            assert plan.quota is None or ledger.share(city).used <= plan.quota
        for one in requests:
            self._check_request(one)
        still_open = [one for one in requests if one.status not in FINAL]
        assert len({one.city for one in still_open}) == len(still_open)
        if event.status is EventStatus.CANCELLED or self.mode not in event.mode.seat_modes:
            assert ledger.closed
            assert not still_open
        assert event.status is EventStatus.ANNOUNCED or ledger.closed

    def _check_request(self, one):
        assert one.confirmed <= one.granted <= one.wanted
        assert one.confirm_by is None or one.status is Status.APPROVED
        assert one.confirm_by is None or one.confirm_by >= self.driver.event.deadlines.confirm_by
        assert (one.status is Status.RECONFIRM_PENDING) <= (one.reconfirm_by is not None)
        if one.status in FINAL:
            assert (one.granted, one.waiting, one.offer) == (0, 0, None)
            assert one.confirm_by is one.reconfirm_by is None
        elif one.status is not Status.SUBMITTED:
            assert placed(one) == one
        if one.mode is SeatMode.IN_PERSON:
            found = Counter(delegate.status for delegate in one.delegates)
            assert one.granted == found[State.GRANTED] + found[State.CONFIRMED]
            assert (one.confirmed, one.waiting) == (found[State.CONFIRMED], found[State.WAITLISTED])
            ranks = sorted(delegate.rank for delegate in one.delegates if delegate.status is not State.REPLACED)
            assert ranks == list(range(1, one.wanted + 1))

    def _check_step(self, known, ledger, requests, told, action):
        now, event = self.driver.now, self.driver.event
        acted = action[1].id if action else None
        more = [
            one
            for one in requests
            if one.id in known and (one.granted > known[one.id].granted or (one.offer and not known[one.id].offer))
        ]
        # Nobody else hears of a draft, nor of its end.
        changed = [one for one in requests if one.submitted_at is not None and known.get(one.id) != one]
        assert len(told) >= len(changed), "a change is told"
        # A new schedule with the same deadline asks again, a priority is given again: the request looks as before.
        assert changed or set(told) <= {"ReconfirmationRequested", "RequestUpdated"}, (
            "nothing is told that did not happen"
        )
        if action and action[0] in LEAVING and not action[1].granted and action[1].offer is None:
            assert not more, "leaving the waiting list promotes nobody"
        by_itself = [one for one in more if not (one.id == acted and action[0] in {Step.ACCEPT_OFFER, Step.SEAT})]
        if not by_itself:
            return
        assert now < event.deadlines.roster_freeze
        assert not ledger.closed
        for one in by_itself:
            assert known[one.id].granted or one.offer or one.granted >= one.min_viable
            assert self.driver.status(one.city) == "active"
            assert one.status is not Status.APPROVED or one.confirm_by == confirm_until(event, now)
        if reserves_hold(event, now):
            kept = {city: ledger.reserve_left(city) for city in ledger.plan.reserves}
            spared = max((kept.get(one.city, 0) for one in by_itself), default=0)
            assert room(ledger) >= sum(kept.values()) - spared


def machine(make, make_event):
    return type("Model", (Machine,), {"make": staticmethod(make), "make_event": staticmethod(make_event)})


def runs(examples, steps):
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=set(Phase) - {Phase.explain},
        print_blob=True,
    )


@pytest.mark.timeout(7200 if DEEP else 240)
def test_whatever_happens_the_books_of_a_hall_are_right(make_event):
    run_state_machine_as_test(machine(Core, make_event), settings=runs(50_000 if DEEP else 2_000, 8))


@pytest.mark.timeout(7200 if DEEP else 240)
def test_whatever_happens_the_stores_books_are_right(make_event, store_url):
    with asyncio.Runner() as runner:
        database = runner.run(open_database(store_url, pool_size=2))
        runner.run(migrate(database, parts().schemas))
        try:
            made = machine(lambda event: Stored(runner, database, event), make_event)
            run_state_machine_as_test(made, settings=runs(2_000 if DEEP else 100, 5))
        finally:
            runner.run(database.close())
