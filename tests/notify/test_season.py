"""A season's facts, each told three times and in any order: everybody hears everything once, by one mail, and each
city's program is sent each of them once, by whichever of two processes.
"""

import contextlib
import random
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, or_, select

from vzaimo.contracts.calendar import EventAnnounced, EventCancelled, EventStatus
from vzaimo.contracts.event import Audience
from vzaimo.contracts.requests import (
    Need,
    NeedPosted,
    NeedStatus,
    RequestApproved,
    RequestClosed,
    RequestConfirmed,
    RequestStatus,
    RequestSubmitted,
)
from vzaimo.kit.ids import new_id
from vzaimo.kit.tables import TimerRow, table_of
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.services import running
from vzaimo.notify.domain import reminders
from vzaimo.notify.domain.webhooks import READABLE
from vzaimo.notify.main import parts
from vzaimo.notify.store import DELIVERY, NOTICE, NOTIFICATION

TIMER = table_of(TimerRow)
WAITING = select(DELIVERY.c.id).where(DELIVERY.c.status.in_(["queued", "retrying"]))

EVENTS, GUESTS = 6, ("tver", "izhevsk")


def season(event, request_of, noon):
    """Facts by aggregate, in their order."""
    for number in range(EVENTS):
        one = event.model_copy(
            update={
                "id": new_id(),
                "title": f"Мероприятие {number}",
                "starts_at": event.starts_at + timedelta(days=30 + number),
                "ends_at": event.ends_at + timedelta(days=30 + number),
            }
        )
        cancelled = number % 3 == 2
        gone = one.model_copy(update={"status": EventStatus.CANCELLED})
        yield [EventAnnounced(aggregate_version=1, event=one)] + (
            [EventCancelled(aggregate_version=2, event=gone)] if cancelled else []
        )
        for city in GUESTS:
            asked = request_of(id=new_id(), event=one.id, city=city)
            approved = asked.model_copy(update={"status": RequestStatus.APPROVED, "decision_no": 1, "granted": 5})
            yield [
                RequestSubmitted(aggregate_version=1, request=asked),
                RequestApproved(aggregate_version=2, request=approved),
                RequestClosed(
                    aggregate_version=3,
                    request=approved.model_copy(update={"status": RequestStatus.CLOSED, "granted": 0}),
                )
                if cancelled
                else RequestConfirmed(
                    aggregate_version=3,
                    request=approved.model_copy(update={"status": RequestStatus.CONFIRMED, "confirmed": 5}),
                ),
            ]
    day = noon.date()
    for number in range(3):
        posted = Need(
            id=new_id(),
            city="tver",
            topic=f"topic-{number}",
            roles=(),
            heads=3,
            mode="remote",
            not_before=day,
            not_after=day,
            status=NeedStatus.OPEN,
            posted_at=noon,
        )
        yield [NeedPosted(aggregate_version=1, need=posted)]


HEARD_ONCE = {
    "city-activated": 3,
    "event-called-off": EVENTS // 3,
    "need-posted": 3,
    "request-submitted": EVENTS * len(GUESTS),
    "request-approved": EVENTS * len(GUESTS),
    "request-confirmed": (EVENTS - EVENTS // 3) * len(GUESTS),
    "request-closed": EVENTS // 3 * len(GUESTS),
    "visit-in-a-week": (EVENTS - EVENTS // 3) * len(GUESTS),
    "visit-tomorrow": (EVENTS - EVENTS // 3) * len(GUESTS),
}
"""Notices by kind, all but ``event-announced``: an event that is known to be cancelled is announced no more."""


@pytest.fixture
def replica(notify, notify_settings, clock):
    """Another process of the service, where the store allows it."""
    alone = notify.service.works.database.dialect == "sqlite"
    return contextlib.nullcontext() if alone else running(parts(notify_settings), notify_settings, clock)


def readable(fact, city):
    return fact.audience is Audience.PUBLIC or city in fact.parties


async def test_everything_is_told_once_whatever_the_order(
    notify, replica, foreign, event, request_of, clock, smtp_sink, webhook, receivers
):
    programs = {city: await receivers() for city in GUESTS}
    for (city, receiver), who in zip(programs.items(), ("boris", "anna"), strict=True):
        await webhook(receiver.url, *READABLE, who=who, city=city)
    chance = random.Random(1560)
    aggregates = list(season(event, request_of, clock.now()))
    told = [(fact, new_id()) for facts in aggregates for fact in facts]
    # The same fact under its own id again, and under another one, as after a restored stream.
    everything = told * 2 + [(fact, new_id()) for fact, _ in told]
    chance.shuffle(everything)
    async with replica:
        for fact, event_id in everything:
            await foreign.tell(fact, event_id=event_id)
        for city, receiver in programs.items():
            wanted = {str(event_id) for fact, event_id in everything if readable(fact, city)}
            await eventually(lambda r=receiver, w=wanted: {*_ids(r)} >= w, f"{city} is sent all of it")
            assert Counter(_ids(receiver)) == Counter(wanted)
        await eventually(lambda: _level(notify), "all is handled")
    for moment in _moments(facts[-1] for facts in aggregates):
        await eventually(lambda: _nothing_in_hand(notify), "no mail is on its way")
        clock.advance(moment - clock.now())
        await eventually(lambda: _nothing_due(notify), "reminders are said")

    async def quiet():
        if not await _nothing_in_hand(notify):
            return False
        clock.advance(timedelta(hours=1))
        async with notify.service.works.database.read() as tx:
            return await tx.scalar(WAITING.limit(1)) is None

    await eventually(quiet, "nothing waits")
    async with notify.service.works.database.read() as tx:
        doubled = (
            select(NOTIFICATION.c.person, NOTICE.c.kind, NOTICE.c.subject)
            .join(NOTICE, NOTICE.c.id == NOTIFICATION.c.notice)
            .group_by(NOTIFICATION.c.person, NOTICE.c.kind, NOTICE.c.subject)
            .having(func.count() > 1)
        )
        assert await tx.all(doubled) == []
        numbers = [row.no for row in await tx.all(select(NOTIFICATION.c.no))]
        assert len(numbers) == len(set(numbers))
        dead = await tx.all(select(DELIVERY.c.id).where(DELIVERY.c.status == "dead"))
        sent = await tx.all(select(DELIVERY.c.id).where(DELIVERY.c.status == "sent"))
        kinds = Counter(row.kind for row in await tx.all(select(NOTICE.c.kind)))
    assert dead == []
    mails = Counter(mail["Message-ID"] for mail in smtp_sink.mails)
    assert set(mails.values()) == {1}
    ours = {f"<{row.id}@vzaimo.city>" for row in sent}
    assert set(mails) <= ours
    assert EVENTS - EVENTS // 3 <= kinds.pop("event-announced") <= EVENTS
    assert kinds == HEARD_ONCE
    for city, receiver in programs.items():
        assert set(Counter(_ids(receiver)).values()) == {1}, city


def _ids(receiver):
    return [one.headers["webhook-id"] for one in receiver.got]


def _moments(facts):
    """When guests that come are reminded."""
    starts = {fact.event.starts_at for fact in facts if isinstance(fact, EventAnnounced)}
    leads = (reminders.VISIT["visit-in-a-week"].lead, reminders.VISIT["visit-tomorrow"].lead)
    return sorted(start - lead for start in starts for lead in leads)


def _level(notify):
    inbound = notify.service.inbound
    return inbound.caught_up and not any(inbound.lag.values())


async def _nothing_in_hand(notify):
    """Whether the clock may be moved: a lease that ends while its mail is on its way sends the mail again."""
    in_hand = or_(DELIVERY.c.leased_until.is_not(None), DELIVERY.c.due_at <= notify.service.works.clock.now())
    async with notify.service.works.database.read() as tx:
        return await tx.scalar(WAITING.where(in_hand).limit(1)) is None


async def _nothing_due(notify):
    async with notify.service.works.database.read() as tx:
        due = select(TIMER.c.kind).where(TIMER.c.due_at <= notify.service.works.clock.now())
        return await tx.scalar(due.limit(1)) is None
