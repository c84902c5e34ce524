"""Rules of planning and announcing, without a store."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaimo.calendar.domain import events
from vzaimo.calendar.domain.plans import DEADLINES, check_deadlines, checked_seats, scheduled
from vzaimo.calendar.domain.refusals import (
    CapacityRequestOpen,
    DeadlineBinds,
    DeadlinesOutOfOrder,
    EventIncomplete,
    EventTookPlace,
    MaterialChange,
    SeatPlanWrong,
    SessionsOverlap,
    TooEarly,
    TooLate,
    UnknownPlannedSession,
    UnknownTimezone,
    WallClockAmbiguous,
    WallClockMissing,
    WrongEventStatus,
)
from vzaimo.calendar.domain.zones import instant
from vzaimo.calendar.shapes.events import PlanBody
from vzaimo.contracts.calendar import Deadlines, EventStatus, Mode, SeatMode, SeatPlan
from vzaimo.contracts.requests import CapacityAnswer
from vzaimo.kit.ids import new_id

NOW = datetime(2026, 9, 27, 9, 0, tzinfo=UTC)


@pytest.fixture
def drafted(planned):
    return lambda **changes: events.draft(new_id(), "moskva", planned(**changes))


@pytest.fixture
def announced(drafted):
    return events.announce(drafted(), NOW)


def answer(state, no, *, applied):
    return CapacityAnswer(event=state.id, host="moskva", no=no, applied=applied)


def test_an_announcement_asks_for_seats_and_shows_instants(announced):
    event = announced.event
    assert (event.status, event.capacity_requested.no, event.seats) == (EventStatus.ANNOUNCED, 1, ())
    assert event.starts_at == datetime(2026, 10, 4, 7, 0, tzinfo=UTC)
    assert event.admission == "host"


def test_a_webinar_admits_by_itself_and_needs_no_seats(drafted, plan):
    session = {**plan["sessions"][0], "site": None, "join_link": "https://join.example/secret"}
    event = events.announce(drafted(mode="remote", sessions=[session], seats=[]), NOW).event
    assert (event.admission, event.capacity_requested.seats) == ("automatic", (SeatPlan(mode=SeatMode.REMOTE),))
    assert event.sessions[0].joinable
    assert "secret" not in event.model_dump_json()


@pytest.mark.parametrize(
    "changes, missing",
    [
        ({"audience": []}, ("audience",)),
        ({"sessions": []}, ("sessions",)),
        ({"deadlines": None}, ("deadlines",)),
        ({"seats": []}, ("seats.in_person.capacity",)),
    ],
)
def test_what_is_missing_is_named(drafted, changes, missing):
    with pytest.raises(EventIncomplete) as refused:
        events.announce(drafted(**changes), NOW)
    assert refused.value.missing == missing


def test_what_is_named_twice_counts_once(planned):
    one = str(new_id())
    plan = planned(topics=["talents", "mesh", "talents"], audience=["teacher", "teacher"], practices=[one, one])
    assert (plan.topics, plan.audience) == (("talents", "mesh"), ("teacher",))
    assert len(plan.practices) == 1


def test_sessions_at_one_site_may_not_overlap(planned, plan):
    first = plan["sessions"][0]
    with pytest.raises(SessionsOverlap):
        planned_twice = planned(sessions=[first, {**first, "starts": "2026-10-04T16:59", "ends": "2026-10-04T18:00"}])
        scheduled(planned_twice)
    after = {**first, "starts": "2026-10-04T17:00", "ends": "2026-10-04T18:00"}
    assert len(scheduled(planned(sessions=[first, after]))) == 2


def test_a_start_in_the_past_is_too_late(drafted):
    with pytest.raises(TooLate):
        events.announce(drafted(), datetime(2026, 10, 4, 7, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    "capacity, quota, reserves, fault",
    [
        (60, 20, {"tver": 21}, "above-quota"),
        (60, None, {"tver": 31, "perm": 30}, "above-capacity"),
        (60, 61, {}, "above-capacity"),
    ],
)
def test_quota_and_reserves_fit_the_capacity(capacity, quota, reserves, fault):
    plan = SeatPlan(mode=SeatMode.IN_PERSON, capacity=capacity, quota=quota, reserves=reserves)
    with pytest.raises(SeatPlanWrong) as refused:
        checked_seats(Mode.IN_PERSON, (plan,))
    assert refused.value.fault == fault


@given(st.permutations(range(6)))
def test_deadlines_hold_in_their_order_alone(order):
    moments = [NOW + timedelta(days=place) for place in order]
    deadlines = Deadlines(**dict(zip(DEADLINES, moments[:5], strict=True)))
    if list(order) == sorted(order):
        check_deadlines(deadlines, moments[5], NOW - timedelta(days=1))
    else:
        with pytest.raises(DeadlinesOutOfOrder):
            check_deadlines(deadlines, moments[5], NOW - timedelta(days=1))


def test_clocks_that_jump_are_noticed():
    with pytest.raises(WallClockMissing):
        instant(datetime(2026, 3, 29, 2, 30), "Europe/Berlin", None, "sessions.0.starts")
    with pytest.raises(WallClockAmbiguous):
        instant(datetime(2026, 10, 25, 2, 30), "Europe/Berlin", None, "sessions.0.starts")
    first = instant(datetime(2026, 10, 25, 2, 30), "Europe/Berlin", 0, "x")
    assert instant(datetime(2026, 10, 25, 2, 30), "Europe/Berlin", 1, "x") - first == timedelta(hours=1)
    with pytest.raises(UnknownTimezone):
        instant(datetime(2026, 10, 25), "Europe/Tver", None, "x")


@pytest.mark.parametrize("name", ["localtime", "posixrules", "Factory", "right/UTC", "posix/Europe/Moscow"])
def test_a_zone_that_other_machines_may_lack_or_mean_otherwise_is_unknown(name):
    with pytest.raises(UnknownTimezone):
        instant(datetime(2026, 10, 25), name, None, "x")


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)),
    st.sampled_from(sorted(name for name in available_timezones() if "/" in name)),
)
def test_an_instant_shows_the_wall_clock_it_came_from(local, name):
    try:
        moment = instant(local, name, 0, "x")
    except WallClockMissing:
        return
    assert moment.astimezone(ZoneInfo(name)).replace(tzinfo=None) == local


def test_details_change_and_what_binds_others_does_not(announced, plan):
    again = [{**one, "id": str(known.id)} for one, known in zip(plan["sessions"], announced.plan.sessions, strict=True)]
    renamed = PlanBody.model_validate({**plan, "title": "Новое название", "sessions": again})
    assert events.revise(announced, renamed.plan(announced.plan.sessions), NOW).event.title == "Новое название"
    moved = [{**again[0], "starts": "2026-10-04T11:00"}, again[1]]
    with pytest.raises(MaterialChange) as refused:
        body = PlanBody.model_validate({**plan, "sessions": moved})
        events.revise(announced, body.plan(announced.plan.sessions), NOW)
    assert refused.value.fields == ("sessions.0.starts",)


def test_one_request_for_capacity_is_open_at_a_time(announced):
    with pytest.raises(CapacityRequestOpen):
        events.request_capacity(announced, announced.plan.seats, NOW)
    settled = events.settle(announced, answer(announced, 1, applied=True))
    assert settled.event.seats[0].capacity == 60
    assert events.settle(settled, answer(announced, 1, applied=True)) is None
    fewer = events.request_capacity(settled, (SeatPlan(mode=SeatMode.IN_PERSON, capacity=10),), NOW)
    refused = events.settle(fewer, answer(announced, 2, applied=False))
    assert (refused.event.seats[0].capacity, refused.event.capacity_applied, refused.event.capacity_no) == (
        60,
        False,
        2,
    )


def test_a_kind_of_seat_that_is_not_named_stays_as_it_was_agreed(drafted):
    seats = [{"mode": "in_person", "capacity": 60}, {"mode": "remote", "capacity": 100}]
    state = events.announce(drafted(mode="hybrid", seats=seats), NOW)
    settled = events.settle(state, answer(state, 1, applied=True))
    more = events.request_capacity(settled, (SeatPlan(mode=SeatMode.REMOTE, capacity=200),), NOW)
    asked = {one.mode: one.capacity for one in more.event.capacity_requested.seats}
    assert asked == {SeatMode.IN_PERSON: 60, SeatMode.REMOTE: 200}


def test_seats_in_person_always_have_a_number(announced):
    settled = events.settle(announced, answer(announced, 1, applied=True))
    with pytest.raises(EventIncomplete) as refused:
        events.request_capacity(settled, (SeatPlan(mode=SeatMode.IN_PERSON),), NOW)
    assert refused.value.missing == ("seats.in_person.capacity",)


def test_what_a_change_of_details_does_not_name_stays_as_it_was_announced(announced, plan):
    known = [{**one, "id": str(was.id)} for one, was in zip(plan["sessions"], announced.plan.sessions, strict=True)]
    short = {**plan, "title": "Короче", "sessions": known, "deadlines": None, "seats": []}
    body = PlanBody.model_validate(short)
    changed = events.revise(announced, body.plan(announced.plan.sessions), NOW)
    assert (changed.event.title, changed.event.deadlines) == ("Короче", announced.event.deadlines)
    assert changed.plan.seats == announced.plan.seats


def put_off(state, **moments):
    """The plan of an announced event with other deadlines."""
    return state.plan.model_copy(update={"deadlines": state.plan.deadlines.model_copy(update=moments)})


@given(st.lists(st.integers(-50, 50), min_size=5, max_size=5), st.integers(0, 200))
def test_announced_deadlines_are_only_put_off_while_they_are_ahead(planned, shifts, hours):
    announced = events.announce(events.draft(new_id(), "moskva", planned()), NOW)
    now = NOW + timedelta(hours=hours)
    old = dict(announced.plan.deadlines)
    new = {name: old[name] + timedelta(minutes=shift) for name, shift in zip(DEADLINES, shifts, strict=True)}
    kept = [new[name] == old[name] for name in DEADLINES]
    longer = [new["apply_opens"] <= old["apply_opens"], *(new[name] >= old[name] for name in DEADLINES[1:])]
    ahead = [old[name] > now for name in DEADLINES]
    if all(same or (more and left) for same, more, left in zip(kept, longer, ahead, strict=True)):
        changed = events.revise(announced, put_off(announced, **new), now)
        assert dict(changed.event.deadlines) == dict(changed.plan.deadlines) == new
        assert (changed.event.schedule_revision, changed.event.sequence) == (1, 0)
    else:
        with pytest.raises(DeadlineBinds):
            events.revise(announced, put_off(announced, **new), now)


def test_deadlines_that_are_put_off_keep_their_order(announced):
    with pytest.raises(DeadlinesOutOfOrder):
        later = announced.plan.deadlines.decide_by + timedelta(minutes=1)
        events.revise(announced, put_off(announced, apply_closes=later), NOW)


def test_a_sessions_id_is_calendars_to_give(announced, plan):
    first, second = plan["sessions"]
    known = announced.plan.sessions

    def ids(*sessions):
        return [one.id for one in PlanBody.model_validate({**plan, "sessions": sessions}).plan(known).sessions]

    assert ids(first, second) == [one.id for one in known], "by place"
    swapped = ids({**second, "id": str(known[1].id)}, first)
    assert swapped[0] == known[1].id
    assert swapped[1] not in {one.id for one in known}, "its place is taken: a new one"
    with pytest.raises(UnknownPlannedSession) as refused:
        ids(first, {**second, "id": str(new_id())})
    assert refused.value.field == "sessions.1.id"


def test_an_event_is_completed_once_its_last_session_has_begun(announced):
    with pytest.raises(TooEarly):
        events.complete(announced, datetime(2026, 10, 5, 6, 59, tzinfo=UTC))
    done = events.complete(announced, datetime(2026, 10, 5, 7, 0, tzinfo=UTC))
    assert done.status is EventStatus.COMPLETED
    with pytest.raises(WrongEventStatus):
        events.cancel(done, "host-unavailable", NOW)


def test_an_event_is_called_off_until_its_end_and_not_after_it(announced):
    ends_at = announced.event.ends_at
    assert events.cancel(announced, "force-majeure", ends_at - timedelta(minutes=1)).status is EventStatus.CANCELLED
    with pytest.raises(EventTookPlace) as refused:
        events.cancel(announced, "force-majeure", ends_at)
    assert refused.value.ended_at == ends_at
