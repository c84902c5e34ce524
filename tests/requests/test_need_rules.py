"""The life of a learning need, without a store."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaimo.contracts.calendar import Mode
from vzaimo.contracts.requests import NeedAnswered, NeedBacked, NeedClosed, NeedPosted, NeedStatus
from vzaimo.kit.ids import new_id
from vzaimo.kit.testing.fixtures import NOON
from vzaimo.requests.domain import needs
from vzaimo.requests.domain.need_refusals import (
    AlreadyBacked,
    NeedNotOpen,
    NotBacking,
    OwnNeed,
    PeriodBackwards,
    PeriodOver,
)
from vzaimo.requests.domain.needs import Wish

CITIES = ("tver", "perm", "omsk", "kazan", "samara", "vyborg")
THRESHOLD = 3


@pytest.fixture
def now(clock):
    return clock.now()


def wish(now, **changes):
    usual = {
        "city": "izhevsk",
        "topic": "talents",
        "roles": ("teacher",),
        "heads": 12,
        "mode": Mode.IN_PERSON,
        "not_before": now.date(),
        "not_after": now.date() + timedelta(days=90),
    }
    return Wish(**(usual | changes))


@pytest.fixture
def need(now):
    return needs.post(new_id(), wish(now), now)


def test_a_period_runs_forward_and_is_not_past(now):
    today = now.date()
    with pytest.raises(PeriodBackwards):
        needs.post(new_id(), wish(now, not_after=today - timedelta(days=1)), now)
    with pytest.raises(PeriodOver):
        needs.post(new_id(), wish(now, not_before=date(2026, 9, 1), not_after=date(2026, 9, 26)), now)
    assert needs.post(new_id(), wish(now, not_after=today), now).status is NeedStatus.OPEN


def test_another_city_backs_a_need_once_and_may_take_that_back(need, now):
    with pytest.raises(OwnNeed):
        needs.back(need, "izhevsk", 3, now)
    with pytest.raises(NotBacking):
        needs.take_back(need, "tver")
    backed = needs.back(need, "tver", 3, now)
    with pytest.raises(AlreadyBacked):
        needs.back(backed, "tver", 5, now)
    assert needs.take_back(backed, "tver") == need


def test_an_event_answers_and_its_end_opens_again(need, now):
    first, second = new_id(), new_id()
    answered = needs.settle(need, [first, second])
    assert (answered.status, answered.answered_by) == (NeedStatus.ANSWERED, first)
    assert needs.settle(answered, [first]) is answered
    with pytest.raises(NeedNotOpen):
        needs.back(answered, "tver", 1, now)
    assert needs.settle(answered, [second]).answered_by == second
    assert needs.settle(answered, []) == need


def test_whoever_wants_to_learn_is_not_asked_to_host_and_nobody_twice(need, now):
    for city in ("tver", "perm", "omsk"):
        assert needs.invite(need, ["moskva"], THRESHOLD) == need
        need = needs.back(need, city, 1, now)
    asked = needs.invite(need, ["moskva", "tver", "izhevsk", "kazan"], THRESHOLD)
    assert asked.invited == ("kazan", "moskva")
    assert needs.invite(asked, ["moskva", "samara"], THRESHOLD).invited == ("kazan", "moskva", "samara")


def test_a_city_that_leaves_takes_its_need_and_its_backings_along(need, now):
    backed = needs.back(need, "tver", 3, now)
    assert needs.without(backed, "tver") == need
    assert needs.without(backed, "perm") is backed
    gone = needs.without(backed, "izhevsk")
    assert (gone.status, gone.closed_for) == (NeedStatus.CLOSED, needs.WITHDRAWN)
    assert needs.without(gone, "tver") is gone


def test_each_change_is_told_by_its_fact(need, now):
    event = new_id()
    backed, answered, closed = needs.back(need, "tver", 1, now), needs.settle(need, [event]), needs.close(need, "x")
    told = [needs.told(None, need), needs.told(need, backed), needs.told(need, answered), needs.told(answered, need)]
    assert told == [NeedPosted, NeedBacked, NeedAnswered, NeedPosted]
    assert needs.told(need, closed) is NeedClosed


STEPS = st.one_of(
    st.tuples(st.just("back"), st.sampled_from((*CITIES, "izhevsk"))),
    st.tuples(st.just("take back"), st.sampled_from(CITIES)),
    st.tuples(st.just("invite"), st.sets(st.sampled_from((*CITIES, "moskva", "izhevsk")))),
    st.tuples(st.just("settle"), st.sampled_from([(), (1,), (2,), (1, 2)])),
    st.tuples(st.just("without"), st.sampled_from((*CITIES, "izhevsk"))),
    st.tuples(st.just("close"), st.just(None)),
)


@given(steps=st.lists(STEPS, max_size=30))
def test_backers_are_unique_nobody_is_invited_twice_and_closed_is_final(steps):
    events = {1: new_id(), 2: new_id()}
    now = NOON
    need = needs.post(new_id(), wish(now), now)
    for step, what in steps:
        before = need
        try:
            match step:
                case "back":
                    need = needs.back(need, what, 2, now)
                case "take back":
                    need = needs.take_back(need, what)
                case "invite":
                    need = needs.invite(need, what, THRESHOLD)
                case "settle":
                    need = needs.settle(need, [events[one] for one in what])
                case "without":
                    need = needs.without(need, what)
                case "close":
                    need = needs.close(need, "duplicate")
        except (AlreadyBacked, NotBacking, OwnNeed, NeedNotOpen):
            assert need is before
        backers = [one.city for one in need.backers]
        assert len(backers) == len(set(backers))
        assert need.city not in backers
        assert len(need.invited) == len(set(need.invited))
        assert need.invited[: len(before.invited)] == before.invited
        assert before.status is not NeedStatus.CLOSED or need == before
        assert (need.answered_by is not None) == (
            need.status is NeedStatus.ANSWERED
        ) or need.status is NeedStatus.CLOSED
        if need.invited != before.invited:
            assert len(before.backers) >= THRESHOLD
            assert set(need.invited[len(before.invited) :]).isdisjoint({need.city, *backers})


def test_a_need_lapses_at_the_end_of_its_last_day(need, now):
    last = datetime.combine(need.not_after, time(23, 59), UTC)
    assert needs.lapse(need, last) is need
    over = needs.lapse(need, last + timedelta(minutes=1))
    assert (over.status, over.closed_for) == (NeedStatus.CLOSED, "period-over")
    answered = needs.settle(need, [new_id()])
    assert needs.lapse(answered, last + timedelta(days=9)) is answered
