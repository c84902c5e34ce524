"""Feeds as programs subscribe to them: over the gateway, on both stores."""

from datetime import timedelta
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from icalendar import Calendar
from pydantic import ValidationError
from sqlalchemy import select, update

from vzaimo.calendar.main import parts
from vzaimo.calendar.settings import CalendarSettings
from vzaimo.calendar.store import EVENT, FEED_TOKEN
from vzaimo.calendar.views import feeds as views
from vzaimo.contracts.calendar import SeatMode
from vzaimo.contracts.registry import Organisation, OrganisationKind, OrganisationRegistered, RoleEnded
from vzaimo.kit.ids import new_id
from vzaimo.kit.testing.services import running

DAY = timedelta(days=1)
ATOM = "{http://www.w3.org/2005/Atom}"


def kind(answer):
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def feed(calendar, path="/feeds/events.ics", **headers):
    answer = await calendar.call("GET", path, **headers)
    assert answer.status_code == 200, answer.text
    return Calendar.from_ical(answer.content)


async def titles(calendar, path="/feeds/events.ics"):
    return [str(one["SUMMARY"]) for one in (await feed(calendar, path)).events]


async def test_feeds_have_what_is_announced_and_nothing_else(calendar, plan, remote, announce):
    await calendar.done("POST", "/events", "anna", {**plan, "host": "izhevsk", "title": "Черновик"})
    visit = await announce({**plan, "sessions": plan["sessions"][:1], "title": "Визит"})
    await announce({**remote, "title": "Вебинар", "topics": ["mesh"]})
    assert sorted(await titles(calendar)) == ["Вебинар", "Визит"]
    assert sorted(await titles(calendar, "/feeds/cities/izhevsk.ics")) == ["Вебинар", "Визит"]
    assert await titles(calendar, "/feeds/cities/tver.ics") == []
    assert await titles(calendar, "/feeds/topics/mesh.ics") == ["Вебинар"]
    assert await titles(calendar, "/feeds/modes/in_person.ics") == ["Визит"]
    assert await titles(calendar, f"/feeds/events/{visit}.ics") == ["Визит"]
    assert kind(await calendar.call("GET", f"/feeds/events/{new_id()}.ics")) == (404, "unknown-event")
    answer = await calendar.call("GET", "/feeds/events.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert "hidden" not in answer.text
    assert f"http://service/v1/events/{visit}" in answer.text.replace("\r\n ", "")


async def test_a_feed_is_sent_again_only_when_something_changed(calendar, plan, announce, clock):
    event = await announce(plan)
    first = await calendar.call("GET", "/feeds/events.ics")
    tag = first.headers["etag"]
    clock.advance(timedelta(hours=5))

    async def status(method="GET", **headers):
        return (await calendar.call(method, "/feeds/events.ics", if_none_match=tag, **headers)).status_code

    assert (await status(), await status("HEAD"), await status(accept_language="en")) == (304, 304, 200)
    assert (await calendar.call("GET", "/feeds/events.ics")).content == first.content
    head = await calendar.call("HEAD", "/feeds/events.ics")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", tag)
    assert head.headers["content-type"] == first.headers["content-type"]
    await calendar.done("PUT", f"/events/{event}", "anna", {**plan, "title": "Новое"})
    assert await status() == 200
    assert all(str(one["SUMMARY"]).startswith("Новое: ") for one in (await feed(calendar)).events)


async def test_every_feed_of_an_event_changes_with_it_and_no_other_does(calendar, foreign, plan, remote, announce):
    feeds = {
        name: f"/feeds/{name}.ics"
        for name in (
            "events",
            "cities/izhevsk",
            "topics/mesh",
            "topics/vzaimoobuchenie",
            "modes/remote",
            "modes/hybrid",
        )
    }
    last = {}

    async def changed():
        tags = {name: (await calendar.call("GET", path)).headers["etag"] for name, path in feeds.items()}
        found = {name for name in feeds if tags[name] != last.get(name)}
        last.update(tags)
        return found

    assert await changed() == set(feeds)
    assert await changed() == set()
    draft = await calendar.done("POST", "/events", "anna", {**remote, "topics": ["mesh"]})
    assert await changed() == set()
    await calendar.done("POST", f"/events/{draft}/announce", "anna")
    touched = {"events", "cities/izhevsk", "modes/remote"}
    assert await changed() == touched | {"topics/mesh"}
    changed_plan = {**remote, "topics": ["vzaimoobuchenie"]}
    del changed_plan["host"]
    await calendar.done("PUT", f"/events/{draft}", "anna", changed_plan)
    assert await changed() == touched | {"topics/mesh", "topics/vzaimoobuchenie"}
    await foreign.city("izhevsk", status="withdrawn", version=9)
    await calendar.call("GET", "/events", vzaimo_position="city/izhevsk/9")
    assert await titles(calendar, feeds["topics/mesh"]) == []
    (shown,) = (await feed(calendar)).events
    assert shown["STATUS"] == "CANCELLED"
    # The host's new standing, as its name would, concerns every feed.
    assert await changed() == set(feeds)


async def test_events_leave_at_midnight_and_their_feeds_change_for_it_once_a_day(calendar, plan, announce, clock):
    event = await announce(plan)
    leaves = clock.now().replace(hour=15) + timedelta(days=1)
    async with calendar.service.works.database.begin() as tx:
        await tx.execute(update(EVENT).where(EVENT.c.id == UUID(event)).values(feed_until=leaves))
    tags = []
    for moment in (clock.now(), leaves, leaves + timedelta(hours=8), leaves + timedelta(hours=9)):
        clock.advance(moment - clock.now())
        answer = await calendar.call("GET", "/feeds/events.ics")
        tags.append((answer.headers["etag"], len(Calendar.from_ical(answer.content).events)))
    (first, _), *same, (last, _) = tags
    assert [shown for _, shown in tags] == [2, 2, 2, 0]
    assert (len({first, *(tag for tag, _ in same), last}), same[0]) == (3, same[1])


async def test_an_own_event_that_leaves_as_another_comes_changes_the_tag(calendar, plan, announce, clock):
    token = (await calendar.call("POST", "/feeds/private", "anna")).json()["token"]
    path = f"/feeds/private/{token}.ics"
    leaving = await announce(plan)
    tag = (await calendar.call("GET", path)).headers["etag"]
    clock.advance(timedelta(seconds=1))
    coming = {**plan["sessions"][0], "starts": "2026-10-20T10:00", "ends": "2026-10-20T12:00"}
    await announce({**plan, "sessions": [coming], "title": "Другое"})
    async with calendar.service.works.database.begin() as tx:
        await tx.execute(update(EVENT).where(EVENT.c.id == UUID(leaving)).values(feed_until=clock.now() - DAY))
    answer = await calendar.call("GET", path, if_none_match=tag)
    assert (answer.status_code, await titles(calendar, path)) == (200, ["Другое"])


async def test_events_leave_ninety_days_after_their_end_or_their_cancellation(calendar, plan, announce, clock):
    await announce({**plan, "title": "Состоялось"})
    off = await announce({**plan, "title": "Отменено"})
    await calendar.done("POST", f"/events/{off}/cancel", "anna", {"reason": "host-unavailable"})
    shown = (await feed(calendar, f"/feeds/events/{off}.ics")).events
    assert {(one["STATUS"], one["SEQUENCE"]) for one in shown} == {("CANCELLED", 1)}
    clock.advance(timedelta(days=91))
    assert {one["STATUS"] for one in (await feed(calendar)).events} == {"CONFIRMED"}
    clock.advance(timedelta(days=8))
    assert await titles(calendar) == []
    assert len(await titles(calendar, f"/feeds/events/{off}.ics")) == 2


async def test_of_too_many_events_the_earliest_are_left_out(calendar, plan, announce, monkeypatch, caplog):
    monkeypatch.setattr(views, "MOST", 2)
    for day in (5, 7, 6):
        session = {**plan["sessions"][0], "starts": f"2026-11-0{day}T10:00", "ends": f"2026-11-0{day}T12:00"}
        await announce({**plan, "sessions": [session], "title": f"{day}"})
    assert await titles(calendar) == ["6", "7"]
    assert "a feed has more than 2 events: the earliest are left out" in caplog.text


async def test_a_place_is_where_its_organisation_is(calendar, foreign, plan, announce):
    school = Organisation(
        id=new_id(), city="izhevsk", name="Школа", kind=OrganisationKind.SCHOOL, latitude=56.85, longitude=53.2
    )
    site = {"name": "Школа", "organisation": str(school.id)}
    await announce({**plan, "sessions": [{**plan["sessions"][0], "site": site}]})
    before = (await calendar.call("GET", "/feeds/events.ics")).headers["etag"]
    await foreign.tell(OrganisationRegistered(aggregate_version=1, organisation=school))
    answer = await calendar.call(
        "GET", "/feeds/events.ics", if_none_match=before, vzaimo_position=f"organisation/{school.id}/1"
    )
    assert Calendar.from_ical(answer.content).events[0]["GEO"].to_ical() == "56.85;53.2"


@pytest.fixture
async def tver(calendar, foreign):
    """A city whose coordinator is ``boris``."""
    await foreign.city("tver", name="Тверь")
    role = await foreign.role("boris", "coordinator", "tver")
    await calendar.known("boris")
    return role


async def test_a_private_feed_has_what_concerns_the_persons_cities(calendar, tver, plan, remote, announce, grant):
    made = (await calendar.call("POST", "/feeds/private", "boris")).json()
    path = f"/feeds/private/{made['token']}.ics"
    assert made["url"] == f"http://service/v1{path}"
    one = {**plan, "sessions": plan["sessions"][:1]}
    going, waiting, left = [await announce({**one, "title": title}) for title in ("Едем", "Ждём", "Отозвали")]
    await announce({**one, "title": "Чужое"})
    of = await grant(going, mode=SeatMode.IN_PERSON)
    await grant(waiting, mode=SeatMode.IN_PERSON, granted=0, status="waitlisted")
    await grant(left, mode=SeatMode.IN_PERSON, granted=0, status="withdrawn")
    answer = await calendar.call("GET", path)
    assert answer.headers["cache-control"] == "private, max-age=300"
    shown = {
        str(one["SUMMARY"]): (str(one["DESCRIPTION"]).splitlines()[0], one["TRANSP"])
        for one in Calendar.from_ical(answer.content).events
    }
    assert shown == {
        "Едем": ("Тверь: участие подтверждено (мест: 2)", "OPAQUE"),
        "Ждём": ("Тверь: в листе ожидания", "TRANSPARENT"),
    }
    same = await calendar.call("GET", path, if_none_match=answer.headers["etag"])
    await grant(going, of=of, version=2, mode=SeatMode.IN_PERSON, granted=0, status="released")
    changed = await calendar.call("GET", path, if_none_match=answer.headers["etag"])
    assert (same.status_code, changed.status_code, await titles(calendar, path)) == (304, 200, ["Ждём"])
    hosts = (await calendar.call("POST", "/feeds/private", "anna")).json()["token"]
    assert sorted(await titles(calendar, f"/feeds/private/{hosts}.ics")) == ["Едем", "Ждём", "Отозвали", "Чужое"]


async def test_a_private_feeds_address_is_shown_once_and_replaced(calendar, tver):
    async def reads(token):
        return (await calendar.call("GET", f"/feeds/private/{token}.ics")).status_code

    assert (await calendar.call("GET", "/feeds/private", "boris")).json() == {"made_at": None}
    first, second = [(await calendar.call("POST", "/feeds/private", "boris")).json()["token"] for _ in range(2)]
    assert (await reads(first), await reads(second)) == (404, 200)
    status = await calendar.call("GET", "/feeds/private", "boris")
    assert status.json()["made_at"]
    assert second not in status.text
    async with calendar.service.works.database.read() as tx:
        assert second not in str(await tx.all(select(FEED_TOKEN)))
    assert (await calendar.call("DELETE", "/feeds/private", "boris")).is_success
    assert kind(await calendar.call("DELETE", "/feeds/private", "boris")) == (404, "unknown-feed")
    assert await reads(second) == 404
    assert kind(await calendar.call("GET", "/feeds/private/made-up.ics")) == (404, "unknown-feed")


async def test_a_private_feed_stops_with_the_persons_last_role(calendar, foreign, tver, clock):
    token = (await calendar.call("POST", "/feeds/private", "boris")).json()["token"]
    ended = tver.model_copy(update={"ended_at": clock.now()})
    await foreign.tell(RoleEnded(aggregate_version=2, role=ended))
    answer = await calendar.call("GET", f"/feeds/private/{token}.ics", vzaimo_position=f"role/{tver.id}/2")
    assert kind(answer) == (404, "unknown-feed")


async def test_announcements_are_an_atom_feed_in_pages(calendar, plan, announce, clock):
    for number in range(3):
        clock.advance(timedelta(seconds=1))
        await announce({**plan, "title": f"№ {number} <b>&amp;\u0001", "summary": "a & b < c"})
    seen, path = [], "/feeds/events.atom?limit=2"
    while path:
        answer = await calendar.call("GET", path)
        assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
        page = ET.fromstring(answer.content)  # noqa: S314 - what we made ourselves
        links = {link.get("rel"): link.get("href") for link in page.findall(f"{ATOM}link")}
        assert links["self"] == f"http://service/v1{path}"
        assert page.find(f"{ATOM}id").text == "http://service/v1/feeds/events.atom"
        seen += page.findall(f"{ATOM}entry")
        path = links.get("next", "").removeprefix("http://service/v1")
    assert [one.find(f"{ATOM}title").text for one in seen] == [f"№ {number} <b>&amp;" for number in (2, 1, 0)]
    last = seen[-1]
    assert last.find(f"{ATOM}summary").text.endswith("a & b < c")
    assert last.find(f"{ATOM}author/{ATOM}name").text == "Izhevsk"
    assert last.find(f"{ATOM}published").text == "2026-09-27T09:00:01+00:00"
    assert last.find(f"{ATOM}id").text.startswith("urn:uuid:")
    again = await calendar.call("GET", "/feeds/events.atom?limit=2")
    known = await calendar.call("GET", "/feeds/events.atom?limit=2", if_none_match=again.headers["etag"])
    assert (known.status_code, (await calendar.call("HEAD", "/feeds/events.atom")).content) == (304, b"")


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_feeds_lead_to_the_public_address(settings_of, clock):
    settings = settings_of(CalendarSettings, public_url="https://vzaimo.example/calendar")
    async with running(parts(settings.public_url), settings, clock) as service:
        page = ET.fromstring((await service.call("GET", "/feeds/events.atom")).content)  # noqa: S314 - ours
    assert page.find(f"{ATOM}link").get("href") == "https://vzaimo.example/calendar/v1/feeds/events.atom"
    with pytest.raises(ValidationError):
        settings_of(CalendarSettings, public_url="vzaimo.example")
