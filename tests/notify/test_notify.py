"""Notify as its recipients know it: inbox and mails, on both stores, with a real bus and a real SMTP peer."""

import asyncio
from datetime import timedelta

from vzaimo.contracts.calendar import EventAnnounced, EventCancelled, EventStatus
from vzaimo.contracts.registry import Contact, ContactErased, RoleEnded
from vzaimo.contracts.requests import RequestApproved, RequestStatus, RequestSubmitted, RequestWithdrawn
from vzaimo.kit.ids import new_id
from vzaimo.kit.roles import person_ref
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.tokens import ISSUER


def kind(answer):
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def test_an_announcement_reaches_every_other_city_in_its_language(notify, foreign, event, told, inbox, mails_to):
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await told("boris", "event-announced")
    await told("anna", "event-announced")
    assert await inbox("host") == []
    (russian,) = await mails_to("boris")
    (english,) = await mails_to("anna")
    assert russian["Subject"] == "Новое мероприятие: Образовательная среда"
    plain, html = russian.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert "Москва приглашает: «Образовательная среда», 4 октября 2026" in plain.get_content()
    assert "Москва, UTC+3" in html.get_content()
    assert (
        "Москва invites: “Образовательная среда”, 4 October 2026, 10:00" in english.get_body(("plain",)).get_content()
    )


async def test_one_fact_told_often_is_one_notification_and_one_mail(
    notify, foreign, event, request_of, told, mails_to, settled, smtp_sink
):
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    fact = RequestSubmitted(aggregate_version=2, request=request_of())
    for _ in range(3):
        await foreign.tell(fact, event_id=new_id())
    await told("host", "request-submitted")
    approved = request_of(status=RequestStatus.APPROVED, decision_no=1, granted=5)
    await foreign.tell(RequestApproved(aggregate_version=3, request=approved))
    await foreign.tell(fact, event_id=new_id())
    await told("boris", "event-announced", "request-approved")
    await mails_to("boris", 2)
    await settled("sent")
    assert len([mail for mail in smtp_sink.mails if mail["To"] == "host@city.example"]) == 1
    assert len({mail["Message-ID"] for mail in smtp_sink.mails}) == len(smtp_sink.mails)


async def test_what_happened_while_notify_was_busy_is_told_step_by_step(notify, foreign, event, request_of, told):
    approved = request_of(status=RequestStatus.APPROVED, decision_no=1, granted=5)
    gone = request_of(status=RequestStatus.WITHDRAWN, decision_no=1)
    await foreign.tell(
        EventAnnounced(aggregate_version=1, event=event),
        RequestSubmitted(aggregate_version=2, request=request_of()),
        RequestApproved(aggregate_version=3, request=approved),
        RequestWithdrawn(aggregate_version=4, request=gone),
    )
    await told("host", "request-submitted", "request-withdrawn")


async def test_a_mail_waits_for_the_facts_that_it_speaks_of_and_for_its_address(
    notify, foreign, contact, event, request_of, clock, mails_to, smtp_sink
):
    await foreign.city("perm", "galina", name="Пермь")
    await foreign.tell(RequestSubmitted(aggregate_version=2, request=request_of(host="perm")))
    await notify.known("galina")
    await asyncio.sleep(1.5)
    assert not [mail for mail in smtp_sink.mails if mail["To"] == "galina@city.example"]
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event.model_copy(update={"host": "perm"})))
    await contact("galina")
    clock.advance(timedelta(minutes=1))
    mails = await mails_to("galina", 2)
    assert "Запрос на участие: Тверь" in {mail["Subject"] for mail in mails}


async def test_whose_role_arrives_after_the_news_is_told_and_whoever_came_later_is_not(
    notify, foreign, event, request_of, told, clock, inbox
):
    await foreign.tell(
        EventAnnounced(aggregate_version=1, event=event),
        RequestSubmitted(aggregate_version=2, request=request_of(host="perm")),
    )
    await told("boris", "event-announced")
    await foreign.role("galina", "coordinator", "perm")
    await told("galina", "event-announced", "request-submitted")
    later = await foreign.role("late", "viewer", "perm")
    assert later.granted_at < clock.now()
    await notify.known("late")
    assert await inbox("late") == []


async def test_a_removed_coordinator_gets_no_more_mail(notify, foreign, event, mails_to, settled, smtp_sink):
    role = await foreign.role("old", "coordinator", "tver")
    ended = role.model_copy(update={"ended_at": role.granted_at + timedelta(days=1)})
    await foreign.tell(RoleEnded(aggregate_version=2, role=ended))
    await notify.known("old")
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await mails_to("boris")
    await settled("sent", "suppressed")
    assert not [mail for mail in smtp_sink.mails if mail["To"] == "old@city.example"]


async def test_a_peer_that_says_later_is_asked_again_and_one_that_says_no_is_shown(
    notify, foreign, event, clock, mails_to, smtp_sink
):
    smtp_sink.answer = "451 later"
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await eventually(lambda: _count(notify, "retrying", 2), "two wait")
    smtp_sink.answer = "550 no such mailbox"
    clock.advance(timedelta(minutes=5))
    await eventually(lambda: _count(notify, "dead", 2), "two are given up")
    assert smtp_sink.mails == []
    assert {fact.name for fact in await notify.facts()} == {"DeliveryDead"}
    assert "@" not in "".join(fact.model_dump_json() for fact in await notify.facts())
    smtp_sink.answer = "250 OK"
    dead = (await notify.call("GET", "/deliveries?status=dead", "mod")).json()["items"]
    for one in dead:
        await notify.done("POST", f"/deliveries/{one['id']}/retry", "mod")
    await mails_to("boris")
    again = await notify.call("POST", f"/deliveries/{dead[0]['id']}/retry", "mod")
    assert kind(again) == (409, "delivery-not-dead")


async def test_what_was_given_up_and_is_tried_again_has_its_three_days_anew(
    notify, foreign, event, clock, mails_to, smtp_sink
):
    smtp_sink.answer = "550 no such mailbox"
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    dead = await eventually(lambda: _count(notify, "dead", 2), "two are given up")
    clock.advance(timedelta(days=4))
    smtp_sink.answer = "451 later"
    await notify.done("POST", f"/deliveries/{dead[0]['id']}/retry", "mod")
    (waiting,) = await eventually(lambda: _count(notify, "retrying", 1), "it waits")
    assert waiting["id"] == dead[0]["id"]
    clock.advance(timedelta(days=2, hours=23))
    await eventually(lambda: _tried(notify, waiting["id"], 2), "it is tried again")
    await _count(notify, "retrying", 1)
    clock.advance(timedelta(hours=8))
    await eventually(lambda: _count(notify, "dead", 2), "it is given up again")
    assert smtp_sink.mails == []


async def _tried(notify, which, times):
    items = (await notify.call("GET", "/deliveries?limit=200", "mod")).json()["items"]
    return next(one["attempts"] for one in items if one["id"] == which) == times


async def _count(notify, status, count):
    items = (await notify.call("GET", f"/deliveries?status={status}", "mod")).json()["items"]
    return len(items) == count and items


async def test_an_erased_contact_gets_nothing(notify, foreign, event, smtp_sink):
    erased = Contact(person=person_ref(ISSUER, "boris"))
    await foreign.tell(ContactErased(aggregate_version=2, contact=erased))
    await asyncio.sleep(0.3)
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await eventually(lambda: _count(notify, "suppressed", 1), "suppressed")
    assert not [mail for mail in smtp_sink.mails if mail["To"] == "boris@city.example"]


async def test_an_inbox_is_its_persons_own(notify, foreign, event, told):
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await told("boris", "event-announced")
    (item,) = [
        one for one in (await notify.call("GET", "/inbox", "boris")).json()["items"] if one["kind"] == "event-announced"
    ]
    assert kind(await notify.call("POST", f"/inbox/{item['id']}/read", "anna")) == (404, "unknown-notification")
    assert (await notify.call("GET", "/inbox/unread", "boris")).json() == {"unread": 2}
    await notify.done("POST", f"/inbox/{item['id']}/read", "boris")
    await notify.done("POST", f"/inbox/{item['id']}/read", "boris")
    assert (await notify.call("GET", "/inbox/unread", "boris")).json() == {"unread": 1}
    await notify.done("POST", "/inbox/read-all", "boris")
    assert (await notify.call("GET", "/inbox?unread=true", "boris")).json()["items"] == []
    english = await notify.call("GET", "/inbox", "boris", accept_language="en")
    assert english.json()["items"][0]["title"] == "A new event: Образовательная среда"


async def test_a_cancellation_reaches_the_host(notify, foreign, event, told):
    gone = event.model_copy(update={"status": EventStatus.CANCELLED, "cancelled_for": "force-majeure"})
    await foreign.tell(
        EventAnnounced(aggregate_version=1, event=event), EventCancelled(aggregate_version=2, event=gone)
    )
    await told("host", "event-called-off")


async def test_deliveries_are_for_the_moderator(notify):
    for who, status in ((None, 401), ("stranger", 403), ("boris", 403), ("host", 403), ("mod", 200)):
        assert (await notify.call("GET", "/deliveries", who)).status_code == status
