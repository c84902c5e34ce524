"""A city's life by its rules alone: whatever is told in whatever order, and whenever timers run."""

import contextlib
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from vzaimo.contracts.refusal import Refusal
from vzaimo.contracts.registry import Agreement, CityStatus
from vzaimo.registry.domain import cities
from vzaimo.registry.domain.days import begins, months_later
from vzaimo.registry.domain.refusals import AgreementMissing, ReservedReason, WrongCityStatus

NOW = datetime(2026, 9, 27, 9, 0, tzinfo=UTC)
PROFILE = cities.Profile(name="Ижевск", region="Удмуртская Республика", timezone="Europe/Samara")
ZONES = ("Europe/Samara", "Europe/Kaliningrad", "Asia/Kamchatka")


def active(valid_until=None, now=NOW):
    city = cities.admit(cities.apply("izhevsk", PROFILE))
    agreement = Agreement(number="1", signed_on=date(2026, 9, 20), valid_until=valid_until)
    return cities.activate(cities.sign(city, agreement, now), now)


def run_timers(city, now):
    """What the service does when its timers run, in the order in which they fell due."""
    due = [(cities.warns_at(city), cities.warn), (cities.lapses_at(city), cities.lapse)]
    for at, act in sorted((one for one in due if one[0] is not None), key=lambda one: one[0]):
        if at <= now:
            city = act(city, now) or city
    return city


def signing(days):
    def sign(city, now):
        today = now.astimezone(ZoneInfo(city.timezone)).date()
        until = None if days is None else today + timedelta(days=days)
        return cities.sign(city, Agreement(number="2", signed_on=today - timedelta(days=1), valid_until=until), now)

    return sign


def reinstated_by_signing(sign):
    def both(city, now):
        signed = sign(city, now)
        return cities.reinstate(signed, now) if cities.waits_for_agreement(signed) else signed

    return both


def moving(zone):
    return lambda city, _now: cities.describe(city, cities.Profile(name="Ижевск", region="УР", timezone=zone))


COMMANDS = st.one_of(
    st.just(("admit", lambda city, _now: cities.admit(city))),
    st.just(("decline", lambda city, _now: cities.decline(city))),
    st.just(("activate", cities.activate)),
    st.just(("suspend", lambda city, _now: cities.suspend(city, "fees-unpaid"))),
    st.just(("reinstate", cities.reinstate)),
    st.just(("withdraw", lambda city, _now: cities.withdraw(city))),
    st.sampled_from([None, 0, 1, 29, 30, 31, 400]).map(lambda days: ("sign", reinstated_by_signing(signing(days)))),
    st.sampled_from(ZONES).map(lambda zone: ("move", moving(zone))),
    st.sampled_from([0, 1, 12, 24 * 29, 24 * 31, 24 * 401]).map(lambda hours: ("wait", hours)),
    st.just(("timers", None)),
)
STEPS = {
    (CityStatus.APPLIED, CityStatus.AGREEMENT_PENDING),
    (CityStatus.APPLIED, CityStatus.WITHDRAWN),
    (CityStatus.AGREEMENT_PENDING, CityStatus.ACTIVE),
    (CityStatus.AGREEMENT_PENDING, CityStatus.WITHDRAWN),
    (CityStatus.ACTIVE, CityStatus.SUSPENDED),
    (CityStatus.ACTIVE, CityStatus.WITHDRAWN),
    (CityStatus.SUSPENDED, CityStatus.ACTIVE),
    (CityStatus.SUSPENDED, CityStatus.WITHDRAWN),
}


def in_force(city, now):
    until = city.agreement and city.agreement.valid_until
    return city.agreement is not None and (until is None or now.astimezone(ZoneInfo(city.timezone)).date() <= until)


@given(st.booleans(), st.lists(COMMANDS, max_size=30))
def test_any_order_of_commands_and_timers_keeps_the_rules(joined, steps):
    city, now = (active(date(2027, 9, 20)) if joined else cities.apply("izhevsk", PROFILE)), NOW
    for name, step in steps:
        before = city
        if name == "wait":
            now += timedelta(hours=step)
        elif name == "timers":
            city = run_timers(city, now)
            # Whatever was missed meanwhile: as soon as timers have run, nobody takes part without an agreement.
            assert city.status is not CityStatus.ACTIVE or in_force(city, now)
        else:
            with contextlib.suppress(Refusal if before.status is not CityStatus.WITHDRAWN else WrongCityStatus):
                city = step(city, now)
        if before.status is not city.status:
            event(f"{before.status} to {city.status}")
            assert (before.status, city.status) in STEPS
            assert city.status is not CityStatus.ACTIVE or in_force(city, now)
        assert before.status is not CityStatus.WITHDRAWN or city == before
        assert (city.suspended_for is not None) == (city.status is CityStatus.SUSPENDED)
        assert city.lapse_warned_at is None or city.agreement.valid_until is not None


@given(st.sampled_from(ZONES), st.integers(0, 800))
def test_a_city_is_suspended_as_soon_as_its_agreement_is_over_and_never_before(zone, hours):
    city = cities.describe(active(date(2026, 10, 20)), cities.Profile(name="Ижевск", region="УР", timezone=zone))
    now = NOW + timedelta(hours=hours)
    assert (run_timers(city, now).status is CityStatus.SUSPENDED) == (not in_force(city, now))


def test_days_are_the_citys_own():
    city = active(date(2027, 9, 20))
    assert cities.warns_at(city) == datetime(2027, 8, 20, 20, 0, tzinfo=UTC)
    assert cities.lapses_at(city) == datetime(2027, 9, 20, 20, 0, tzinfo=UTC)


def test_a_warning_is_given_once_and_never_after_the_lapse():
    city = active(date(2027, 9, 20))
    warned = cities.warn(city, datetime(2027, 9, 19, tzinfo=UTC))
    assert warned.lapse_warned_at == datetime(2027, 9, 19, tzinfo=UTC)
    assert cities.warns_at(warned) is None
    assert cities.warn(city, datetime(2027, 9, 21, tzinfo=UTC)) is None


def test_a_new_agreement_sets_the_clock_anew():
    warned = cities.warn(active(date(2027, 9, 20)), datetime(2027, 9, 1, tzinfo=UTC))
    new = Agreement(number="2", signed_on=date(2027, 9, 1), valid_until=date(2028, 9, 1))
    signed = cities.sign(warned, new, datetime(2027, 9, 2, tzinfo=UTC))
    assert (signed.lapse_warned_at, signed.status) == (None, CityStatus.ACTIVE)
    assert cities.warns_at(signed) == datetime(2028, 8, 1, 20, 0, tzinfo=UTC)
    unlimited = cities.sign(warned, new.model_copy(update={"valid_until": None}), datetime(2027, 9, 2, tzinfo=UTC))
    assert (cities.warns_at(unlimited), cities.lapses_at(unlimited)) == (None, None)


def test_an_agreement_that_lapsed_meanwhile_keeps_a_suspended_city_away():
    city = cities.suspend(active(date(2026, 12, 31)), "fees-unpaid")
    with pytest.raises(AgreementMissing):
        cities.reinstate(city, datetime(2027, 1, 2, tzinfo=UTC))
    assert cities.reinstate(city, datetime(2026, 12, 30, tzinfo=UTC)).status is CityStatus.ACTIVE


def test_a_lapsed_city_may_be_told_of_a_graver_reason_which_no_agreement_ends():
    lapsed = cities.lapse(active(date(2026, 12, 31)), datetime(2027, 1, 2, tzinfo=UTC))
    assert cities.waits_for_agreement(lapsed)
    graver = cities.suspend(lapsed, "fees-unpaid")
    assert not cities.waits_for_agreement(
        cities.sign(graver, Agreement(number="2", signed_on=date(2026, 12, 1)), NOW.replace(year=2027))
    )
    with pytest.raises(ReservedReason):
        cities.suspend(lapsed, cities.LAPSED)
    with pytest.raises(WrongCityStatus):
        cities.suspend(graver, "fees-unpaid")


@pytest.mark.parametrize(
    "start,months,end",
    [
        ("2026-08-31T10:00:00+00:00", 6, "2027-02-28T10:00:00+00:00"),
        ("2027-08-31T10:00:00+00:00", 6, "2028-02-29T10:00:00+00:00"),
        ("2028-02-29T10:00:00+00:00", 12, "2029-02-28T10:00:00+00:00"),
        ("2026-12-15T10:00:00+00:00", 12, "2027-12-15T10:00:00+00:00"),
        ("2026-06-30T10:00:00+00:00", 6, "2026-12-30T10:00:00+00:00"),
    ],
)
def test_months_end_where_the_calendar_lets_them(start, months, end):
    assert months_later(datetime.fromisoformat(start), months) == datetime.fromisoformat(end)


def test_a_day_whose_midnight_is_skipped_begins_at_the_skip():
    # Beirut moved its clocks from 0:00 to 1:00 on 28 March 2021.
    assert begins(date(2021, 3, 28), "Asia/Beirut") == datetime(2021, 3, 27, 22, 0, tzinfo=UTC)
