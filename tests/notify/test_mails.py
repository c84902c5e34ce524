"""Mails that wait and join, as their readers know them, on both stores."""

from datetime import UTC, datetime, timedelta
from email.utils import getaddresses, parsedate_to_datetime

import icalendar
import pytest
from sqlalchemy import select

from vzaimo.contracts.calendar import (
    EventAnnounced,
    EventCancelled,
    EventDetailsChanged,
    EventRescheduled,
    EventStatus,
)
from vzaimo.contracts.registry import TopicChanged
from vzaimo.contracts.requests import (
    Need,
    NeedPosted,
    NeedStatus,
    ReconfirmationRequested,
    RequestApproved,
    RequestClosed,
    RequestStatus,
    RequestSubmitted,
)
from vzaimo.kit.ids import new_id
from vzaimo.kit.testing import eventually
from vzaimo.notify.store import DELIVERY

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SEATS = {"decision_no": 1, "granted": 5}


def need(topic="olympiads", city="izhevsk"):
    day = datetime(2026, 10, 1, tzinfo=UTC)
    return Need(
        id=new_id(),
        city=city,
        topic=topic,
        roles=(),
        heads=3,
        mode="remote",
        not_before=day.date(),
        not_after=day.date(),
        status=NeedStatus.OPEN,
        posted_at=day,
    )


def a_week_later(event):
    """So that no reminder is due while minutes pass."""
    return event.model_copy(update={"starts_at": event.starts_at + 7 * DAY, "ends_at": event.ends_at + 7 * DAY})


def to(smtp_sink, person):
    return [mail for mail in smtp_sink.mails if mail["To"] == f"{person}@city.example"]


@pytest.fixture
def delivery(notify):
    """The one delivery that stands in a state."""

    async def find(status, count=1):
        async def there():
            items = (await notify.call("GET", f"/deliveries?status={status}&limit=200", "mod")).json()["items"]
            return len(items) == count and items

        return await eventually(there, f"{count} {status}")

    return find


async def test_needs_come_as_one_digest_in_the_readers_morning(
    notify, foreign, told, clock, mails_to, delivery, smtp_sink
):
    await foreign.tell(TopicChanged(aggregate_version=1, topic={"id": "olympiads", "name": "Олимпиады"}))
    await foreign.tell(*[NeedPosted(aggregate_version=1, need=need(topic)) for topic in ("olympiads", "mesh")])
    await told("boris", "need-posted", "need-posted")
    waiting = await delivery("queued", 2)
    assert {one["due_at"] for one in waiting} == {"2026-09-28T05:00:00Z"}
    clock.advance(datetime(2026, 9, 28, 5, 1, tzinfo=UTC) - clock.now())
    (digest,) = await mails_to("boris")
    assert digest["Subject"] == "Сводка: 2 уведомления"
    assert "«Олимпиады»" in digest.get_body(("plain",)).get_content()
    # Not of when it was begun: programs sort by it.
    assert parsedate_to_datetime(digest["Date"]) > datetime(2026, 9, 28, 5, tzinfo=UTC)
    await foreign.tell(NeedPosted(aggregate_version=1, need=need()))
    await told("boris", *["need-posted"] * 3)
    later = await delivery("queued", 2)
    assert {one["due_at"] for one in later} == {"2026-09-29T05:00:00Z"}
    assert len(to(smtp_sink, "boris")) == 1


async def test_edits_of_one_event_within_minutes_are_one_mail_that_says_how_it_is_then(
    notify, foreign, event, request_of, heard, clock, mail_about, mails_to, smtp_sink, settled
):
    event = a_week_later(event)
    confirmed = request_of(status=RequestStatus.CONFIRMED, confirmed=5, **SEATS)
    await foreign.tell(
        EventAnnounced(aggregate_version=1, event=event), RequestApproved(aggregate_version=2, request=confirmed)
    )
    await mails_to("boris", 2)
    await mails_to("host", 2)
    smtp_sink.mails.clear()
    retitled = event.model_copy(update={"title": "Среда школы"})
    moved = retitled.model_copy(update={"starts_at": event.starts_at + HOUR, "schedule_revision": 2})
    again = moved.model_copy(update={"starts_at": event.starts_at + 2 * HOUR, "schedule_revision": 3})
    asked = confirmed.model_copy(update={"status": RequestStatus.RECONFIRM_PENDING, "reconfirm_by": event.starts_at})
    await foreign.tell(EventDetailsChanged(aggregate_version=2, event=retitled))
    sofar = ("event-announced", "request-approved", "visit-changed")
    await heard("boris", *sofar)
    await foreign.tell(EventRescheduled(aggregate_version=3, event=moved))
    await foreign.tell(EventRescheduled(aggregate_version=4, event=again))
    await foreign.tell(ReconfirmationRequested(aggregate_version=3, request=asked))
    await heard("boris", *sofar, "visit-moved", "visit-moved", "reconfirmation-asked")
    await heard("host", "request-submitted", "request-confirmed", "event-moved", "event-moved")
    assert smtp_sink.mails == []
    clock.advance(16 * MINUTE)
    mail = await mail_about("boris", "Подтвердите новое время: Среда школы")
    await settled("sent")
    assert (len(to(smtp_sink, "boris")), len(to(smtp_sink, "host"))) == (1, 1)
    assert "11 октября 2026, 12:00" in mail.get_body(("plain",)).get_content()


async def test_a_reschedule_at_night_does_not_wait_for_the_morning_with_an_edit_that_may(
    notify, foreign, event, request_of, heard, clock, mail_about, mails_to, smtp_sink
):
    event = a_week_later(event)
    confirmed = request_of(status=RequestStatus.CONFIRMED, confirmed=5, **SEATS)
    await foreign.tell(
        EventAnnounced(aggregate_version=1, event=event), RequestApproved(aggregate_version=2, request=confirmed)
    )
    await mails_to("boris", 2)
    await notify.done("PUT", "/preferences", "boris", {"quiet_from": "12:00", "quiet_until": "20:00"})
    edited = event.model_copy(update={"title": "Среда школы"})
    await foreign.tell(EventDetailsChanged(aggregate_version=2, event=edited))
    sofar = ("event-announced", "request-approved", "visit-changed")
    await heard("boris", *sofar)
    moved = edited.model_copy(update={"starts_at": event.starts_at + HOUR, "schedule_revision": 2})
    await foreign.tell(EventRescheduled(aggregate_version=3, event=moved))
    await heard("boris", *sofar, "visit-moved")
    clock.advance(16 * MINUTE)
    await mail_about("boris", "Мероприятие перенесено: Среда школы")
    assert len(to(smtp_sink, "boris")) == 3


async def test_what_is_tried_again_in_quiet_hours_waits_for_their_end(
    notify, foreign, event, clock, mail_about, smtp_sink
):
    async def waits():
        async with notify.service.works.database.read() as tx:
            row = await tx.first(select(DELIVERY).where(DELIVERY.c.city == "tver", DELIVERY.c.due_at.is_not(None)))
        return (row.status, row.attempts, row.due_at, row.leased_until) if row is not None else ()

    # It is noon in Tver; whoever says nothing of a zone has that of their city.
    await notify.done("PUT", "/preferences", "boris", {"quiet_from": "12:30", "quiet_until": "15:00"})
    smtp_sink.answer = "451 later"
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await eventually(lambda: _begins(waits, ("retrying", 1)), "it is tried")
    smtp_sink.answer = "250 OK"
    clock.advance(HOUR)
    three = datetime(2026, 9, 27, 12, tzinfo=UTC)
    await eventually(lambda: _begins(waits, ("retrying", 1, three, None)), "it waits")
    assert to(smtp_sink, "boris") == []
    clock.advance(three - clock.now())
    await mail_about("boris", "Новое мероприятие")


async def _begins(read, expected):
    return (await read())[: len(expected)] == expected


async def test_a_cancellation_ends_what_was_still_to_be_said(
    notify, foreign, event, request_of, clock, mails_to, mail_about, smtp_sink, delivery, settled
):
    event = a_week_later(event)
    await foreign.tell(
        EventAnnounced(aggregate_version=1, event=event),
        RequestApproved(aggregate_version=2, request=request_of(status=RequestStatus.APPROVED, **SEATS)),
    )
    await mails_to("boris", 2)
    retitled = event.model_copy(update={"title": "Среда школы"})
    await foreign.tell(EventDetailsChanged(aggregate_version=2, event=retitled))
    await delivery("queued")
    gone = retitled.model_copy(update={"status": EventStatus.CANCELLED, "cancelled_for": "illness"})
    closed = request_of(status=RequestStatus.CLOSED, decision_no=1, reason="event-cancelled")
    await foreign.tell(
        EventCancelled(aggregate_version=3, event=gone), RequestClosed(aggregate_version=3, request=closed)
    )
    await mail_about("boris", "Мероприятие отменено: Среда школы")
    clock.advance(20 * DAY)
    (kept,) = await delivery("suppressed")
    assert (kept["kind"], kept["reason"]) == ("visit-changed", "overtaken")
    await settled("sent", "suppressed")
    assert len(to(smtp_sink, "boris")) == 3
    told_of = [one["kind"] for one in (await notify.call("GET", "/inbox", "boris")).json()["items"]]
    assert not [kind for kind in told_of if kind.startswith(("visit-in", "visit-tom", "confirmation"))]


async def test_reminders_come_in_time_once_and_not_after_a_long_outage(
    notify, foreign, event, request_of, heard, clock
):
    # Requests before their event: the reminders are set when both are there.
    await foreign.tell(RequestSubmitted(aggregate_version=2, request=request_of()))
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await heard("host", "request-submitted")
    await heard("boris", "event-announced")
    clock.advance(event.deadlines.decide_by - 2 * DAY - clock.now())
    await heard("host", "request-submitted", "decisions-soon")
    # Two days and more after they fell due nobody wants the reminders a week, and three days, ahead.
    by = event.deadlines.confirm_by
    clock.advance(by - DAY - clock.now())
    approved = request_of(status=RequestStatus.APPROVED, confirm_by=by, **SEATS)
    await foreign.tell(RequestApproved(aggregate_version=3, request=approved))
    sofar = ("event-announced", "request-approved", "confirmation-soon")
    await heard("boris", *sofar)
    await foreign.tell(EventDetailsChanged(aggregate_version=2, event=event))
    clock.advance(event.starts_at - DAY - clock.now())
    await heard("boris", *sofar, "visit-tomorrow")
    clock.advance(HOUR)
    await foreign.tell(RequestSubmitted(aggregate_version=1, request=request_of(city="izhevsk", id=new_id())))
    await heard("host", "request-submitted", "decisions-soon", "request-submitted")
    await heard("boris", *sofar, "visit-tomorrow")


async def test_what_a_moved_event_means_for_reminders(notify, foreign, event, request_of, heard, clock):
    event = a_week_later(event)
    confirmed = request_of(status=RequestStatus.CONFIRMED, confirmed=5, schedule_revision=2, **SEATS)
    later = event.model_copy(update={"starts_at": event.starts_at + 2 * DAY, "schedule_revision": 2})
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await foreign.tell(RequestApproved(aggregate_version=2, request=confirmed))
    await heard("boris", "event-announced", "request-approved")
    await foreign.tell(EventRescheduled(aggregate_version=2, event=later))
    sofar = ("request-submitted", "request-confirmed", "event-moved")
    await heard("host", *sofar)
    clock.advance(event.starts_at - DAY + MINUTE - clock.now())
    await foreign.tell(RequestSubmitted(aggregate_version=1, request=request_of(city="izhevsk", id=new_id())))
    await heard("host", *sofar, "request-submitted")
    await heard("boris", "event-announced", "request-approved")
    clock.advance(2 * DAY)
    await heard("boris", "event-announced", "request-approved", "visit-tomorrow")


async def test_a_visit_enters_the_guests_calendar_and_leaves_it(
    notify, foreign, event, request_of, mails_to, mail_about
):
    (first,) = event.sessions
    second = first.model_copy(update={"id": new_id(), "title": "День 2, D:\\New", "joinable": True})
    event = event.model_copy(update={"sessions": (first, second), "schedule_revision": 3})
    approved = request_of(status=RequestStatus.APPROVED, schedule_revision=3, **SEATS)
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await foreign.tell(RequestApproved(aggregate_version=2, request=approved))
    invitation = await mail_about("boris", "Запрос одобрен")
    alternatives, *files = invitation.iter_parts()
    assert [part.get_content_type() for part in alternatives.iter_parts()] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    assert [part.get_filename() for part in files] == ["invite.ics", "invite-2.ics"]
    assert {(part.get_content_type(), part["Content-Type"].params["method"]) for part in files} == {
        ("text/calendar", "REQUEST")
    }
    for part, session in zip(files, event.sessions, strict=True):
        body = part.get_payload(decode=True)
        assert body.count(b"\n") == body.count(b"\r\n")
        calendar = icalendar.Calendar.from_ical(body)
        (shown,) = calendar.events
        assert calendar["METHOD"] == "REQUEST"
        assert (shown["UID"], shown["SEQUENCE"]) == (f"{session.id}@vzaimo.city", 2)
        assert shown["SUMMARY"] == f"{event.title}: {session.title}"
        assert shown.start == session.starts_at
        assert shown["ATTENDEE"] == "mailto:boris@city.example"
        assert shown["ORGANIZER"] == "mailto:noreply@vzaimo.city"
        assert [zone["TZID"] for zone in calendar.timezones] == ["Europe/Moscow"]
        assert ("URL" in shown) is session.joinable
    assert shown["URL"] == f"https://portal.example/v1/events/{event.id}/join?session={second.id}"
    # The host is no guest of its own.
    assert not list((await mails_to("host"))[0].iter_attachments())

    gone = event.model_copy(update={"status": EventStatus.CANCELLED})
    await foreign.tell(EventCancelled(aggregate_version=2, event=gone))
    closed = request_of(status=RequestStatus.CLOSED, decision_no=1, schedule_revision=3)
    await foreign.tell(RequestClosed(aggregate_version=3, request=closed))
    last = await mail_about("boris", "Мероприятие отменено")
    cancelled = icalendar.Calendar.from_ical(next(last.iter_attachments()).get_payload(decode=True))
    assert cancelled["METHOD"] == "CANCEL"
    assert (cancelled.events[0]["SEQUENCE"], cancelled.events[0]["STATUS"]) == (3, "CANCELLED")


async def test_a_mail_waits_for_what_its_event_has_become(
    notify, foreign, event, request_of, told, mail_about, delivery, clock
):
    event = event.model_copy(update={"schedule_revision": 3})
    approved = request_of(status=RequestStatus.APPROVED, schedule_revision=3, **SEATS)
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await foreign.tell(RequestApproved(aggregate_version=2, request=approved))
    await mail_about("boris", "Запрос одобрен")
    # Requests has heard of the cancellation before us.
    closed = request_of(status=RequestStatus.CLOSED, decision_no=1, schedule_revision=3, reason="event-cancelled")
    await foreign.tell(RequestClosed(aggregate_version=3, request=closed))
    (waiting,) = await delivery("retrying")
    assert (waiting["kind"], waiting["reason"]) == ("request-closed", "not-yet-known")
    await foreign.tell(
        EventCancelled(aggregate_version=2, event=event.model_copy(update={"status": EventStatus.CANCELLED}))
    )
    last = await mail_about("boris", "Мероприятие отменено")
    (shown,) = icalendar.Calendar.from_ical(next(last.iter_attachments()).get_payload(decode=True)).events
    assert (shown["SEQUENCE"], shown["STATUS"]) == (3, "CANCELLED")


async def test_wishes_are_kept_and_one_click_adds_to_them(notify, foreign, told, event, mails_to, clock, delivery):
    usual = (await notify.call("GET", "/preferences", "boris")).json()
    assert usual["groups"]["needs"] == {"email": "daily", "fixed": False}
    assert usual["groups"]["decisions"] == {"email": "instant", "fixed": True}
    body = {"email": {"needs": "instant"}, "quiet_from": "22:00", "quiet_until": "07:30", "timezone": "Asia/Tomsk"}
    await notify.done("PUT", "/preferences", "boris", body)
    kept = (await notify.call("GET", "/preferences", "boris")).json()
    assert (kept["groups"]["needs"]["email"], kept["quiet_until"], kept["version"]) == ("instant", "07:30", 1)
    stale = await notify.call("PUT", "/preferences", "boris", body, if_match='"7"')
    assert stale.status_code == 412

    await foreign.tell(NeedPosted(aggregate_version=1, need=need()))
    (mail,) = await mails_to("boris")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = mail["List-Unsubscribe"].removeprefix("<https://notify.example").removesuffix(">")
    for _ in range(2):
        answer = await notify.client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 204
    assert (await notify.client.post(path[:-1] + "x")).status_code == 404
    muted = (await notify.call("GET", "/preferences", "boris")).json()
    assert (muted["groups"]["needs"]["email"], muted["version"]) == ("off", 2)
    await foreign.tell(NeedPosted(aggregate_version=1, need=need()), EventAnnounced(aggregate_version=1, event=event))
    announced = (await mails_to("boris", 2))[-1]
    assert announced["Subject"].startswith("Новое мероприятие")
    assert [address for _, address in getaddresses([announced["To"]])] == ["boris@city.example"]


async def test_wishes_that_cannot_be(notify):
    for body, problem in (
        ({"email": {"decisions": "off"}}, "cannot-be-muted"),
        ({"email": {"cancellations": "daily"}}, "cannot-be-muted"),
        ({"quiet_from": "22:00"}, "half-quiet"),
        ({"quiet_from": "22:00+05:00", "quiet_until": "07:00"}, "invalid-request"),
        ({"quiet_from": 79200, "quiet_until": "07:00"}, "invalid-request"),
        ({"quiet_from": "22:00:30", "quiet_until": "07:00"}, "invalid-request"),
        ({"quiet_from": "24:00", "quiet_until": "07:00"}, "invalid-request"),
        ({"quiet_from": "٢٢:٠٠", "quiet_until": "07:00"}, "invalid-request"),
        ({"timezone": "Tomsk"}, "unknown-zone"),
        ({"email": {"rumours": "off"}}, "invalid-request"),
    ):
        answer = await notify.call("PUT", "/preferences", "boris", body)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (422, problem)
    for who, status in ((None, 401), ("stranger", 403)):
        assert (await notify.call("PUT", "/preferences", who, {})).status_code == status
        assert (await notify.call("GET", "/preferences", who)).status_code == status
