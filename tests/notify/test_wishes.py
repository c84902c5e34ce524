"""When a mail is due, by its reader's wishes: pure."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaimo.notify.domain.kinds import NOT_MUTED, TRAITS, Group, Kind
from vzaimo.notify.domain.preferences import NOTHING_SAID, Choice, Preferences, awake, checked, slot
from vzaimo.notify.domain.refusals import BadUnsubscribeToken, CannotBeMuted, UnknownZone
from vzaimo.notify.domain.unsubscribing import reader_of, token_for

NOON = datetime(2026, 9, 27, 9, 0, tzinfo=UTC)
NIGHT = Preferences({}, time(22), time(7), "Asia/Kamchatka")  # +12: NOON is 21:00 there
KEY = b"k" * 40
CLOCKS = st.times().map(lambda clock: clock.replace(microsecond=0))


def _within(day):
    began = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    return st.integers(0, 24 * 60 - 1).map(lambda minutes: began + timedelta(minutes=minutes))


def due(kind, wishes=NOTHING_SAID, now=NOON, zone="Europe/Moscow"):
    found = slot(TRAITS[kind], wishes, "e", zone, now)
    return found and (found.due_at, found.joins)


def test_what_is_usual():
    assert due(Kind.REQUEST_APPROVED) == (NOON, None)
    assert due(Kind.NEED_POSTED) == (datetime(2026, 9, 28, 5, tzinfo=UTC), "digest")
    assert due(Kind.NEED_POSTED, zone="Asia/Kamchatka") == (datetime(2026, 9, 27, 20, tzinfo=UTC), "digest")
    assert due(Kind.VISIT_MOVED) == (NOON + timedelta(minutes=15), "edits/e")


def test_a_digest_at_eight_sharp_leaves_the_next_morning():
    eight = datetime(2026, 9, 27, 5, tzinfo=UTC)
    assert due(Kind.NEED_POSTED, now=eight)[0] == eight + timedelta(days=1)
    assert due(Kind.NEED_POSTED, now=eight - timedelta(seconds=1))[0] == eight


def test_wishes_count_but_for_what_cannot_be_muted():
    off = Preferences(dict.fromkeys(Group, Choice.OFF))
    muted = {kind for kind in Kind if due(kind, off) is None}
    assert {TRAITS[kind].group for kind in muted} == set(Group) - NOT_MUTED
    assert all(due(kind, off) is not None for kind, trait in TRAITS.items() if trait.group in NOT_MUTED)


@pytest.mark.parametrize("group", sorted(NOT_MUTED))
@pytest.mark.parametrize("choice", [Choice.OFF, Choice.DAILY])
def test_decisions_cannot_be_muted(group, choice):
    with pytest.raises(CannotBeMuted):
        checked(Preferences({group: choice}))
    assert checked(Preferences({group: Choice.INSTANT}))


@pytest.mark.parametrize("name", ["Moscow", "../etc/passwd", "", "Europe"])
def test_a_zone_that_there_is_not(name):
    with pytest.raises(UnknownZone):
        checked(Preferences(timezone=name))


def test_quiet_hours_put_off_what_is_not_urgent():
    evening = NOON + timedelta(hours=2)  # 23:00 in Kamchatka
    morning = datetime(2026, 9, 27, 19, tzinfo=UTC)
    assert due(Kind.REQUEST_APPROVED, NIGHT) == (NOON, None)
    assert due(Kind.REQUEST_APPROVED, NIGHT, evening) == (morning, None)
    assert due(Kind.REQUEST_CLOSED, NIGHT, evening) == (evening, None)
    assert due(Kind.VISIT_MOVED, NIGHT, evening)[0] == evening + timedelta(minutes=15)
    assert due(Kind.VISIT_CHANGED, NIGHT, NOON + timedelta(minutes=50))[0] == morning


def test_a_digest_keeps_to_quiet_hours():
    late = Preferences({}, time(22), time(9), "Europe/Moscow")
    assert due(Kind.NEED_POSTED, late) == (datetime(2026, 9, 28, 6, tzinfo=UTC), "digest")


def test_an_hour_that_comes_twice_is_no_night_more():
    """Berlin's clocks went back from 03:00 to 02:00: 02:15 and 02:30 came twice."""
    berlin = ZoneInfo("Europe/Berlin")
    wishes = Preferences({}, time(22), time(2, 30), "Europe/Berlin")
    again = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # 02:15, for the second time
    assert awake(wishes, again, berlin) == again + timedelta(minutes=15)
    # And forward from 02:00 to 03:00: there was no 02:30.
    spring = datetime(2026, 3, 29, 0, 15, tzinfo=UTC)  # 01:15
    assert awake(wishes, spring, berlin).astimezone(berlin).time() >= time(3)


@given(
    start=CLOCKS,
    end=CLOCKS,
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
    | st.sampled_from(["2026-03-29", "2026-10-25", "2026-10-24", "2026-04-04"]).flatmap(_within),
    zone=st.sampled_from(["Europe/Moscow", "Asia/Kamchatka", "Europe/Berlin", "Asia/Beirut", "Australia/Lord_Howe"]),
)
def test_a_mail_is_never_early_nor_a_day_late_nor_in_quiet_hours(start, end, moment, zone):
    there = ZoneInfo(zone)
    wishes = Preferences({}, start, end, zone)
    found = awake(wishes, moment, there)
    assert moment <= found <= moment + timedelta(hours=25)
    assert awake(wishes, found, there) == found


def test_an_address_for_unsubscribing_is_ours_alone():
    token = token_for("a" * 32, {Group.NEEDS, Group.CHANGES}, KEY)
    assert reader_of(token, (KEY,)) == reader_of(token, (b"x" * 40, KEY)) == ("a" * 32, {Group.NEEDS, Group.CHANGES})
    assert token_for("a" * 32, {Group.NEEDS, Group.DECISIONS}, KEY) is None
    for bad in (token.replace("needs", "guests"), "b" + token[1:], token + "x", "", ".", token.rpartition(".")[0]):
        with pytest.raises(BadUnsubscribeToken):
            reader_of(bad, (KEY,))
    with pytest.raises(BadUnsubscribeToken):
        reader_of(token, (b"x" * 40,))
