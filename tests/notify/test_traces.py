"""To which traces belong what notify sends, and what a timer has it say; and what spans never say."""

from datetime import timedelta

from vzaimo.contracts.calendar import EventAnnounced
from vzaimo.contracts.requests import RequestStatus, RequestSubmitted
from vzaimo.kit.testing import eventually

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
DAY = timedelta(days=1)


def trace_of(one):
    return f"{one.context.trace_id:032x}"


def named(spans, name):
    return [one for one in spans() if one.name == name]


async def spanned(spans, name, count=1):
    return await eventually(lambda: len(named(spans, name)) == count and named(spans, name), f"{count} × {name}")


async def test_a_webhooks_request_goes_on_with_the_trace_of_its_fact(
    spans, notify, foreign, event, webhook, receiver, deliveries
):
    hook = await webhook(f"{receiver.url}/geheim?key=geheim", "EventAnnounced")
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event), traceparent=TRACE)
    (one,) = await spanned(spans, "webhook EventAnnounced")
    (consumed,) = named(spans, "consume notify-event")
    assert (trace_of(one), one.kind.name) == (TRACE[3:35], "CLIENT")
    assert one.parent.span_id == consumed.context.span_id
    items = (await notify.call("GET", f"/cities/tver/webhooks/{hook['id']}/deliveries", "boris")).json()["items"]
    assert dict(one.attributes) == {
        "http.request.method": "POST",
        "http.response.status_code": 204,
        "vzaimo.webhook": hook["id"],
        "vzaimo.delivery": items[0]["id"],
    }
    assert one.status.is_ok
    # Whoever is called goes on with our span, not with its fact's.
    assert receiver.got[0].headers["traceparent"] == f"{TRACE[:36]}{one.context.span_id:016x}-01"
    assert "geheim" not in "".join(one.to_json() for one in spans())


async def test_what_follows_from_a_failed_request_belongs_to_that_trace_too(
    spans, notify, foreign, event, webhook, receiver, mail_about
):
    receiver.answer = 410
    await webhook(receiver.url, "EventAnnounced")
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event), traceparent=TRACE)
    (one,) = await spanned(spans, "webhook EventAnnounced")
    assert (one.status.is_ok, one.attributes["error.type"]) == (False, "answered-410")
    (disabled,) = await eventually(lambda: notify.facts("WebhookDisabled"), "it is disabled")
    assert disabled.traceparent[3:35] == TRACE[3:35]
    await mail_about("boris", "Вебхук отключён")
    (mail,) = await spanned(spans, "mail webhook-disabled")
    assert trace_of(mail) == TRACE[3:35]


async def test_one_that_does_not_answer_and_a_test(spans, notify, webhook, receiver):
    receiver.answer = b""
    hook = await webhook(receiver.url, "EventAnnounced")
    asked = await notify.call("POST", f"/cities/tver/webhooks/{hook['id']}/test", "boris")
    assert asked.is_success
    (one,) = await spanned(spans, "webhook WebhookTested")
    assert one.attributes["error.type"] == "broken-off"
    assert "http.response.status_code" not in one.attributes
    (post,) = named(spans, "POST /v1/cities/{city}/webhooks/{webhook_id}/test")
    assert trace_of(one) == trace_of(post)


async def test_where_nobody_looks_receivers_have_the_facts_trace(notify, foreign, event, webhook, receiver):
    await webhook(receiver.url, "EventAnnounced")
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event), traceparent=TRACE)
    await eventually(lambda: receiver.got, "it is sent")
    assert receiver.got[0].headers["traceparent"] == TRACE


async def test_a_reminders_mail_belongs_to_the_trace_of_its_timer(
    spans, notify, foreign, event, request_of, clock, mail_about
):
    submitted = RequestSubmitted(aggregate_version=1, request=request_of(status=RequestStatus.SUBMITTED))
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event), submitted, traceparent=TRACE)
    await mail_about("host", "Запрос на участие")
    clock.advance(event.deadlines.decide_by - 2 * DAY - clock.now())
    await mail_about("host", "Есть запросы без решения")
    (mail,) = await spanned(spans, "mail decisions-soon")
    (timer,) = named(spans, "timer decisions-in-2-days")
    assert trace_of(mail) == trace_of(timer)
    assert [f"{one.context.trace_id:032x}" for one in timer.links] == [TRACE[3:35]]
    assert mail.attributes["vzaimo.delivery"]
