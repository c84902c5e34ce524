"""Webhooks as their cities know them: through the gateway, to real receivers, on both stores."""

import asyncio
import json
from base64 import b64decode
from datetime import timedelta

from sqlalchemy import func, select
from standardwebhooks.webhooks import Webhook

from vzaimo.contracts.calendar import EventAnnounced, EventCompleted, EventDetailsChanged
from vzaimo.contracts.registry import City, CityStatus, CityWithdrawn, TopicChanged
from vzaimo.contracts.requests import RequestStatus, RequestSubmitted, RequestWithdrawn
from vzaimo.kit.database import StoreUnavailable
from vzaimo.kit.ids import new_id
from vzaimo.kit.testing import eventually
from vzaimo.notify.handlers import dispatch, taken
from vzaimo.notify.handlers.purge import purge
from vzaimo.notify.store import WEBHOOK, WEBHOOK_DELIVERY, WEBHOOK_EVENT

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def names(receiver):
    return [json.loads(one.body)["type"].split(".")[-2] for one in receiver.got]


def ids(receiver):
    return [one.headers["webhook-id"] for one in receiver.got]


def path(webhook, rest=""):
    return f"/cities/{webhook['city']}/webhooks/{webhook['id']}{rest}"


def kind(answer):
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def same(read, expected):
    return await read() == expected


def signed(posted, secret, clock):
    """Whether a library of others' finds the signature that this secret makes."""
    moment = clock.now()
    assert posted.headers["webhook-timestamp"] == str(int(moment.timestamp()))
    mine = Webhook(secret).sign(posted.headers["webhook-id"], moment, posted.body.decode())
    return mine in posted.headers["webhook-signature"].split()


async def test_a_city_is_sent_what_it_asked_for_and_may_read_as_it_was_on_the_bus(
    notify, foreign, event, request_of, webhook, receiver, receivers, deliveries, clock
):
    other = await receivers()
    facts = ("EventAnnounced", "RequestSubmitted", "TopicChanged")
    hook = await webhook(receiver.url, *facts)
    elsewhere = await webhook(other.url, *facts, who="anna", city="izhevsk")
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await foreign.tell(EventDetailsChanged(aggregate_version=2, event=event))
    await foreign.tell(RequestSubmitted(aggregate_version=1, request=request_of()))
    await foreign.tell(RequestSubmitted(aggregate_version=1, request=request_of(id=new_id(), city="perm")))
    await foreign.tell(TopicChanged(aggregate_version=1, topic={"id": "mesh", "name": "МЭШ"}))
    await eventually(lambda: len(receiver.got) == 3 and len(other.got) == 2, "all of them")
    assert sorted(names(receiver)) == sorted(facts)
    assert sorted(names(other)) == ["EventAnnounced", "TopicChanged"]
    (one,) = [one for one in receiver.got if b"EventAnnounced" in one.body]
    message = await foreign._js.get_last_msg("CALENDAR", "calendar.pub.event.event_announced.>")
    assert one.body == message.data
    assert one.headers["webhook-id"] == json.loads(one.body)["id"]
    assert one.headers["content-type"].startswith("application/cloudevents+json")
    assert signed(one, hook["secret"], clock)
    assert not signed(one, elsewhere["secret"], clock)
    expected = sorted((name, "sent", 204) for name in facts)

    async def noted():
        return sorted(await deliveries(hook)) == expected

    await eventually(noted, "all are sent")
    # What happened before a webhook was there is none of its.
    foreign.began = clock.now() - DAY
    late = EventAnnounced(aggregate_version=1, event=event.model_copy(update={"id": new_id()}))
    await foreign.tell(late)
    foreign.began = clock.now()
    await foreign.tell(TopicChanged(aggregate_version=2, topic={"id": "mesh", "name": "МЭШ"}))
    await eventually(lambda: len(receiver.got) == 4, "the next one")
    assert names(receiver)[-1] == "TopicChanged"


async def test_a_secret_is_shown_once_and_the_one_before_signs_for_a_day(
    notify, foreign, event, webhook, receiver, clock
):
    hook = await webhook(receiver.url, "EventAnnounced")
    assert len(b64decode(hook["secret"].removeprefix("whsec_"), validate=True)) == 32
    shown = await notify.call("GET", path(hook), "boris")
    assert set(hook) - set(shown.json()) == {"secret"}
    assert hook["secret"] not in shown.text
    assert shown.headers["ETag"].startswith('"1')
    renewed = await notify.call("POST", path(hook, "/secret"), "boris")
    assert (renewed.status_code, renewed.headers["Cache-Control"]) == (201, "no-store")
    secrets = [hook["secret"], renewed.json()["secret"]]
    await notify.done("POST", path(hook, "/test"), "boris")
    await eventually(lambda: len(receiver.got) == 1, "a test")
    assert [signed(receiver.got[0], secret, clock) for secret in secrets] == [True, True]
    assert names(receiver) == ["WebhookTested"]
    clock.advance(DAY)
    await eventually(lambda: _accepted(notify, path(hook, "/test")), "another test")
    await eventually(lambda: len(receiver.got) == 2, "a second test")
    assert [signed(receiver.got[1], secret, clock) for secret in secrets] == [False, True]
    # A repetition under a key says what came of it, and no secret.
    body = {"address": receiver.url, "facts": ["EventAnnounced"]}
    first, again = [
        await notify.call("POST", "/cities/tver/webhooks", "boris", body, idempotency_key="one") for _ in range(2)
    ]
    assert "secret" in first.json()
    assert again.json() == {"id": first.json()["id"], "version": 1}


async def _accepted(notify, where):
    return (await notify.call("POST", where, "boris")).is_success


async def test_who_may_do_what(notify, foreign, webhook, receiver):
    await foreign.role("viewer", "viewer", "tver")
    await foreign.role("robot", "service", "tver", scopes=("webhooks",))
    await foreign.role("reader", "service", "tver", scopes=("read",))
    await notify.known("viewer", "robot", "reader")
    hook = await webhook(receiver.url, "EventAnnounced")
    await notify.done("POST", path(hook, "/test"), "boris")
    await eventually(lambda: receiver.got, "a test")
    (delivery,) = (await notify.call("GET", path(hook, "/deliveries"), "boris")).json()["items"]
    body = {"address": receiver.url, "facts": ["EventAnnounced"]}
    cells = [
        ("GET", "/cities/tver/webhooks", None, (200, 200, 404, 200)),
        ("GET", path(hook), None, (200, 200, 404, 200)),
        ("GET", path(hook, "/deliveries"), None, (200, 200, 404, 200)),
        ("POST", "/cities/tver/webhooks", body, (201, 403, 404, 201)),
        ("PUT", path(hook), body, (200, 403, 404, 200)),
        ("POST", path(hook, "/secret"), None, (201, 403, 404, 201)),
        ("POST", path(hook, "/test"), None, (200, 403, 404, 200)),
        ("POST", path(hook, f"/deliveries/{delivery['id']}/retry"), None, (409, 403, 404, 409)),
        ("DELETE", path(hook), None, (404, 403, 404, 200)),  # the city's program was faster
    ]
    for method, where, sent, (coordinator, viewer, stranger, program) in cells:
        answers = {}
        mends = where.endswith(("/deliveries", "/retry"))
        for who in ("robot", "boris", "viewer", "anna", "reader", "mod", "nobody", None):
            answers[who] = (await notify.call(method, where, who, sent)).status_code
            await _no_test_pending(notify)
        moderator = coordinator if mends else stranger
        assert answers == {
            "robot": program,
            "boris": coordinator,
            "viewer": viewer,
            "anna": stranger,
            "reader": stranger,
            "mod": moderator,
            "nobody": 403,
            None: 401,
        }, (method, where)
    # The id alone opens nothing: it belongs to its city.
    assert kind(await notify.call("GET", f"/cities/izhevsk/webhooks/{hook['id']}", "anna")) == (404, "unknown-webhook")


async def _no_test_pending(notify):
    async def none():
        async with notify.service.works.database.read() as tx:
            pending = select(WEBHOOK_DELIVERY.c.id).where(WEBHOOK_DELIVERY.c.due_at.is_not(None))
            return await tx.scalar(pending.limit(1)) is None

    await eventually(none, "nothing waits")


async def test_what_is_refused_and_why(notify, webhook, receiver):
    there = "/cities/tver/webhooks"
    receiver.answer = None  # silence: what is sent stays on its way
    usual = {"address": receiver.url, "facts": ["EventAnnounced"]}
    for body, problem in (
        ({**usual, "address": "https://user:secret@x.example/"}, "bad-address"),
        ({**usual, "address": "gopher://x.example/"}, "bad-address"),
        ({**usual, "facts": []}, "invalid-request"),
        ({**usual, "facts": ["CapacityRequested"]}, "invalid-request"),
        ({**usual, "facts": ["ContactChanged"]}, "invalid-request"),
        ({**usual, "active": True}, "invalid-request"),
        ({"facts": ["EventAnnounced"]}, "invalid-request"),
    ):
        answer = await notify.call("POST", there, "boris", body)
        assert kind(answer) == (422, problem), body
        assert "secret" not in answer.text
    bad = await notify.call("POST", there, "boris", {**usual, "facts": ["Nothing"]})
    (field,) = bad.json()["errors"]
    assert "EventAnnounced" in json.dumps(field)
    hook = await webhook(receiver.url, "EventAnnounced")
    await notify.done("POST", path(hook, "/test"), "boris")
    assert kind(await notify.call("POST", path(hook, "/test"), "boris")) == (409, "test-pending")
    assert kind(await notify.call("PUT", path(hook), "boris", usual, if_match='"7"')) == (412, "stale")
    off = await notify.call("PUT", path(hook), "boris", {**usual, "active": False}, if_match='"1"')
    assert off.status_code == 200
    shown = (await notify.call("GET", path(hook), "boris")).json()
    assert (shown["status"], shown["disabled_reason"]) == ("disabled", "switched-off")
    assert kind(await notify.call("POST", path(hook, "/test"), "boris")) == (409, "webhook-not-active")
    unknown = f"/deliveries/{new_id()}/retry"
    assert kind(await notify.call("POST", path(hook, unknown), "boris")) == (409, "webhook-not-active")
    await notify.done("PUT", path(hook), "boris", {**usual, "active": True})
    assert kind(await notify.call("POST", path(hook, unknown), "boris")) == (404, "unknown-delivery")
    for _ in range(19):
        await webhook(receiver.url, "EventAnnounced")
    assert kind(await notify.call("POST", there, "boris", usual)) == (409, "too-many-webhooks")
    first = (await notify.call("GET", f"{there}?limit=15", "boris")).json()
    rest = (await notify.call("GET", f"{there}?limit=15&cursor={first['next']}", "boris")).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (15, 5, None)
    await notify.done("DELETE", path(hook), "boris")
    assert (await notify.call("POST", there, "boris", usual)).status_code == 201
    assert {one.name for one in await notify.facts()} == {"WebhookDisabled"}


async def test_a_receiver_that_fails_for_a_day_gets_all_of_it_once_it_answers(
    notify, foreign, event, webhook, receiver, deliveries, hours_pass
):
    receiver.answer = 500
    hook = await webhook(receiver.url, "EventAnnounced", "EventDetailsChanged")
    told = [EventAnnounced(aggregate_version=1, event=event)]
    told += [EventDetailsChanged(aggregate_version=version, event=event) for version in range(2, 6)]
    await foreign.tell(*told)
    await eventually(lambda: _all(deliveries, hook, ("retrying", 500)), "a try of each")
    for _ in range(2):
        await hours_pass(hook, hours=12, count=5)
    assert {(status, answer) for _, status, answer in await deliveries(hook)} == {("retrying", 500)}
    receiver.got.clear()
    receiver.answer = 200
    await hours_pass(hook, count=5)
    await eventually(lambda: _all(deliveries, hook, ("sent", 200)), "all are noted")
    assert (len(ids(receiver)), len(set(ids(receiver)))) == (5, 5)
    async with notify.service.works.database.read() as tx:
        assert await tx.scalar(select(WEBHOOK.c.failing_since)) is None
    assert await notify.facts() == []


async def _all(deliveries, hook, expected):
    return {one[1:] for one in await deliveries(hook)} == {expected}


async def test_one_that_answers_410_is_disabled_at_once_and_its_city_told(
    notify, foreign, event, webhook, receiver, receivers, deliveries, clock, heard, mail_about
):
    told = asyncio.Event()

    def once(_posted):
        told.set()
        return 410

    receiver.answer = once
    hook = await webhook(receiver.url, "EventAnnounced", "EventDetailsChanged")
    listening = await receivers()
    await webhook(listening.url, "WebhookDisabled")
    details = [EventDetailsChanged(aggregate_version=version, event=event) for version in (2, 3)]
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event), *details)
    await heard("boris", "event-announced", "webhook-disabled")
    (disabled,) = await notify.facts("WebhookDisabled")
    assert disabled.data.webhook.model_dump(include={"city", "status", "disabled_for"}) == {
        "city": "tver",
        "status": "disabled",
        "disabled_for": "gone",
    }
    assert "127.0.0.1" not in disabled.model_dump_json()
    await eventually(lambda: names(listening) == ["WebhookDisabled"], "another webhook of the city is sent that")
    mail = await mail_about("boris", "Вебхук отключён: 127.0.0.1")
    assert "больше ничего не принимает (410)" in mail.get_body(("plain",)).get_content()
    await eventually(lambda: notify.service.inbound.caught_up and not any(notify.service.inbound.lag.values()), "level")
    assert ("EventAnnounced", "suppressed", 410) in await deliveries(hook)
    assert {one[1] for one in await deliveries(hook)} == {"suppressed"}
    assert len(receiver.got) == 1
    await foreign.tell(EventDetailsChanged(aggregate_version=4, event=event))
    receiver.answer = 204
    shown = (await notify.call("GET", path(hook), "boris")).json()
    assert (shown["status"], shown["disabled_reason"], shown["version"]) == ("disabled", "gone", 2)
    # On again: from then on, and what was left out by hand.
    await eventually(lambda: notify.service.inbound.caught_up and not any(notify.service.inbound.lag.values()), "level")
    body = {"address": receiver.url, "facts": ["EventCompleted"], "active": True}
    await notify.done("PUT", path(hook), "boris", body)
    foreign.began = clock.now()
    await foreign.tell(EventCompleted(aggregate_version=5, event=event))
    items = (await notify.call("GET", path(hook, "/deliveries"), "boris")).json()["items"]
    (left,) = [one for one in items if one["answer"] == 410]
    await notify.done("POST", path(hook, f"/deliveries/{left['id']}/retry"), "boris")
    await eventually(lambda: sorted(names(receiver)[1:]) == ["EventAnnounced", "EventCompleted"], "both")


async def test_one_that_only_fails_for_three_days_is_disabled(
    notify, foreign, event, webhook, receiver, deliveries, clock, heard, hours_pass
):
    receiver.answer = b""
    hook = await webhook(receiver.url, "EventAnnounced")
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await eventually(lambda: same(lambda: deliveries(hook), [("EventAnnounced", "retrying", "broken-off")]), "a try")
    for _ in range(2):
        await hours_pass(hook, hours=30)
    assert await notify.facts() == []
    clock.advance(30 * HOUR)
    await heard("boris", "event-announced", "webhook-disabled")
    facts = await notify.facts()
    assert sorted(one.name for one in facts) == ["DeliveryDead", "WebhookDisabled"]
    assert [one.data.webhook.disabled_for for one in facts if one.name == "WebhookDisabled"] == ["failing"]
    assert await deliveries(hook) == [("EventAnnounced", "dead", "broken-off")]


async def test_what_alone_is_never_taken_is_dead_and_the_moderator_may_have_it_tried_again(
    notify, foreign, event, webhook, receiver, deliveries, clock, hours_pass
):
    receiver.answer = lambda posted: 500 if b"EventAnnounced" in posted.body else 204
    hook = await webhook(receiver.url, "EventAnnounced", "TopicChanged")
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await eventually(lambda: same(lambda: deliveries(hook), [("EventAnnounced", "retrying", 500)]), "a try")
    for version in range(1, 4):
        await hours_pass(hook, hours=30)
        foreign.began = clock.now()
        await foreign.tell(TopicChanged(aggregate_version=version, topic={"id": "mesh", "name": "МЭШ"}))
        await hours_pass(hook, hours=0, count=2)
    await eventually(lambda: notify.facts("DeliveryDead"), "it is given up")
    (dead,) = [one.data.delivery for one in await notify.facts()]
    assert (dead.channel, dead.kind, dead.city, dead.reason) == ("webhook", "eventannounced", "tver", "answered-500")
    receiver.answer = 204
    where = path(hook, f"/deliveries/{dead.id}/retry")
    await notify.done("POST", where, "mod")
    await eventually(lambda: _all(deliveries, hook, ("sent", 204)), "all are sent")
    assert kind(await notify.call("POST", where, "mod")) == (409, "nothing-to-retry")


async def test_one_that_keeps_us_waiting_delays_nobody_else(
    notify, foreign, event, webhook, receiver, receivers, deliveries
):
    silent = await receivers()
    silent.answer = None
    slow = await webhook(silent.url, "EventAnnounced", "EventDetailsChanged")
    await webhook(receiver.url, "EventAnnounced", "EventDetailsChanged", who="anna", city="izhevsk")
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await foreign.tell(*[EventDetailsChanged(aggregate_version=version, event=event) for version in range(2, 30)])
    await eventually(lambda: len(receiver.got) == 29, "all that the other is sent")
    assert len(silent.got) == 1
    assert {one[1] for one in await deliveries(slow)} == {"queued"}


async def test_what_was_taken_and_not_noted_is_sent_again_under_its_id(
    notify, foreign, event, webhook, receiver, deliveries, clock, monkeypatch
):
    """A process that is killed between the receiver's answer and our note leaves just this behind."""
    noted = taken.write

    async def dies(*_of_it):
        monkeypatch.setattr(taken, "write", noted)
        raise StoreUnavailable("killed")

    monkeypatch.setattr(taken, "write", dies)
    hook = await webhook(receiver.url, "EventAnnounced")
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await eventually(lambda: receiver.got and taken.write is noted, "it is sent, and that is lost")
    assert await deliveries(hook) == [("EventAnnounced", "queued", None)]
    clock.advance(dispatch.LEASE)
    await eventually(lambda: _all(deliveries, hook, ("sent", 204)), "it is sent again")
    assert (len(ids(receiver)), len(set(ids(receiver)))) == (2, 1)


async def test_one_that_is_removed_while_a_request_is_on_its_way(notify, foreign, event, webhook, receiver, deliveries):
    answers = asyncio.Queue()
    receiver.answer = lambda _posted: answers.get_nowait() if answers.qsize() else None
    hook = await webhook(receiver.url, "EventAnnounced", "EventDetailsChanged")
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await eventually(lambda: receiver.got, "it is on its way")
    await notify.done("DELETE", path(hook), "boris")
    await receiver.stop()  # the answer is a broken connection
    await foreign.tell(EventDetailsChanged(aggregate_version=2, event=event))
    assert kind(await notify.call("GET", path(hook), "boris")) == (404, "unknown-webhook")
    assert kind(await notify.call("GET", path(hook, "/deliveries"), "boris")) == (404, "unknown-webhook")

    async def rows():
        async with notify.service.works.database.read() as tx:
            return [tuple(row) for row in await tx.all(select(WEBHOOK_DELIVERY.c.status, WEBHOOK_DELIVERY.c.due_at))]

    await eventually(lambda: same(rows, [("suppressed", None)]), "nothing waits")
    async with notify.service.works.database.read() as tx:
        kept = await tx.first(select(WEBHOOK))
    assert (kept.status, kept.address) == ("removed", receiver.url.removesuffix("/hook"))
    assert await notify.facts() == []


async def test_a_city_that_leaves_is_sent_nothing_and_those_it_touches_are_told(
    notify, foreign, event, request_of, webhook, receiver, clock, heard
):
    hook = await webhook(receiver.url, "EventAnnounced")
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await foreign.tell(RequestSubmitted(aggregate_version=1, request=request_of()))
    gone = request_of(id=new_id(), status=RequestStatus.WITHDRAWN, city="izhevsk", host="tver", event=new_id())
    await foreign.tell(RequestWithdrawn(aggregate_version=2, request=gone))
    await heard("host", "request-submitted")
    agreement = {"number": "1", "signed_on": "2026-01-01"}
    city = {"id": "tver", "name": "Тверь", "region": "—", "timezone": "Europe/Moscow", "agreement": agreement}
    left = City(**city, status=CityStatus.WITHDRAWN)
    await foreign.tell(CityWithdrawn(aggregate_version=2, city=left))
    await heard("host", "request-submitted", "city-withdrawn")
    await heard("mod", "city-withdrawn")
    await heard("anna", "event-announced")
    shown = (await notify.call("GET", path(hook), "boris")).json()
    assert (shown["status"], shown["disabled_reason"]) == ("disabled", "city-withdrawn")
    assert [one.name for one in await notify.facts()] == ["WebhookDisabled"]


async def test_after_a_month_nothing_is_left(notify, foreign, event, webhook, receiver, deliveries, clock):
    hook = await webhook(receiver.url, "EventAnnounced")
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await eventually(lambda: _all(deliveries, hook, ("sent", 204)), "it is sent")
    clock.advance(29 * DAY)
    await purge(notify.service.works)
    assert len(await deliveries(hook)) == 1
    clock.advance(DAY + HOUR)
    await purge(notify.service.works)
    async with notify.service.works.database.read() as tx:
        for table in (WEBHOOK_DELIVERY, WEBHOOK_EVENT):
            assert await tx.scalar(select(func.count()).select_from(table)) == 0
    # The same fact once more, as after a restored stream: it is too old to be news.
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    foreign.began = clock.now()
    again = event.model_copy(update={"id": new_id()})
    await foreign.tell(EventAnnounced(aggregate_version=1, event=again))
    await eventually(lambda: len(receiver.got) == 2, "the new one")
    assert str(again.id).encode() in receiver.got[1].body
