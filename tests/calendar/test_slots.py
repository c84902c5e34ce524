"""When cities can meet, without a store."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vzaimo.calendar.domain.slots import slots

RUSSIA = {
    "Europe/Kaliningrad": 2,
    "Europe/Moscow": 3,
    "Europe/Samara": 4,
    "Asia/Yekaterinburg": 5,
    "Asia/Omsk": 6,
    "Asia/Krasnoyarsk": 7,
    "Asia/Irkutsk": 8,
    "Asia/Yakutsk": 9,
    "Asia/Vladivostok": 10,
    "Asia/Magadan": 11,
    "Asia/Kamchatka": 12,
}
MONDAY = datetime(2026, 10, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)


def by_force(cities, since, until, length, step):
    """The definition, one candidate and one city after the other."""
    found, start = {}, since
    while start + length <= until:
        suits = 0
        for zone, count in cities.items():
            first, last = (moment.astimezone(ZoneInfo(zone)) for moment in (start, start + length))
            at_work = first.time() >= time(9) and last.time() <= time(18) and first.date() == last.date()
            suits += count * (at_work and first.weekday() < 5)
        if suits:
            found[start] = suits / sum(cities.values())
        start += step
    return found


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*RUSSIA, "Europe/Berlin", "America/New_York"]), st.integers(1, 9), min_size=1, max_size=5
    ),
    st.datetimes(datetime(2026, 3, 20), datetime(2026, 11, 10), timezones=st.just(UTC)),
    st.timedeltas(HOUR, timedelta(days=4)),
    st.integers(15, 540),
    st.integers(30, 240),
)
def test_shares_are_those_of_the_definition(cities, since, wide, minutes, step):
    args = cities, since, since + wide, timedelta(minutes=minutes), timedelta(minutes=step)
    found = slots(*args)
    assert {slot.starts_at: slot.share for slot in found} == by_force(*args)
    assert all(0 < slot.share <= 1 for slot in found)
    assert [(-slot.share, slot.starts_at) for slot in found] == sorted((-slot.share, slot.starts_at) for slot in found)


def test_no_hour_suits_all_eleven_zones_and_the_best_suits_most():
    found = slots(dict.fromkeys(RUSSIA, 1), MONDAY, MONDAY + timedelta(days=7), HOUR, HOUR)
    best = found[0]
    assert best.share == max(slot.share for slot in found) < 1
    at_work = {zone for zone, offset in RUSSIA.items() if 9 <= best.starts_at.hour + offset <= 17}
    assert best.zones == at_work


@pytest.mark.parametrize("zone, offset", RUSSIA.items())
def test_each_zone_works_from_nine_to_six_by_its_own_clock(zone, offset):
    found = slots({zone: 1}, MONDAY - timedelta(days=1), MONDAY + timedelta(days=1), HOUR, HOUR)
    monday = [slot.starts_at for slot in found if (slot.starts_at + timedelta(hours=offset)).day == 5]
    nine = datetime(2026, 10, 5, 9, tzinfo=UTC) - timedelta(hours=offset)
    assert monday == [nine + place * HOUR for place in range(9)]


def test_nothing_suits_on_a_weekend():
    assert slots({"Europe/Moscow": 1}, MONDAY - timedelta(days=2), MONDAY, HOUR, HOUR) == []
