"""What passed while a service was away is put off: not more than a day, and only once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaimo.kit.cause import Cause
from vzaimo.kit.outages import LONGEST, SHORTEST, Outage, Outages, noticed
from vzaimo.kit.timers import Timers

NOON = datetime(2026, 9, 27, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_an_outage_is_what_somebody_could_notice():
    assert noticed(None, None, NOON) is None
    assert noticed(NOON - SHORTEST / 2, None, NOON) is None
    assert noticed(NOON - HOUR, None, NOON) == Outage(NOON - HOUR, NOON)


def test_whoever_was_back_for_a_moment_only_was_not_back():
    first = Outage(NOON - 3 * HOUR, NOON - HOUR)
    moment = NOON - HOUR + timedelta(seconds=10)
    assert noticed(moment, first, NOON) == Outage(NOON - 3 * HOUR, NOON)
    assert noticed(NOON - HOUR / 2, first, NOON) == Outage(NOON - HOUR / 2, NOON)


@given(
    away=st.timedeltas(min_value=SHORTEST, max_value=timedelta(days=30)),
    due=st.timedeltas(min_value=timedelta(days=-31), max_value=timedelta(days=1)),
)
def test_a_deadline_is_put_off_by_the_outage_and_a_day_at_most(away, due):
    outage = Outage(NOON - away, NOON)
    later = outage.put_off(NOON + due)
    assert (later is not None) == (-away <= due <= timedelta())
    if later is not None:
        assert later == NOON + min(away, LONGEST)
        assert outage.put_off(later) is None


@pytest.fixture
def due_later(works):
    """Timers that run out in an hour, and what their handler was told."""
    seen = []

    async def handle(work, due):
        seen.append(due.put_off_to)
        if due.put_off_to is not None:
            work.remind("kind", due.aggregate_id, due.put_off_to)

    async def start():
        async with works.begin(Cause(actor="person")) as work:
            work.remind("kind", "a", work.now + HOUR)
        return Timers(works, {"kind": handle}), seen

    return start


async def test_a_timer_that_ran_out_meanwhile_says_until_when_it_is_put_off_once(works, due_later):
    timers, seen = await due_later()
    await Outages().beat(works, back=True)
    works.clock.advance(3 * HOUR)
    back = works.clock.now()
    await timers._outages.beat(works, back=True)
    assert await timers.run_one()
    assert seen == [back + 3 * HOUR]
    assert not await timers.run_one()
    works.clock.advance(3 * HOUR)
    assert await timers.run_one()
    assert seen == [back + 3 * HOUR, None]


async def test_a_replica_that_starts_later_knows_the_outage_and_one_that_ran_on_has_none(works, due_later):
    timers, seen = await due_later()
    await Outages().beat(works, back=True)
    works.clock.advance(3 * HOUR)
    await Outages().beat(works, back=True)
    await timers._outages.beat(works, back=True)
    assert await timers.run_one()
    assert seen == [works.clock.now() + 3 * HOUR]


async def test_whoever_was_awake_when_it_ran_out_puts_nothing_off(works, due_later):
    timers, seen = await due_later()
    await timers._outages.beat(works, back=True)
    works.clock.advance(HOUR)
    await timers._outages.beat(works, back=False)
    assert await timers.run_one()
    assert seen == [None]
