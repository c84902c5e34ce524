"""A season's facts, each told three times and in any order: everybody hears everything once, by one mail."""

import random
from collections import Counter
from datetime import timedelta

from sqlalchemy import func, select

from vzaimo.contracts.calendar import EventAnnounced, EventCancelled, EventStatus
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
from vzaimo.notify.store import DELIVERY, NOTICE, NOTIFICATION

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


async def test_everything_is_told_once_whatever_the_order(
    notify, foreign, event, request_of, clock, smtp_sink, passing
):
    chance = random.Random(1560)
    aggregates = list(season(event, request_of, clock.now()))
    told = [(fact, new_id()) for facts in aggregates for fact in facts]
    # The same fact under its own id again, and under another one, as after a restored stream.
    everything = told * 2 + [(fact, new_id()) for fact, _ in told]
    chance.shuffle(everything)
    for fact, event_id in everything:
        await foreign.tell(fact, event_id=event_id)

    async def quiet():
        clock.advance(timedelta(hours=1))
        async with notify.service.works.database.read() as tx:
            waiting = select(DELIVERY.c.id).where(DELIVERY.c.status.in_(["queued", "retrying"]))
            return notify.service.inbound.caught_up and await tx.scalar(waiting.limit(1)) is None

    await passing(quiet, "nothing waits")
    async with notify.service.works.database.read() as tx:
        doubled = (
            select(NOTIFICATION.c.person, NOTICE.c.kind, NOTICE.c.subject)
            .join(NOTICE, NOTICE.c.id == NOTIFICATION.c.notice)
            .where(NOTICE.c.kind != "confirmation-soon")  # twice, on purpose
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
    assert kinds["request-submitted"] == EVENTS * len(GUESTS)
    assert kinds["request-closed"] == EVENTS // 3 * len(GUESTS)
    assert kinds["event-called-off"] == EVENTS // 3
    assert kinds["need-posted"] == 3
