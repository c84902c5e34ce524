"""Rules of new schedules, of silence, of the queue's reasons and of parallel sessions, without a store."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vzaimo.contracts.calendar import AudienceRole, QueuePolicy, SeatMode, SeatPlan, Session
from vzaimo.contracts.requests import RequestClosed, RequestStatus
from vzaimo.kit.ids import new_id
from vzaimo.kit.outbox import MAX_BODY
from vzaimo.requests.domain import deadlines, delegations, schedules
from vzaimo.requests.domain import requests as rules
from vzaimo.requests.domain.assignments import assign, attendance, by_city, parallel
from vzaimo.requests.domain.ledgers import Ledger, moved
from vzaimo.requests.domain.queues import Wait, promote, waits
from vzaimo.requests.domain.refusals import CountedByHeads, SessionFull, TooMany, TooManyReplaced
from vzaimo.requests.domain.requests import Delegation
from vzaimo.requests.domain.transitions import Step

HOUR = timedelta(hours=1)


@pytest.fixture
def now(clock):
    return clock.now()


def waiting(event, now, city="tver", count=5, mode=SeatMode.IN_PERSON, **more):
    delegates = tuple((new_id(), rank, AudienceRole.TEACHER) for rank in range(1, count + 1))
    remote = Delegation(heads=((AudienceRole.TEACHER, count),), **more)
    delegation = remote if mode is SeatMode.REMOTE else Delegation(delegates=delegates, **more)
    request = rules.submit(rules.draft(new_id(), event, city, mode, delegation), event, 1, now)
    return rules.approve(request, None, "accepted", now)


def granted(event, now, count=5, **more):
    return rules.grant(waiting(event, now, count=count, **more), count, event.deadlines.confirm_by)


def ledger_of(event, capacity, **more):
    plan = SeatPlan(mode=SeatMode.IN_PERSON, capacity=capacity, **more)
    return Ledger(event=event.id, host="moskva", mode=SeatMode.IN_PERSON, plan=plan)


def undecided(event, now):
    one = Delegation(delegates=((new_id(), 1, AudienceRole.TEACHER),))
    return rules.submit(rules.draft(new_id(), event, "tver", SeatMode.IN_PERSON, one), event, 1, now)


def steps(request, event, *late):
    """What silence comes to, when each step is taken so much after it is due."""
    found = []
    for delay in late:
        step, moment = deadlines.patience(request, event)
        assert deadlines.chase(request, event, moment - timedelta.resolution) is None
        step, request = deadlines.chase(request, event, moment + delay)
        found.append((step, moment))
    assert deadlines.patience(request, event) is None
    return found


def test_patience_ends_in_order_and_before_the_start(make_event, now):
    event = make_event()
    by, punctual = event.deadlines.decide_by, timedelta()
    far = event.model_copy(update={"starts_at": by + 30 * 24 * HOUR})
    assert steps(undecided(far, now), far, punctual, punctual, punctual) == [
        (Step.OVERDUE, by),
        (Step.ESCALATE, by + 24 * HOUR),
        (Step.EXPIRE, by + 72 * HOUR),
    ]
    late = event.deadlines.model_copy(update={"decide_by": event.starts_at - 10 * HOUR})
    short = event.model_copy(update={"deadlines": late})
    assert steps(undecided(short, now), short, punctual, punctual, punctual) == [
        (Step.OVERDUE, event.starts_at - 10 * HOUR),
        (Step.ESCALATE, event.starts_at - 5 * HOUR),
        (Step.EXPIRE, event.starts_at),
    ]


def test_a_step_that_comes_late_shortens_none_that_follows_but_by_the_start(make_event, now):
    event = make_event()
    by = event.deadlines.decide_by
    far, week = event.model_copy(update={"starts_at": by + 30 * 24 * HOUR}), 7 * 24 * HOUR
    assert steps(undecided(far, now), far, week, week, week) == [
        (Step.OVERDUE, by),
        (Step.ESCALATE, by + week + 24 * HOUR),
        (Step.EXPIRE, by + 2 * week + 72 * HOUR),
    ]
    assert deadlines.chase(undecided(event, now), event, event.starts_at)[0] is Step.EXPIRE


def test_whoever_is_decided_on_is_chased_no_longer(make_event, now):
    event = make_event()
    assert deadlines.chase(waiting(event, now), event, event.starts_at) is None


def test_a_deadline_of_the_host_that_moves_takes_back_what_was_overdue(make_event, now):
    event = make_event()
    request = undecided(event, now)
    step, overdue = deadlines.chase(request, event, event.deadlines.decide_by)
    assert (step, overdue.overdue_at) == (Step.OVERDUE, event.deadlines.decide_by)
    assert deadlines.chase(overdue, event, event.deadlines.decide_by) is None
    assert schedules.give_time(overdue) == request


def test_silence_keeps_what_was_confirmed_and_ends_the_claim_to_more(make_event, now):
    event = make_event()
    by = event.deadlines.confirm_by
    three = rules.confirm(rules.grant(waiting(event, now, count=6), 3, by), event, 1)
    more = rules.grant(three, 2, by)
    assert (more.granted, more.confirmed, more.waiting) == (5, 3, 1)
    kept = deadlines.lapse(more)
    assert (kept.status, kept.granted, kept.confirmed, kept.waiting) == (RequestStatus.CONFIRMED, 3, 3, 0)
    gone = deadlines.lapse(rules.grant(waiting(event, now), 2, by))
    assert (gone.status, gone.granted, gone.waiting) == (RequestStatus.RELEASED, 0, 0)


def test_a_new_schedule_asks_for_all_seats_and_news_that_is_late_leaves_time(make_event, now):
    event = make_event(reconfirm_by=now + HOUR, schedule_revision=2)
    assert schedules.reconfirm_until(event, now) == now + HOUR
    assert schedules.reconfirm_until(event, now + HOUR) == now + 25 * HOUR
    before_start = event.starts_at - HOUR
    assert schedules.reconfirm_until(event, before_start) == event.starts_at
    asked = schedules.ask_again(rules.confirm(granted(make_event(), now), make_event(), 1), now + HOUR)
    assert (asked.status, asked.granted) == (RequestStatus.RECONFIRM_PENDING, 5)
    again = schedules.reconfirm(asked, event, 2)
    assert (again.status, again.confirmed, again.reconfirm_by) == (RequestStatus.CONFIRMED, 5, None)


def test_remote_people_are_let_go_by_number(make_event, now):
    event = make_event(mode="remote", seat_mode=SeatMode.REMOTE)
    request = rules.confirm(granted(event, now, mode=SeatMode.REMOTE), event, 1)
    fewer = delegations.release(request, 2)
    assert (fewer.status, fewer.granted, fewer.confirmed) == (RequestStatus.CONFIRMED, 3, 3)
    with pytest.raises(CountedByHeads):
        delegations.release(request, [new_id()])
    with pytest.raises(TooMany):
        delegations.release(request, 6)


def test_each_who_waits_hears_why(make_event, now):
    event = make_event()
    ledger = moved(ledger_of(event, 4, quota=3), "omsk", granted=3)
    queue = [
        waiting(event, now, "perm", 2),
        waiting(event, now, "omsk", 1),
        waiting(event, now, "tver", 3, min_viable=2),
        waiting(event, now, "izhevsk", 1),
    ]
    why = waits(ledger, queue, event, now, suspended={"perm"})
    assert why == [Wait.SUSPENDED, Wait.QUOTA_USED, Wait.BELOW_MIN_VIABLE, Wait.HELD_UP]
    fill = event.model_copy(update={"queue_policy": QueuePolicy.FILL})
    assert waits(ledger, queue, fill, now, suspended={"perm"})[-1] is Wait.NEXT_RELEASE
    full = moved(ledger, "kazan", granted=1)
    assert waits(full, queue, fill, now)[0] is Wait.NO_FREE_SEATS
    assert set(waits(ledger, queue, event, event.deadlines.roster_freeze)) == {Wait.ROSTER_FROZEN}


def test_a_city_whose_quota_is_below_its_minimum_is_offered_what_it_may_have(make_event, now):
    event = make_event()
    queue = [waiting(event, now, "tver", 5, min_viable=4), waiting(event, now, "perm", 2)]
    few, other = promote(ledger_of(event, 10, quota=3), queue, event, now)
    assert (few.status, few.offer.seats, other.granted) == (RequestStatus.OFFERED, 3, 2)


def test_whoever_replaces_without_end_is_stopped_before_the_bus_would_refuse_the_request(make_event, now):
    event = make_event()
    request = granted(event, now, count=500)
    with pytest.raises(TooManyReplaced) as refused:
        for _ in range(10_000):
            request = delegations.replace(request, event, request.delegates[-1].id, new_id(), AudienceRole.TEACHER)
    assert refused.value.most == len(request.delegates)
    assert len(RequestClosed(aggregate_version=1, request=request).model_dump_json()) < MAX_BODY / 2


def in_parallel(make_event, capacities):
    event = make_event()
    first, last = event.sessions
    rooms = tuple(
        Session(id=new_id(), title="Зал", starts_at=last.starts_at, ends_at=last.ends_at, capacity=capacity)
        for capacity in capacities
    )
    return event.model_copy(update={"sessions": (first, *rooms)}), {one.id: one.capacity for one in rooms}


def test_sessions_that_follow_each_other_run_not_in_parallel(make_event, now):
    event = make_event()
    assert [len(one) for one in parallel(event)] == [1, 1]
    assert set(by_city(event, [granted(event, now)]).values()) == {None}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # both are the same for every example
@given(
    capacities=st.lists(st.none() | st.integers(1, 12), min_size=2, max_size=4),
    sizes=st.lists(st.integers(1, 8), min_size=1, max_size=5),
)
def test_everybody_sits_in_one_of_the_parallel_sessions_and_none_is_too_full(make_event, clock, capacities, sizes):
    event, rooms = in_parallel(make_event, capacities)
    requests = [granted(event, clock.now(), count, city=f"city-{n}") for n, count in enumerate(sizes)]
    total = sum(sizes)
    if sum(min(one or total, total) for one in capacities) < total:
        with pytest.raises(SessionFull):
            by_city(event, requests)
        return
    found = by_city(event, requests)
    assert len(found) == total
    assert all(len(set(sessions) & set(rooms)) == 1 for sessions in found.values())
    seated = assign(event, requests, found)
    filled = attendance(event, seated)
    assert all(capacity is None or filled[room] <= capacity for room, capacity in rooms.items())
    assert sum(filled[room] for room in rooms) == total
    largest = max(requests, key=lambda one: one.granted)
    if largest.granted <= max(one or total for one in capacities):
        together = Counter(found[one.id] for one in largest.delegates)
        assert len(together) == 1 or sizes.count(largest.granted) > 1
