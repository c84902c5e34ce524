"""A receiver that asks for time gets it, within our own bounds (Retry-After: RFC 9110, 10.2.3)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from vzaimo.contracts.calendar import EventAnnounced, EventDetailsChanged
from vzaimo.kit.testing import eventually
from vzaimo.notify.domain.webhooks import GIVEN_UP_AFTER, Answer, asked_for, pause, put_off
from vzaimo.notify.store import WEBHOOK, WEBHOOK_DELIVERY

NOON = datetime(2026, 9, 27, 9, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def busy(said, status=429):
    return f"HTTP/1.1 {status} -\r\nRetry-After: {said}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize(
    "said, moment",
    [
        ("120", NOON + 2 * MINUTE),
        (" 120 ", NOON + 2 * MINUTE),
        ("0", NOON),
        ("Sun, 27 Sep 2026 09:30:00 GMT", NOON + HOUR / 2),
        ("Sunday, 27-Sep-26 09:30:00 GMT", NOON + HOUR / 2),
        ("Sun Sep 27 09:30:00 2026", NOON + HOUR / 2),
        ("Sat, 26 Sep 2026 09:00:00 GMT", NOON - DAY),
        ("9" * 64, NOON + GIVEN_UP_AFTER),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("", None),
        ("Sun, 99 Sep 2026 09:30:00 GMT", None),
        (None, None),
    ],
)
def test_what_a_receiver_may_say(said, moment):
    assert asked_for(Answer(429, retry_after=said), NOON) == moment
    assert asked_for(Answer(503, retry_after=said), NOON) == moment
    # Elsewhere the field means something else, or nothing.
    for status in (200, 301, 404, 500):
        assert asked_for(Answer(status, retry_after=said), NOON) is None


@given(st.text(max_size=64))
def test_whatever_it_says_is_understood_or_passed_over(said):
    asked = asked_for(Answer(429, retry_after=said), NOON)
    assert put_off(NOON + MINUTE, asked, NOON + GIVEN_UP_AFTER) >= NOON + MINUTE


@given(st.timedeltas(timedelta(days=-9), timedelta(days=9)), st.integers(1, 40), st.uuids())
def test_never_earlier_than_our_own_pause_and_never_after_the_last_moment(asked, attempts, delivery):
    usual, last = NOON + pause(delivery, attempts), NOON + GIVEN_UP_AFTER
    due = put_off(usual, NOON + asked, last)
    assert usual <= due <= max(usual, last)
    assert due in {usual, NOON + asked, last}
    assert put_off(usual, None, last) == usual


@pytest.fixture
def due(notify):
    """When what waits for webhooks, and is not on its way, is tried again; and how often it was."""

    async def read():
        table = WEBHOOK_DELIVERY
        async with notify.service.works.database.read() as tx:
            rows = await tx.all(
                select(table.c.due_at, table.c.attempts).where(
                    table.c.due_at.is_not(None), table.c.leased_until.is_(None)
                )
            )
        return sorted((row.due_at, row.attempts) for row in rows)

    return read


async def test_nothing_is_sent_until_then_neither_what_waits_nor_what_comes(
    notify, foreign, event, webhook, receiver, deliveries, clock, due
):
    receiver.answer = busy("3600")
    hook = await webhook(receiver.url, "EventAnnounced", "EventDetailsChanged")
    then = clock.now() + HOUR
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await eventually(lambda: _are(due, [(then, 1)]), "it is put off")
    await foreign.tell(*[EventDetailsChanged(aggregate_version=version, event=event) for version in range(2, 5)])
    await eventually(lambda: _are(due, [(then, 0)] * 3 + [(then, 1)]), "all wait")
    assert len(receiver.got) == 1
    receiver.answer = 204
    clock.advance(HOUR)
    await eventually(lambda: _states(deliveries, hook, {"sent"}), "all are sent")
    assert len(receiver.got) == 5
    async with notify.service.works.database.read() as tx:
        assert await tx.scalar(select(WEBHOOK.c.rests_until)) is None


async def test_what_was_taken_together_waits_together_and_has_lost_no_try(
    notify, foreign, event, webhook, receiver, deliveries, clock, due
):
    hook = await webhook(receiver.url, "EventAnnounced", "EventDetailsChanged")
    body = {"address": receiver.url, "facts": ["EventAnnounced", "EventDetailsChanged"]}
    receiver.answer = 500
    facts = [EventDetailsChanged(aggregate_version=version, event=event) for version in range(2, 5)]
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event), *facts)
    await eventually(lambda: _tried(due, 4), "each is tried")
    receiver.answer = busy("7200", 503)
    receiver.got.clear()
    clock.advance(HOUR)
    then = clock.now() + 2 * HOUR
    await eventually(lambda: _are(due, [(then, 1)] * 3 + [(then, 2)]), "all wait")
    assert len(receiver.got) == 1
    # Another address has asked for nothing.
    receiver.answer = 204
    await notify.done("PUT", f"/cities/tver/webhooks/{hook['id']}", "boris", {**body, "address": f"{receiver.url}/new"})
    await eventually(lambda: _states(deliveries, hook, {"sent"}), "all are sent")


async def test_a_receiver_that_asks_for_weeks_is_tried_once_more_before_it_is_given_up(
    notify, foreign, event, webhook, receiver, clock, due
):
    receiver.answer = busy("9999999")
    await webhook(receiver.url, "EventAnnounced")
    then = clock.now() + GIVEN_UP_AFTER
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await eventually(lambda: _are(due, [(then, 1)]), "it is put off")
    clock.advance(GIVEN_UP_AFTER)
    await eventually(lambda: len(receiver.got) == 2, "it is tried again")
    await eventually(lambda: _tried(due, 1, attempts=2), "that is noted")
    assert await notify.facts() == []
    clock.advance(8 * HOUR)
    await eventually(lambda: notify.facts("WebhookDisabled"), "it is disabled")


async def test_a_receiver_that_asks_for_less_than_our_own_pause_waits_for_that(
    notify, foreign, event, webhook, receiver, clock, due
):
    receiver.answer = busy("1")
    hook = await webhook(receiver.url, "EventAnnounced")
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    ((at, _),) = await eventually(lambda: _tried(due, 1), "it is put off")
    items = (await notify.call("GET", f"/cities/tver/webhooks/{hook['id']}/deliveries", "boris")).json()["items"]
    assert at - clock.now() == pause(UUID(items[0]["id"]), 1)


async def _are(due, expected):
    return await due() == expected


async def _tried(due, count, attempts=1):
    found = await due()
    return [one[1] for one in found] == [attempts] * count and found


async def _states(deliveries, hook, expected):
    return {status for _, status, _ in await deliveries(hook)} == expected
