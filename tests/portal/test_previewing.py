"""A draft as its guests will see it, and times that suit many cities."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from vzaimo.portal.testing import EVENT, event, problem

FORM = {"title": "Школа полного дня", "mode": "in_person", "timezone": "Europe/Moscow"}


async def test_a_draft_is_seen_as_its_guests_will(host, gateways):
    gateways.answers["calendar", f"/events/{EVENT}/deadlines"] = {"deadlines": event()["deadlines"], "promises": []}
    text = " ".join((await host.get(f"/plans/{EVENT}/preview")).text.split())
    assert "Так мероприятие увидят гости" in text
    assert "чт, 4 окт. 2040 г., 10:00" in text
    assert "60 мест свободно" in text
    assert "demo.example" not in text, "the link to join is not for guests' eyes"
    assert "/ask?" not in text
    assert f'href="/events/{EVENT}' not in text, "nothing leads to a page that is not there yet"


@pytest.mark.parametrize("more", [{"sessions": []}, {}])
async def test_a_preview_that_lacks_something_says_what(host, gateways, plan, more):
    gateways.answers["calendar", f"/plans/{EVENT}"] = plan(**more)
    gateways.answers["calendar", f"/events/{EVENT}/deadlines"] = problem(422, "too-late", "Этот срок уже прошёл")
    text = (await host.get(f"/plans/{EVENT}/preview")).text
    assert ("Добавьте хотя бы одну часть" if more else "Этот срок уже прошёл") in text


async def test_a_slot_that_was_chosen_is_a_session_more(host, gateways):
    text = (await host.get(f"/plans/{EVENT}?slot=2040-11-05T10:30&minutes=60")).text
    assert 'value="2040-11-05T10:30"' in text
    assert 'value="2040-11-05T11:30"' in text
    assert (await host.get(f"/plans/{EVENT}?slot=9999-12-31T23:59")).status_code == 200


async def test_slots_are_ranked_for_the_chosen_cities(host, gateways):
    slot = {"starts_at": "2040-11-05T04:00:00Z", "ends_at": "2040-11-05T05:30:00Z", "share": 0.5, "cities": ["moskva"]}
    gateways.answers["calendar", "/slots"] = {"items": [slot]}
    text = (await host.get(f"/slots?plan={EVENT}&city=moskva&city=izhevsk&since=2040-11-05&until=2040-11-06")).text
    asked = next(one.url.params for one in gateways.asked if one.url.path.endswith("/slots"))
    assert asked.get_list("cities") == ["moskva", "izhevsk"]
    assert (asked["from"], asked["until"]) == ("2040-11-05T00:00:00+06:00", "2040-11-07T00:00:00+06:00")
    assert "1 из 2" in text
    assert "Ижевск 08:00" in text
    assert "не рабочее время" in text
    assert f'href="/plans/{EVENT}?slot=2040-11-05T10:00&amp;minutes=90"' in text


async def test_a_preview_shows_how_guests_will_ask(host, gateways):
    later = event()["deadlines"] | {"apply_opens": (datetime.now(UTC) + timedelta(minutes=1)).isoformat()}
    gateways.answers["calendar", f"/events/{EVENT}/deadlines"] = {"deadlines": later, "promises": []}
    assert "Запросить участие" in (await host.get(f"/plans/{EVENT}/preview")).text, "calendar's clock is a moment ahead"


@pytest.mark.parametrize("path, method", [("/plans/new?host=moskva", "POST"), (f"/plans/{EVENT}", "PUT")])
async def test_what_is_typed_is_kept_while_a_time_is_looked_for(host, gateways, path, method):
    answer = await host.post(path, FORM | {"step": "slots"})
    assert answer.headers["location"] == f"/slots?plan={EVENT}"
    assert json.loads(gateways.sent(method)[0].content)["title"] == "Школа полного дня"


async def test_a_time_may_be_looked_for_before_anything_is_typed(host, gateways):
    answer = await host.post("/plans/new?host=moskva", FORM | {"title": " ", "step": "slots"})
    assert answer.headers["location"] == "/slots?host=moskva"
    assert not gateways.sent()
