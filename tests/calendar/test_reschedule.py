"""Rules of moving an announced event and of holding it again, without a store."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vzaimo.calendar.domain import events
from vzaimo.calendar.domain.clone import clone
from vzaimo.calendar.domain.plans import check_order
from vzaimo.calendar.domain.presets import Preset, fitted
from vzaimo.calendar.domain.refusals import (
    CapacityRequestOpen,
    DeadlinesOutOfOrder,
    EventIncomplete,
    EventTookPlace,
    ModeInUse,
    NoRoomToReconfirm,
    NothingRescheduled,
    SeatPlanWrong,
    TooLate,
    WrongEventStatus,
)
from vzaimo.calendar.domain.reschedule import RECONFIRMED_WITHIN, Schedule, reschedule
from vzaimo.calendar.shapes.events import SessionBody
from vzaimo.calendar.shapes.events import planned as sessions_of
from vzaimo.contracts.calendar import Mode, SeatMode, SeatPlan
from vzaimo.contracts.requests import CapacityAnswer
from vzaimo.kit.ids import new_id

NOW = datetime(2026, 9, 27, 9, 0, tzinfo=UTC)
REMOTE = SeatPlan(mode=SeatMode.REMOTE, capacity=100)


@pytest.fixture
def settled(planned):
    """Announced, and its seats agreed."""
    state = events.announce(events.draft(new_id(), "moskva", planned()), NOW)
    return events.settle(state, CapacityAnswer(event=state.id, host="moskva", no=1, applied=True))


def schedule(state, *, days=0, **changes):
    """The event's schedule so many days later, deadlines too."""
    plan, shift = state.plan, timedelta(days=days)
    sessions = [
        one.model_copy(update={"starts": one.starts + shift, "ends": one.ends + shift}) for one in plan.sessions
    ]
    deadlines = {name: moment + shift for name, moment in plan.deadlines}
    whole = {
        "mode": plan.mode,
        "timezone": plan.timezone,
        "sessions": tuple(sessions),
        "deadlines": plan.deadlines.model_copy(update=deadlines | changes.pop("moments", {})),
    }
    return Schedule(**whole | changes)


def test_a_move_states_new_times_and_until_when_to_decide_anew(settled):
    moved = reschedule(settled, schedule(settled, days=7), {}, NOW)
    event = moved.event
    assert (event.schedule_revision, event.sequence, event.starts_at.day) == (2, 1, 11)
    assert event.reconfirm_by == NOW + RECONFIRMED_WITHIN
    assert [one.id for one in event.sessions] == [one.id for one in settled.event.sessions]
    assert (event.seats, event.capacity_requested) == (settled.event.seats, None)
    assert reschedule(moved, schedule(moved, days=-1), {}, NOW).event.schedule_revision == 3


def test_nothing_is_rescheduled_where_time_zone_site_and_mode_stay(settled):
    renamed = tuple(one.model_copy(update={"title": "Иначе"}) for one in settled.plan.sessions)
    for new in (schedule(settled), schedule(settled, sessions=renamed)):
        with pytest.raises(NothingRescheduled):
            reschedule(settled, new, {}, NOW)


@pytest.mark.parametrize("change", ["zone", "site", "start"])
def test_zone_and_site_and_start_are_material(settled, change):
    first, second = settled.plan.sessions
    new = {
        "zone": lambda: schedule(settled, timezone="Europe/Samara", moments=earlier(settled)),
        "site": lambda: schedule(settled, sessions=(first.model_copy(update={"site": second.site}), second)),
        "start": lambda: schedule(
            settled, sessions=(first.model_copy(update={"starts": first.starts + timedelta(hours=1)}), second)
        ),
    }[change]()
    assert reschedule(settled, new, {}, NOW).event.schedule_revision == 2


def earlier(state):
    return {"roster_freeze": state.plan.deadlines.roster_freeze - timedelta(hours=1)}


def test_the_default_to_decide_anew_is_capped_by_the_freeze(settled):
    late = settled.plan.deadlines.roster_freeze - timedelta(hours=5)
    new = schedule(settled, timezone="Europe/Samara", moments=earlier(settled))
    assert reschedule(settled, new, {}, late).event.reconfirm_by == new.deadlines.roster_freeze


@pytest.mark.parametrize(
    "reconfirm_by, refusal",
    [(NOW, TooLate), (datetime(2026, 10, 10, 15, 1, tzinfo=UTC), DeadlinesOutOfOrder)],
)
def test_the_time_to_decide_anew_lies_between_now_and_the_freeze(settled, reconfirm_by, refusal):
    with pytest.raises(refusal):
        reschedule(settled, schedule(settled, days=7, reconfirm_by=reconfirm_by), {}, NOW)
    freeze = settled.plan.deadlines.roster_freeze + timedelta(days=7)
    assert reschedule(settled, schedule(settled, days=7, reconfirm_by=freeze), {}, NOW).event.reconfirm_by == freeze


def test_deadlines_that_passed_may_stay_and_others_may_not_be_pulled_into_the_past(settled):
    later = settled.plan.deadlines.apply_closes + timedelta(hours=1)
    kept = {name: getattr(settled.plan.deadlines, name) for name in ("apply_opens", "apply_closes")}
    assert reschedule(settled, schedule(settled, days=7, moments=kept), {}, later).event.deadlines.apply_closes < later
    pulled = {**kept, "decide_by": later}
    with pytest.raises(TooLate) as refused:
        reschedule(settled, schedule(settled, days=7, moments=pulled), {}, later)
    assert refused.value.field == "deadlines.decide_by"


def test_a_move_leaves_room_to_decide_anew_or_is_refused(settled):
    frozen = settled.plan.deadlines.roster_freeze + timedelta(minutes=1)
    later = tuple(one.model_copy(update={"starts": one.starts + timedelta(hours=1)}) for one in settled.plan.sessions)
    with pytest.raises(NoRoomToReconfirm):
        reschedule(settled, schedule(settled, sessions=later), {}, frozen)


def test_the_new_start_lies_ahead_and_the_event_is_announced(settled):
    with pytest.raises(TooLate):
        reschedule(settled, schedule(settled, days=1), {}, settled.event.starts_at + timedelta(days=1))
    cancelled = events.cancel(settled, "host-unavailable", NOW)
    with pytest.raises(WrongEventStatus):
        reschedule(cancelled, schedule(cancelled, days=1), {}, NOW)
    with pytest.raises(EventTookPlace):
        reschedule(settled, schedule(settled, days=30), {}, settled.event.ends_at)


def test_a_mode_that_is_added_asks_the_ledger_for_its_seats(settled):
    moved = reschedule(settled, schedule(settled, mode=Mode.HYBRID, seats=(REMOTE,)), {}, NOW)
    request = moved.event.capacity_requested
    assert (request.no, [one.capacity for one in request.seats]) == (2, [60, 100])
    assert [one.capacity for one in moved.event.seats] == [60]
    with pytest.raises(CapacityRequestOpen):
        reschedule(moved, schedule(moved, mode=Mode.IN_PERSON), {}, NOW)
    # Times may move while the ledger owes an answer: that touches no seats.
    assert reschedule(moved, schedule(moved, days=7), {}, NOW).event.capacity_requested == request


def test_times_may_move_before_the_ledger_has_ever_answered(planned):
    state = events.announce(events.draft(new_id(), "moskva", planned()), NOW)
    moved = reschedule(state, schedule(state, days=7), {}, NOW)
    assert (moved.event.capacity_requested, moved.plan.seats) == (state.event.capacity_requested, state.plan.seats)


def test_seats_go_with_a_mode_that_is_added_alone(settled):
    fewer = SeatPlan(mode=SeatMode.IN_PERSON, capacity=10)
    with pytest.raises(SeatPlanWrong):
        reschedule(settled, schedule(settled, days=7, seats=(fewer,)), {}, NOW)


def test_a_mode_that_people_sit_in_cannot_be_removed(settled):
    to_remote = schedule(settled, mode=Mode.REMOTE)
    with pytest.raises(ModeInUse) as refused:
        reschedule(settled, to_remote, {SeatMode.IN_PERSON: 7}, NOW)
    assert refused.value.used == 7
    moved = reschedule(settled, to_remote, {SeatMode.IN_PERSON: 0}, NOW)
    assert (moved.event.seats, moved.event.capacity_requested.seats) == ((), (SeatPlan(mode=SeatMode.REMOTE),))


def test_seats_in_person_that_are_added_have_a_number(planned, plan):
    webinar = [{**plan["sessions"][0], "site": None, "join_link": "https://join.example/1"}]
    state = events.announce(events.draft(new_id(), "moskva", planned(mode="remote", sessions=webinar, seats=[])), NOW)
    state = events.settle(state, CapacityAnswer(event=state.id, host="moskva", no=1, applied=True))
    with pytest.raises(EventIncomplete):
        reschedule(state, schedule(state, mode=Mode.HYBRID), {}, NOW)


STARTS = st.lists(st.tuples(st.integers(10, 60), st.integers(0, 22), st.booleans()), min_size=1, max_size=5)
ZONES = st.sampled_from(["Europe/Kaliningrad", "Europe/Moscow", "Asia/Yekaterinburg", "Asia/Kamchatka"])


@settings(deadline=None)
@given(st.lists(st.tuples(STARTS, ZONES), min_size=1, max_size=4))
def test_however_often_an_event_moves_no_session_is_lost(planned, moves):
    state, now = events.announce(events.draft(new_id(), "moskva", planned()), NOW), NOW
    for starts, zone in moves:
        now += timedelta(minutes=1)
        bodies = [
            SessionBody(
                id=state.plan.sessions[place].id if keeps and place < len(state.plan.sessions) else None,
                title=f"Занятие {place}",
                starts=datetime(2026, 10, 1) + timedelta(days=day, hours=hour),
                ends=datetime(2026, 10, 1) + timedelta(days=day, hours=hour + 1),
                site={"name": f"Школа {place}"},
            )
            for place, (day, hour, keeps) in enumerate(starts)
        ]
        sessions = sessions_of(tuple(bodies), state.plan.sessions)
        starts_at = min(
            events.scheduled(state.plan.model_copy(update={"timezone": zone, "sessions": sessions})),
            key=lambda session: session.starts_at,
        ).starts_at
        deadlines = fitted(Preset.STANDARD, starts_at, now).deadlines
        new = Schedule(state.plan.mode, zone, sessions, deadlines)
        try:
            moved = reschedule(state, new, {}, now)
        except NothingRescheduled:
            continue
        assert {one.id for one in moved.event.sessions} == {one.id for one in sessions}
        assert len(moved.event.sessions) == len(bodies)
        kept = [one.id for one in state.plan.sessions][: len(bodies)]
        assert [one.id for one in sessions][: len(kept)] == kept
        assert moved.event.schedule_revision == state.event.schedule_revision + 1
        check_order(moved.event.deadlines, moved.event.starts_at)
        assert now < moved.event.reconfirm_by <= moved.event.deadlines.roster_freeze
        state = moved


def test_a_clone_keeps_the_plan_and_the_wall_clock_on_other_days(settled):
    ids = [new_id(), new_id()]
    again = clone(settled, new_id(), ids, date(2027, 4, 3), NOW)
    assert (again.event, again.plan.cloned_from, again.plan.deadlines) == (None, settled.id, None)
    assert [(one.id, one.starts.isoformat()) for one in again.plan.sessions] == [
        (ids[0], "2027-04-03T10:00:00"),
        (ids[1], "2027-04-04T10:00:00"),
    ]
    assert (again.plan.title, again.plan.seats) == (settled.plan.title, settled.plan.seats)
    with pytest.raises(TooLate):
        clone(settled, new_id(), ids, NOW.date() - timedelta(days=1), NOW)


def test_a_clones_origin_outlives_its_revision(settled, planned):
    again = clone(settled, new_id(), [new_id(), new_id()], date(2026, 10, 4), NOW)
    announced = events.announce(events.revise(again, planned(title="Ещё раз"), NOW), NOW)
    assert announced.event.cloned_from == settled.id
