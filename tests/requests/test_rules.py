"""Rules of seats and queues, without a store."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vzaimo.contracts.calendar import QueueOrder, QueuePolicy, SeatMode, SeatPlan
from vzaimo.contracts.requests import DelegateStatus, RequestStatus
from vzaimo.kit.ids import new_id
from vzaimo.requests.domain import delegations
from vzaimo.requests.domain import requests as rules
from vzaimo.requests.domain.attendance import attend
from vzaimo.requests.domain.halls import Hall
from vzaimo.requests.domain.ledgers import Ledger, fits, free, moved
from vzaimo.requests.domain.queues import in_order, promote, season_of
from vzaimo.requests.domain.refusals import (
    ApplicationsClosed,
    MinimumTooHigh,
    ModeNotOffered,
    NobodyNamed,
    OwnEvent,
    RanksWithGaps,
    RoleNotInvited,
    ScheduleChanged,
    TooMany,
    UnknownDelegate,
    WrongRequestStatus,
)
from vzaimo.requests.domain.requests import Delegation
from vzaimo.requests.domain.transitions import FINAL, OPEN, TRANSITIONS, Step, printed, told

Status = RequestStatus


@pytest.fixture
def event(make_event):
    return make_event()


@pytest.fixture
def now(clock):
    return clock.now()


def people(count, role="teacher", **more):
    return Delegation(delegates=tuple((new_id(), rank, role) for rank in range(1, count + 1)), **more)


def submitted(event, now, city="tver", count=5, **more):
    request = rules.draft(new_id(), event, city, SeatMode.IN_PERSON, people(count, **more))
    return rules.submit(request, event, 1, now)


def ledger_of(event, capacity=60, **more):
    plan = SeatPlan(mode=SeatMode.IN_PERSON, capacity=capacity, **more)
    return Ledger(event=event.id, host="moskva", mode=SeatMode.IN_PERSON, plan=plan)


def approved(event, now, city="tver", count=5, **more):
    return rules.approve(submitted(event, now, city, count, **more), None, "accepted", now)


def hall_of(request, event):
    hall = Hall(event, ledger_of(event), {request.id: request})
    hall.ledger = moved(hall.ledger, request.city, waiting=request.waiting)
    return hall


def served(changed):
    return [(one.city, one.status, one.granted, one.offer.seats if one.offer else 0) for one in changed]


@pytest.mark.parametrize(
    "delegation, refusal",
    [
        (Delegation(), NobodyNamed),
        (Delegation(heads=(("teacher", 3),)), NobodyNamed),
        (Delegation(delegates=((new_id(), 1, "teacher"), (new_id(), 3, "teacher"))), RanksWithGaps),
        (Delegation(delegates=((new_id(), 1, "teacher"), (new_id(), 1, "teacher"))), RanksWithGaps),
        (Delegation(delegates=((new_id(), 2, "teacher"),)), RanksWithGaps),
        (people(1, role="authority"), RoleNotInvited),
        (people(2, min_viable=3), MinimumTooHigh),
    ],
)
def test_a_delegation_is_ranked_without_gaps_and_of_invited_roles(event, delegation, refusal):
    with pytest.raises(refusal):
        rules.draft(new_id(), event, "tver", SeatMode.IN_PERSON, delegation)


def test_a_host_is_no_guest_and_a_visit_has_no_remote_seats(event):
    with pytest.raises(OwnEvent):
        rules.draft(new_id(), event, "moskva", SeatMode.IN_PERSON, people(1))
    with pytest.raises(ModeNotOffered):
        rules.draft(new_id(), event, "tver", SeatMode.REMOTE, Delegation(heads=(("teacher", 1),)))


def test_requests_are_taken_while_applications_are_open_and_by_who_knows_the_schedule(event, now):
    draft = rules.draft(new_id(), event, "tver", SeatMode.IN_PERSON, people(1))
    for moment in (event.deadlines.apply_opens - timedelta(seconds=1), event.deadlines.apply_closes):
        with pytest.raises(ApplicationsClosed):
            rules.submit(draft, event, 1, moment)
    moved_event = event.model_copy(update={"schedule_revision": 2})
    with pytest.raises(ScheduleChanged):
        rules.submit(draft, moved_event, 1, now)


def test_the_host_approves_by_rank_by_person_or_all(event, now):
    request = submitted(event, now)
    by_count = rules.approve(request, 2, "accepted", now)
    assert [one.status for one in by_count.delegates] == ["waitlisted"] * 2 + ["declined"] * 3
    chosen = request.delegates[3].id
    by_person = rules.approve(request, [chosen], "accepted", now)
    assert [one.id for one in by_person.delegates if one.status is DelegateStatus.WAITLISTED] == [chosen]
    with pytest.raises(TooMany):
        rules.approve(request, 6, "accepted", now)
    with pytest.raises(UnknownDelegate):
        rules.approve(request, [new_id()], "accepted", now)
    with pytest.raises(WrongRequestStatus):
        rules.approve(by_count, None, "accepted", now)


def test_a_reserve_is_free_for_its_city_alone_until_it_returns(event):
    ledger = ledger_of(event, 10, reserves={"tver": 4})
    assert (free(ledger, "tver", reserves=True), free(ledger, "perm", reserves=True)) == (10, 6)
    assert free(ledger, "perm", reserves=False) == 10
    used = moved(ledger, "tver", granted=3)
    assert (free(used, "tver", reserves=True), free(used, "perm", reserves=True)) == (7, 6)


def test_a_quota_bounds_a_city(event):
    ledger = moved(ledger_of(event, 60, quota=5), "tver", granted=3, held=1)
    assert free(ledger, "tver", reserves=True) == 1
    with pytest.raises(AssertionError):
        moved(ledger, "tver", granted=2)


def test_what_does_not_fit_waits_and_the_delegates_follow_their_rank(event, now):
    (changed,) = promote(ledger_of(event, 3), [approved(event, now)], event, now)
    assert (changed.status, changed.granted, changed.waiting) == (Status.APPROVED, 3, 2)
    assert [one.status for one in changed.delegates] == ["granted"] * 3 + ["waitlisted"] * 2


def test_strict_holds_up_those_behind_and_fill_goes_on(event, now):
    queue = [approved(event, now, "tver", 5, min_viable=5), approved(event, now, "perm", 2)]
    assert promote(ledger_of(event, 4), queue, event, now) == []
    fill = event.model_copy(update={"queue_policy": QueuePolicy.FILL})
    assert served(promote(ledger_of(event, 4), queue, fill, now)) == [("perm", Status.APPROVED, 2, 0)]


def test_a_city_without_quota_is_passed_over_and_a_reserve_waits_for_nobody(event, now):
    ledger = moved(ledger_of(event, 10, quota=3, reserves={"perm": 2}), "tver", granted=3)
    queue = [approved(event, now, "tver"), approved(event, now, "perm", 2)]
    assert served(promote(ledger, queue, event, now)) == [("perm", Status.APPROVED, 2, 0)]
    reserved = ledger_of(event, 4, reserves={"perm": 2})
    queue = [approved(event, now, "tver", 3, min_viable=3), approved(event, now, "perm", 2)]
    assert served(promote(reserved, queue, event, now)) == [("perm", Status.APPROVED, 2, 0)]


def test_fewer_than_the_city_finds_viable_are_offered_not_granted(event, now):
    few = rules.approve(submitted(event, now, min_viable=4), 3, "accepted", now)
    (changed,) = promote(ledger_of(event), [few], event, now)
    assert (changed.status, changed.granted, changed.offer.seats) == (Status.OFFERED, 0, 3)
    assert changed.offer.expires_at == now + timedelta(hours=48)
    taken = rules.accept(changed, event, 1, now)
    assert (taken.status, taken.granted, taken.confirmed, taken.waiting) == (Status.CONFIRMED, 3, 3, 0)
    gone = rules.let_go(changed, expired=False)
    assert (gone.status, gone.granted, gone.waiting, gone.offer) == (Status.RELEASED, 0, 0, None)


def test_an_offer_ends_at_the_freeze_at_the_latest(event, now):
    late = event.deadlines.roster_freeze - timedelta(hours=1)
    few = rules.approve(submitted(event, now, min_viable=4), 3, "accepted", now)
    (changed,) = promote(ledger_of(event), [few], event, late)
    assert changed.offer.expires_at == event.deadlines.roster_freeze
    assert promote(ledger_of(event), [few], event, event.deadlines.roster_freeze) == []


def test_the_queue_goes_by_priority_then_by_time_or_by_fairness(event, now):
    first, second, third = (
        approved(event, now + timedelta(minutes=minute), city)
        for minute, city in enumerate(("tver", "perm", "izhevsk"))
    )
    urgent = third.model_copy(update={"priority": 1})
    assert in_order([second, urgent, first], QueueOrder.SUBMITTED, {}) == [urgent, first, second]
    assert in_order([first, second, third], QueueOrder.FAIR, {"tver": 9, "perm": 4}) == [third, second, first]


def test_a_season_begins_on_1_september_by_the_venues_calendar(make_event):
    def season(text, zone):
        event = make_event(timezone=zone)
        return season_of(event.model_copy(update={"starts_at": event.starts_at.fromisoformat(text)}))

    assert season("2026-08-31T13:00:00+00:00", "Asia/Kamchatka") == 2026
    assert season("2026-08-31T11:00:00+00:00", "Asia/Kamchatka") == 2025


def test_a_plan_that_takes_seats_away_from_those_who_have_them_does_not_fit(event):
    ledger = moved(ledger_of(event), "tver", granted=20)
    assert fits(ledger, SeatPlan(mode=SeatMode.IN_PERSON, capacity=20))
    assert not fits(ledger, SeatPlan(mode=SeatMode.IN_PERSON, capacity=19))
    assert not fits(ledger, SeatPlan(mode=SeatMode.IN_PERSON, capacity=60, quota=19))


CITIES = ("tver", "perm", "izhevsk", "omsk", "kazan")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # both are the same for every example
@given(
    capacity=st.integers(0, 40),
    quota=st.none() | st.integers(1, 20),
    reserve=st.integers(0, 5),
    policy=st.sampled_from(QueuePolicy),
    wishes=st.lists(st.tuples(st.integers(1, 15), st.integers(1, 15)), min_size=1, max_size=5),
    taken=st.lists(st.integers(0, 6), min_size=5, max_size=5),
)
def test_promotion_never_oversells_and_leaves_no_seat_that_the_head_could_have(
    make_event, clock, capacity, quota, reserve, policy, wishes, taken
):
    event, now = make_event(queue_policy=policy), clock.now()
    ledger = ledger_of(event, max(capacity, 1), quota=quota, reserves={"omsk": reserve} if reserve else {})
    for city, count in zip(CITIES, taken, strict=True):
        ledger = moved(ledger, city, granted=min(count, free(ledger, city, reserves=True)))
    queue = [
        approved(event, now, city, wanted, min_viable=min(least, wanted))
        for city, (wanted, least) in zip(CITIES, wishes, strict=False)
    ]
    after = ledger
    for one in promote(ledger, queue, event, now):
        after = moved(after, one.city, granted=one.granted, held=one.offer.seats if one.offer else 0)
        assert one.offer is not None or one.granted >= one.min_viable
    assert after.granted + after.held <= ledger.plan.capacity
    assert all(quota is None or share.used <= quota for share in after.shares.values())
    head = queue[0]
    unserved = after.share(head.city) == ledger.share(head.city)
    assert not unserved or free(ledger, head.city, reserves=True) < head.min_viable


def test_every_final_state_is_left_by_no_step_and_reached_by_some():
    reached = {status for one in TRANSITIONS.values() for status in one.target}
    assert reached >= set(RequestStatus) - {Status.DRAFT}
    assert all(FINAL.isdisjoint(one.origin) for one in TRANSITIONS.values())
    assert set(OPEN) | FINAL == set(RequestStatus)


@pytest.mark.parametrize(
    "step, status", [(step, one) for step in Step for one in RequestStatus if one not in TRANSITIONS[step].origin]
)
def test_a_step_from_elsewhere_is_refused(event, now, step, status):
    request = submitted(event, now).model_copy(update={"status": status})
    with pytest.raises(WrongRequestStatus):
        told(request, request, step)


def test_the_docs_print_the_table_that_the_code_executes():
    page = Path(__file__).parents[2] / "docs" / "architecture" / "requests.md"
    assert printed() in page.read_text(encoding="utf-8")


def test_whoever_has_seats_late_has_its_time_to_confirm_too(event, now):
    """Seats that come free at ``confirm_by`` would otherwise be granted past their own deadline."""
    confirm_by, freeze = event.deadlines.confirm_by, event.deadlines.roster_freeze
    two_days = timedelta(days=2)
    for granted_at, by in [
        (now, confirm_by),
        (confirm_by - timedelta(hours=1), min(confirm_by - timedelta(hours=1) + two_days, freeze)),
        (confirm_by, min(confirm_by + two_days, freeze)),
        (freeze - timedelta(hours=1), freeze),
    ]:
        hall = hall_of(approved(event, now), event)
        hall.serve(granted_at)
        (one,) = hall.requests.values()
        assert (one.status, one.confirm_by) == (Status.APPROVED, by)
        hall.lapse_unconfirmed(by - timedelta(seconds=1))
        assert hall.ledger.granted == 5
        hall.lapse_unconfirmed(by)
        assert (hall.ledger.granted, hall.requests[one.id].confirm_by) == (0, None)


def test_whom_the_host_seats_by_hand_no_late_timer_unseats(event, now):
    hall = hall_of(approved(event, now), event)
    freeze = event.deadlines.roster_freeze
    hall.ledger = moved(hall.ledger, "perm", granted=57)
    hall.serve(now)
    (one,) = hall.requests.values()
    assert (one.granted, one.waiting) == (3, 2)
    hall.ledger = moved(hall.ledger, "perm", granted=-57)
    hall.take(delegations.seat(one, event, 2, 57, freeze), Step.SEAT, freeze)
    hall.lapse_unconfirmed(freeze)
    assert (hall.requests[one.id].granted, hall.requests[one.id].confirm_by) == (5, None)


def came(event, now):
    """A hall after its first day: Tver, which had not confirmed, and Perm came."""
    hall = Hall(event, ledger_of(event))
    for city in ("tver", "perm"):
        request = submitted(event, now, city, 2)
        hall.requests[request.id] = request
        hall.admit(rules.approve(request, None, "accepted", now), now)
    for request in list(hall.requests.values()):
        everybody = {str(one.id): 1 for one in request.delegates}
        hall.put(attend(request, everybody), Step.RECORD_ATTENDANCE)
    return hall


def standing(hall):
    return [(one.status, one.granted, one.attended, one.reconfirm_by) for one in hall.requests.values()]


def test_who_came_is_asked_nothing_any_more_and_keeps_the_seats(event, now):
    """The news of another schedule, or a timer, may come after the first day: a service was away, or a host is late."""
    hall = came(event, now)
    after = [(Status.APPROVED, 2, 2, None)] * 2
    assert standing(hall) == after
    hall.event = event.model_copy(update={"schedule_revision": 2})
    hall.reschedule(now)
    hall.lapse_unconfirmed(event.starts_at + timedelta(hours=9))
    hall.ask_longer(now + timedelta(days=30))
    hall.lapse_unanswered(now + timedelta(days=30))
    assert standing(hall) == after


def test_who_was_asked_again_and_came_without_an_answer_keeps_the_seats(event, now):
    hall = Hall(event, ledger_of(event))
    request = submitted(event, now, "tver", 2)
    hall.requests[request.id] = request
    hall.admit(rules.approve(request, None, "accepted", now), now)
    hall.event = event.model_copy(update={"schedule_revision": 2, "reconfirm_by": event.starts_at})
    hall.reschedule(now)
    hall.put(attend(hall.requests[request.id], {str(request.delegates[0].id): 1}), Step.RECORD_ATTENDANCE)
    hall.lapse_unanswered(event.starts_at + timedelta(hours=9))
    (one,) = hall.requests.values()
    assert (one.status, one.granted, one.attended) == (Status.RECONFIRM_PENDING, 2, 1)
