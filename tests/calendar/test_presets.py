"""Deadlines by a preset, without a store."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaimo.calendar.domain import events
from vzaimo.calendar.domain.plans import check_deadlines
from vzaimo.calendar.domain.presets import Preset, fitted
from vzaimo.calendar.domain.refusals import EventIncomplete, TooLate
from vzaimo.kit.ids import new_id

NOW = datetime(2026, 9, 27, 9, 0, tzinfo=UTC)
START = datetime(2026, 12, 31, 10, 30, tzinfo=UTC)


@given(
    st.sampled_from(Preset),
    st.timedeltas(timedelta(microseconds=1), timedelta(days=400)),
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
)
def test_any_start_ahead_has_deadlines_in_order(preset, ahead, now):
    check_deadlines(fitted(preset, now + ahead, now).deadlines, now + ahead, now)


@pytest.mark.parametrize(
    "preset, days, promises",
    [
        (Preset.VISIT, 93, {"open-30-days": True, "results-8-weeks-ahead": True}),
        (Preset.VISIT, 92, {"open-30-days": False, "results-8-weeks-ahead": False}),
        (Preset.STANDARD, 28, {"open-14-days": True, "closes-14-days-ahead": True}),
        (Preset.STANDARD, 27, {"open-14-days": False, "closes-14-days-ahead": False}),
        (Preset.WEBINAR, 0.01, {"open-until-start": True}),
    ],
)
def test_a_preset_says_which_of_its_promises_hold(preset, days, promises):
    assert fitted(preset, START, START - timedelta(days=days)).promises == promises


def test_a_visit_has_its_results_eight_weeks_ahead():
    deadlines = fitted(Preset.VISIT, START, START - timedelta(days=120)).deadlines
    assert START - deadlines.decide_by == timedelta(weeks=8)
    assert deadlines.apply_opens == START - timedelta(days=120)


def test_the_real_visit_announced_a_week_ahead_shrinks_in_proportion():
    deadlines = fitted(Preset.VISIT, START, START - timedelta(days=7)).deadlines
    assert NOW < START - timedelta(days=7) < deadlines.apply_closes < deadlines.decide_by < deadlines.confirm_by
    assert deadlines.confirm_by < deadlines.roster_freeze < START
    assert deadlines.apply_closes.second == 0


def test_a_start_that_is_past_has_no_deadlines():
    with pytest.raises(TooLate):
        fitted(Preset.WEBINAR, NOW, NOW)


def test_an_announcement_fills_in_the_presets_deadlines_and_the_hosts_own_win(planned):
    drafted = events.draft(new_id(), "moskva", planned(deadlines=None, deadlines_preset="standard"))
    announced = events.announce(drafted, NOW)
    assert announced.event.deadlines == fitted(Preset.STANDARD, announced.event.starts_at, NOW).deadlines
    own = events.draft(new_id(), "moskva", planned(deadlines_preset="standard"))
    assert events.announce(own, NOW).event.deadlines == own.plan.deadlines
    again = events.revise(announced, announced.plan.model_copy(update={"deadlines": None, "title": "Иначе"}), NOW)
    assert again.event.deadlines == announced.event.deadlines


def test_a_preset_alone_is_no_schedule(planned):
    with pytest.raises(EventIncomplete) as refused:
        events.announce(
            events.draft(new_id(), "moskva", planned(deadlines=None, deadlines_preset="visit", sessions=[])), NOW
        )
    assert refused.value.missing == ("sessions", "deadlines")
