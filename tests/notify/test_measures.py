"""Numbers of what notify sends: tries by what came of them, and how long the oldest has waited."""

from datetime import UTC, datetime, timedelta

from prometheus_client.parser import text_string_to_metric_families

from vzaimo.contracts.calendar import EventAnnounced
from vzaimo.contracts.registry import TopicChanged
from vzaimo.contracts.requests import Need, NeedPosted, NeedStatus
from vzaimo.kit.ids import new_id
from vzaimo.kit.testing import eventually
from vzaimo.notify.handlers.measure import measure

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def shown(notify):
    """Every number of deliveries, as Prometheus reads them."""
    text = (await notify.client.get("/metrics")).text
    return {
        (sample.name.removeprefix("vzaimo_delivery_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("vzaimo_delivery_") and not sample.name.endswith("_created")
    }


async def are(notify, expected):
    return expected.items() <= (await shown(notify)).items()


def tries(**counts):
    return {("tries_total", *name.split("_")): count for name, count in counts.items()}


async def test_tries_are_counted_by_what_came_of_them(notify, foreign, event, webhook, receiver, clock, smtp_sink):
    await eventually(lambda: are(notify, tries(email_sent=3)), "the cities' activation")
    smtp_sink.answer, receiver.answer = "451 later", 500
    await webhook(receiver.url, "EventAnnounced")
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await eventually(lambda: are(notify, tries(email_retrying=2, webhook_retrying=1)), "three wait")
    smtp_sink.answer, receiver.answer = "550 no", 204
    clock.advance(HOUR)
    await eventually(lambda: are(notify, tries(email_dead=2, webhook_sent=1)), "all are over")
    assert {one for one in await shown(notify) if one[0] == "tries_total"} == set(
        tries(email_sent=3, email_retrying=2, email_dead=2, webhook_retrying=1, webhook_sent=1)
    )


async def test_the_oldest_that_waits_is_measured_from_when_it_was_due(
    notify, foreign, event, webhook, receiver, clock, smtp_sink
):
    async def ages():
        await measure(notify.service.works, notify.service.metrics)
        found = await shown(notify)
        return found["oldest_seconds", "email"], found["oldest_seconds", "webhook"]

    async def nothing_waits():
        return await ages() == (0, 0)

    await eventually(nothing_waits, "the cities' activation is mailed")
    smtp_sink.answer, receiver.answer = "451 later", 500
    await webhook(receiver.url, "EventAnnounced")
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await eventually(lambda: are(notify, tries(email_retrying=2, webhook_retrying=1)), "three wait")
    assert await ages() == (0, 0)
    clock.advance(2 * HOUR)
    assert await ages() == (7200, 7200)
    await eventually(lambda: are(notify, tries(email_retrying=4, webhook_retrying=2)), "three wait still")
    clock.advance(HOUR)
    assert await ages() == (3 * 3600, 3 * 3600)
    smtp_sink.answer, receiver.answer = "250 OK", 204
    await eventually(lambda: are(notify, tries(email_sent=5, webhook_sent=1)), "all are sent")
    assert await ages() == (0, 0)


async def test_a_digest_that_waits_for_its_morning_is_not_late(notify, foreign, told, clock):
    day = datetime(2026, 10, 1, tzinfo=UTC).date()
    asked = {"topic": "olympiads", "roles": (), "heads": 3, "mode": "remote", "not_before": day, "not_after": day}
    need = Need(id=new_id(), city="izhevsk", status=NeedStatus.OPEN, posted_at=clock.now(), **asked)
    await foreign.tell(TopicChanged(aggregate_version=1, topic={"id": "olympiads", "name": "Олимпиады"}))
    await foreign.tell(NeedPosted(aggregate_version=1, need=need))
    await told("boris", "need-posted")
    clock.advance(6 * HOUR)
    await measure(notify.service.works, notify.service.metrics)
    assert (await shown(notify))["oldest_seconds", "email"] == 0
