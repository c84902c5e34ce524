"""Feeds as bytes, without a store: what three readers make of them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from vzaimo.calendar.domain.feeds import Entry, Standing, Surroundings, kept_until
from vzaimo.calendar.views import ics
from vzaimo.contracts.calendar import (
    Admission,
    AudienceRole,
    Deadlines,
    Event,
    EventStatus,
    Mode,
    QueueOrder,
    QueuePolicy,
    Session,
    Site,
)
from vzaimo.contracts.requests import RequestStatus

NOW = datetime(2026, 9, 27, 9, 0, tzinfo=UTC)
STARTS = datetime(2026, 10, 4, 7, 0, tzinfo=UTC)
SCHOOL = UUID(int=7)
AROUND = Surroundings({"izhevsk": "Ижевск"}, {SCHOOL: (55.75, 37.61)})


def session(number=1, *, starts=STARTS, hours=7, **more):
    ends = starts + timedelta(hours=hours)
    return Session(id=UUID(int=100 + number), title=f"Занятие {number}", starts_at=starts, ends_at=ends, **more)


def event(*sessions, timezone="Europe/Moscow", mode=Mode.IN_PERSON, **more):
    sessions = sessions or (session(),)
    starts = min(one.starts_at for one in sessions)
    moments = [starts - timedelta(days=days) for days in (7, 5, 4, 3, 2)]
    usual = {
        "id": UUID(int=1),
        "host": "izhevsk",
        "title": "Визит",
        "mode": mode,
        "audience": (AudienceRole.TEACHER,),
        "timezone": timezone,
        "starts_at": starts,
        "ends_at": max(one.ends_at for one in sessions),
        "sessions": sessions,
        "deadlines": Deadlines(**dict(zip(Deadlines.model_fields, moments, strict=True))),
        "admission": Admission.HOST,
        "queue_policy": QueuePolicy.STRICT,
        "queue_order": QueueOrder.SUBMITTED,
        "status": EventStatus.ANNOUNCED,
    }
    return Event(**{**usual, **more})


def rendered(*entries, language="ru", name="Все"):
    return ics.render(entries, AROUND, name=name, language=language, public_url="https://c.example")


def entry(shown, summary="", **more):
    return Entry(shown, summary, NOW, **more)


def read(body):
    return Calendar.from_ical(body)


def test_an_event_is_shown_session_by_session_in_the_venues_time():
    remote = session(2, starts=STARTS + timedelta(days=1), joinable=True)
    place = session(1, site=Site(organisation=SCHOOL, name="Школа № 1560", address="Москва"))
    calendar = read(rendered(entry(event(place, remote, mode=Mode.HYBRID, topics=("mesh", "talents")), "О школе")))
    first, second = calendar.events
    assert calendar["NAME"] == calendar["X-WR-CALNAME"] == "Все"
    assert (calendar["REFRESH-INTERVAL"].to_ical(), calendar["X-PUBLISHED-TTL"].to_ical()) == (b"PT1H", b"PT1H")
    assert [one["UID"] for one in (first, second)] == [f"{UUID(int=100 + n)}@vzaimo.city" for n in (1, 2)]
    assert first.start == datetime(2026, 10, 4, 10, tzinfo=ZoneInfo("Europe/Moscow"))
    assert (first["DTSTART"].params["TZID"], str(first["SUMMARY"])) == ("Europe/Moscow", "Визит: Занятие 1")
    assert (str(first["LOCATION"]), first["GEO"].to_ical()) == ("Школа № 1560, Москва", "55.75;37.61")
    assert (first["STATUS"], first["SEQUENCE"], first["TRANSP"]) == ("CONFIRMED", 0, "TRANSPARENT")
    assert [str(topic) for topic in first.categories] == ["mesh", "talents"]
    assert (first["DTSTAMP"].dt, first["LAST-MODIFIED"].dt) == (NOW, NOW)
    assert "ORGANIZER" not in first
    join = f"https://c.example/v1/events/{UUID(int=1)}/join?session={UUID(int=102)}"
    assert (second["CONFERENCE"], second["LOCATION"], "CONFERENCE" in first) == (join, "Онлайн", False)
    assert str(second["DESCRIPTION"]).splitlines() == [
        "Принимающий город: Ижевск",
        "Очное и дистанционное участие",
        "О школе",
        f"Подключиться: {join}",
        f"Подробнее: https://c.example/v1/events/{UUID(int=1)}",
    ]


def test_a_feed_is_equal_to_the_byte_and_in_the_readers_language():
    zones = ("Asia/Kamchatka", "Europe/Kaliningrad", "Europe/Moscow", "Asia/Omsk")
    entries = [
        entry(event(session(place), timezone=zone, id=UUID(int=place))) for place, zone in enumerate(zones, start=1)
    ]
    assert rendered(*entries) == rendered(*entries[::-1])
    assert [zone.tz_name for zone in read(rendered(*entries)).timezones] == sorted(zones)
    assert "Host: Ижевск" in str(read(rendered(entry(event()), language="en")).events[0]["DESCRIPTION"])


def test_a_reschedule_and_a_cancellation_keep_the_uid_and_raise_the_sequence():
    moved = event(session(starts=STARTS + timedelta(days=7)), schedule_revision=2)
    off = moved.model_copy(update={"status": EventStatus.CANCELLED})
    shown = [read(rendered(entry(one))).events[0] for one in (event(), moved, off)]
    assert len({one["UID"] for one in shown}) == 1
    assert [one["SEQUENCE"] for one in shown] == [0, 1, 2]
    assert [one["STATUS"] for one in shown] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert str(shown[2]["SUMMARY"]) == "Отменено: Визит"
    assert shown[1].start - shown[0].start == timedelta(days=7)


def test_a_cancelled_event_cannot_be_joined():
    off = event(session(joinable=True), mode=Mode.REMOTE, status=EventStatus.CANCELLED)
    assert b"/join" not in rendered(entry(off))


def test_a_cancelled_event_stays_for_ninety_days_after_that_and_others_after_their_end():
    ninety = timedelta(days=90)
    off = event(status=EventStatus.CANCELLED)
    assert kept_until(event(), NOW) == STARTS + timedelta(hours=7) + ninety
    assert kept_until(off, NOW) == NOW + ninety
    assert kept_until(off.model_copy(update={"cancelled_at": STARTS}), NOW) == STARTS + ninety


@pytest.mark.parametrize(
    "status, granted, words, transp",
    [
        (RequestStatus.CONFIRMED, 3, "Ижевск: участие подтверждено (мест: 3)", "OPAQUE"),
        (RequestStatus.WAITLISTED, 0, "Ижевск: в листе ожидания", "TRANSPARENT"),
        (RequestStatus.SUBMITTED, 0, "Ижевск: запрос на рассмотрении", "TRANSPARENT"),
    ],
)
def test_a_private_feed_says_where_the_city_stands(status, granted, words, transp):
    shown = read(rendered(entry(event(), standings=(Standing("izhevsk", status, granted),)))).events[0]
    assert (str(shown["DESCRIPTION"]).splitlines()[0], shown["TRANSP"]) == (words, transp)


def test_a_zone_with_summer_time_is_told_with_its_changes_and_one_without_with_none():
    autumn = datetime(2026, 10, 26, 8, tzinfo=UTC)
    calendar = read(
        rendered(
            entry(event(session(1), session(2, starts=autumn), timezone="Europe/Berlin")),
            entry(event(session(3), id=UUID(int=2))),
        )
    )
    berlin, moscow = sorted(calendar.timezones, key=lambda zone: zone.tz_name)
    summer, winter = sorted(
        (one for one in calendar.events if "Berlin" in one["DTSTART"].params["TZID"]), key=lambda one: one.start
    )
    assert (summer.start.hour, winter.start.hour) == (9, 9)
    assert {one["TZOFFSETTO"].td for one in berlin.subcomponents} == {timedelta(hours=1), timedelta(hours=2)}
    assert [one["TZOFFSETTO"].td for one in moscow.subcomponents] == [timedelta(hours=3)]
    # What the file itself says of the zone, not what the reader knows of it.
    for one, offset in ((summer, 2), (winter, 1)):
        assert berlin.to_tz(lookup_tzid=False).utcoffset(one.start.replace(tzinfo=None)) == timedelta(hours=offset)


WORDS = st.text(st.sampled_from("аб,;:\\\"n\n \tЖ🎓👩‍🏫é-=%^'\r"), max_size=200) | st.text(max_size=200)


@given(WORDS, WORDS)
@example("D:\\New", "\\N")
@settings(deadline=None)
def test_any_text_survives_escaping_and_folding(title, summary):
    assert_survives(title, summary)


@pytest.mark.parametrize("letter", ["x", "Ж", "🎓", ",", "\\", "👩‍🏫"])
def test_a_very_long_text_survives_folding(letter):
    assert_survives((letter * 10_000)[:10_000], letter)


def assert_survives(title, summary):
    body = rendered(entry(event(title=title), summary), name=title)
    assert max(map(len, body.split(b"\r\n"))) <= 75
    body.decode()
    shown = read(body).events[0]
    assert str(shown["SUMMARY"]) == ics.printable(title)
    assert ics.printable(ics.shortened(summary)) in str(shown["DESCRIPTION"])
