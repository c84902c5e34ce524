"""A host writes an event: what is typed arrives, what is not in the form stays."""

import json
import re
from datetime import UTC, datetime

import pytest

from vzaimo.portal.testing import EVENT, PRACTICE, SCHOOL, event, practice, problem

FORM = {
    "title": "Визит в школы",
    "summary": "Два дня",
    "mode": "in_person",
    "timezone": "Asia/Omsk",
    "academic_hours": "12",
    "audience": ["director", "teacher"],
    "topics": ["mesh"],
    "session-id": ["01890000-0000-7000-8000-00000000000a", ""],
    "session-title": ["Первый день", ""],
    "session-starts": ["2040-10-04T10:00", ""],
    "session-ends": ["2040-10-04T18:00", ""],
    "session-site": ["Школа № 1560", ""],
    "session-address": ["", ""],
    "session-join_link": ["", ""],
    "session-capacity": ["", ""],
    "capacity-in_person": "40",
    "quota-in_person": "",
    "capacity-remote": "100",
    "quota-remote": "",
    "admission": "",
    "queue_order": "fair",
    "queue_policy": "fill",
    "deadlines_preset": "standard",
    "_key": "k",
    "_version": "2",
}
RESERVED = {"reserve-in_person-city": ["tver"], "reserve-in_person-seats": ["5"]}


async def test_a_draft_is_written_and_announced(host, gateways):
    answer = await host.post("/plans/new?host=moskva", FORM | {"step": "announce"})
    assert answer.headers["location"] == f"/events/{EVENT}"
    drafted, announced = gateways.sent()
    sent = json.loads(drafted.content)
    assert (sent["host"], sent["title"], sent["audience"]) == ("moskva", "Визит в школы", ["director", "teacher"])
    (session,) = sent["sessions"]
    assert session["starts"] == "2040-10-04T10:00"
    assert session["site"] == {"organisation": SCHOOL, "name": "Школа № 1560", "address": None}
    assert sent["seats"] == [{"mode": "in_person", "capacity": 40, "quota": None, "reserves": {}}]
    assert (sent["deadlines_preset"], sent["deadlines"], sent["admission"]) == ("standard", None, None)
    assert announced.url.path == f"/v1/events/{EVENT}/announce"


async def test_what_the_form_does_not_have_stays(host, gateways, plan):
    await host.post(f"/plans/{EVENT}", FORM | {"step": "save"})
    (kept,) = gateways.sent("PUT")
    sent = json.loads(kept.content)
    assert kept.headers["if-match"] == '"2"'
    assert sent["practices"] == plan()["plan"]["practices"]
    assert sent["seats"][0]["reserves"] == {"tver": 5}
    assert sent["sessions"][0]["id"] == plan()["plan"]["sessions"][0]["id"]
    assert sent["sessions"][0]["starts_fold"] == 1
    assert sent["academic_hours"] == 12


async def test_own_deadlines_are_by_the_venues_clock(host, gateways):
    own = {
        "apply_opens": "2040-09-01T09:00",
        "apply_closes": "2040-09-20T09:00",
        "decide_by": "2040-09-21T09:00",
        "confirm_by": "2040-09-22T09:00",
        "roster_freeze": "завтра",
    }
    await host.post(f"/plans/{EVENT}", FORM | own | {"deadlines_preset": "own", "step": "save"})
    sent = json.loads(gateways.sent("PUT")[0].content)
    assert sent["deadlines_preset"] is None
    assert sent["deadlines"]["apply_opens"] == "2040-09-01T09:00:00+06:00"
    assert sent["deadlines"]["roster_freeze"] == "завтра", "the gateway says at its field what is wrong"


async def test_of_an_announced_event_only_details_change(host, gateways, plan):
    gateways.answers["calendar", f"/plans/{EVENT}"] = plan("announced")
    await host.post(f"/plans/{EVENT}", FORM | {"step": "save", "session-join_link": ["https://demo.example/b", ""]})
    sent = json.loads(gateways.sent("PUT")[0].content)
    assert sent["title"] == "Визит в школы"
    assert sent["sessions"][0]["title"] == "Первый день"
    assert sent["sessions"][0]["join_link"] == "https://demo.example/b"
    assert sent["sessions"][0]["ends"] == "2040-10-04T17:00:00"
    assert sent["seats"] == plan()["plan"]["seats"]
    assert sent["timezone"] == "Asia/Omsk"


async def test_a_refusal_stands_at_its_session(host, gateways):
    fault = {"field": "sessions.0.join_link", "in": "body", "message": "Нужна ссылка https"}
    gateways.answers["PUT", f"/events/{EVENT}"] = problem(422, "invalid-request", "Запрос неверен", errors=[fault])
    answer = await host.post(f"/plans/{EVENT}", FORM | {"step": "save"})
    assert answer.status_code == 422
    assert 'id="se-join_link-1">Нужна ссылка https' in answer.text
    assert 'value="Первый день"' in answer.text


async def test_what_was_stored_is_shown_as_stored_when_it_cannot_be_announced(host, gateways):
    gateways.answers["POST", f"/events/{EVENT}/announce"] = problem(409, "too-late", "Слишком поздно")
    answer = await host.post("/plans/new?host=moskva", FORM | {"step": "announce"})
    assert answer.status_code == 409
    assert f'action="/plans/{EVENT}"' in answer.text
    assert 'name="_version" value="2"' in answer.text


async def test_what_is_missing_is_said_where_it_is_missing(host, gateways):
    missing = ["audience", "sessions.0.site", "seats.in_person.capacity"]
    gateways.answers["POST", f"/events/{EVENT}/announce"] = problem(
        422, "event-incomplete", "Заполнено не полностью", missing=missing
    )
    answer = await host.post(f"/plans/{EVENT}", FORM | {"step": "announce"})
    assert '<p class="error">Заполнено не полностью' in answer.text
    for place in ("se-site-1", "e-capacity-in_person"):
        assert f'id="{place}">Заполнено не полностью' in answer.text


async def test_more_sessions_send_nothing(host, gateways):
    answer = await host.post(f"/plans/{EVENT}", FORM | {"step": "look"})
    assert answer.text.count('name="session-title"') == 3
    assert not gateways.sent("PUT")


async def test_presets_are_shown_with_what_they_give(host, gateways):
    gateways.answers["calendar", f"/events/{EVENT}/deadlines"] = {
        "deadlines": dict.fromkeys(
            ("apply_opens", "apply_closes", "decide_by", "confirm_by", "roster_freeze"), "2040-09-20T04:00:00Z"
        ),
        "promises": [{"promise": "open-14-days", "kept": False}],
    }
    text = (await host.get(f"/plans/{EVENT}")).text
    assert "20 сент. 2040" in text
    assert "Времени мало" in text


async def test_what_somebody_else_stored_stands_beside_what_was_typed(host, gateways):
    gateways.answers["PUT", f"/events/{EVENT}"] = problem(412, "stale", "Уже изменено")
    nobody = {"reserve-in_person-city": [""], "reserve-in_person-seats": [""]}
    answer = await host.post(f"/plans/{EVENT}", FORM | nobody | {"step": "save"})
    assert answer.status_code == 412
    rows = table(answer.text)
    assert rows["Название"] == ("Визит", "Визит в школы")
    assert rows["Часть 1: конец"] == ("чт, 4 окт. 2040 г., 17:00", "чт, 4 окт. 2040 г., 18:00")
    assert rows["Места, оставленные за городами, очно"] == ("Тверь: 5", "нет")
    assert "Описание" not in rows, "what is the same is not shown"
    assert 'name="_version" value="2"' in answer.text, "it may be saved again"


def table(text):
    """The rows of the page's first table: what, and the other two cells."""
    page = text.partition("<table")[2].partition("</table>")[0]
    rows = [[plain(cell) for cell in row.split("<td")[1:]] for row in page.split("<tr")[1:]]
    return {row[0]: tuple(row[1:3]) for row in rows if row}


def plain(cell):
    return " ".join(re.sub(r"<[^>]+>", " ", cell.partition(">")[2]).split())


async def test_reserves_are_typed_by_name(host, gateways):
    kept = {"reserve-in_person-city": ["ижевск", "", ""], "reserve-in_person-seats": ["7", "", ""]}
    await host.post(f"/plans/{EVENT}", FORM | kept | {"step": "save"})
    assert json.loads(gateways.sent("PUT")[0].content)["seats"][0]["reserves"] == {"izhevsk": 7}


async def test_reserves_stay_while_nobody_tells_names_of_cities(host, gateways):
    gateways.answers["registry", "/cities"] = problem(503, "unavailable", "Нет")
    await host.post(f"/plans/{EVENT}", FORM | RESERVED | {"step": "save"})
    assert json.loads(gateways.sent("PUT")[0].content)["seats"][0]["reserves"] == {"tver": 5}


@pytest.mark.parametrize("city, seats", [("Атлантида", "7"), ("Ижевск", "")])
async def test_a_reserve_that_is_for_nobody_or_nothing_is_not_sent(host, gateways, city, seats):
    kept = {"reserve-in_person-city": [city], "reserve-in_person-seats": [seats]}
    answer = await host.post(f"/plans/{EVENT}", FORM | kept | {"step": "save"})
    assert answer.status_code == 422
    assert f'value="{city}"' in answer.text
    assert "Выберите город из списка" in answer.text
    assert gateways.sent("PUT") == []


async def test_practices_are_ticked_and_stay_while_registry_is_away(host, gateways):
    gateways.answers["registry", "/practices"] = [practice(city="moskva", id=SCHOOL, title="Школьный двор")]
    gateways.answers["registry", f"/practices/{PRACTICE}"] = practice()
    text = (await host.get(f"/plans/{EVENT}")).text
    assert re.search(rf'value="{PRACTICE}" checked> Сельский комплекс', text), "shown already, another city's"
    assert re.search(rf'value="{SCHOOL}"> Школьный двор', text)
    await host.post(f"/plans/{EVENT}", FORM | {"_practices": "1", "practices": [SCHOOL], "step": "save"})
    assert json.loads(gateways.sent("PUT")[0].content)["practices"] == [SCHOOL]
    gateways.answers["registry", "/practices"] = problem(503, "unavailable", "Нет")
    assert "выбранные останутся" in (await host.get(f"/plans/{EVENT}")).text


async def test_a_practice_that_is_gone_is_dropped_by_its_host_alone(host):
    text = await page(host)
    assert re.search(rf'value="{PRACTICE}" checked> Практика, которой больше не видно', text)


async def test_an_announced_deadline_is_put_off_and_the_others_stay_to_the_second(host, gateways, plan):
    stored = {
        "apply_opens": "2020-09-01T03:00:07.5Z",
        "apply_closes": "2040-09-20T03:00:00Z",
        "decide_by": "2040-09-21T03:00:33Z",
        "confirm_by": "2040-09-22T03:00:00Z",
        "roster_freeze": "2040-09-23T03:00:00Z",
    }
    gateways.answers["calendar", f"/plans/{EVENT}"] = plan("announced", deadlines=stored)
    form = dict(re.findall(r'name="([a-z_]+)" type="datetime-local" value="([^"]+)"', await page(host)))
    assert form["apply_closes"] == "2040-09-20T09:00"
    await host.post(f"/plans/{EVENT}", FORM | form | {"apply_closes": "2040-09-21T08:00", "step": "save"})
    sent = json.loads(gateways.sent("PUT")[0].content)["deadlines"]
    assert datetime.fromisoformat(sent["apply_closes"]) == datetime(2040, 9, 21, 2, tzinfo=UTC)
    for name in ("apply_opens", "decide_by"):
        assert datetime.fromisoformat(sent[name]) == datetime.fromisoformat(stored[name])


async def page(host):
    return (await host.get(f"/plans/{EVENT}")).text


async def test_a_refusal_of_one_deadline_stands_at_its_field(host, gateways, plan):
    gateways.answers["calendar", f"/plans/{EVENT}"] = plan("announced", deadlines=event()["deadlines"])
    refused = problem(409, "deadline-binds", "Срок объявлен", detail="Можно продлить", field="deadlines.confirm_by")
    gateways.answers["PUT", f"/events/{EVENT}"] = refused
    answer = await host.post(f"/plans/{EVENT}", FORM | {"step": "save"})
    assert 'id="e-confirm_by">Можно продлить' in answer.text


async def test_a_look_through_guests_eyes_keeps_the_draft_first(host, gateways):
    answer = await host.post(f"/plans/{EVENT}", FORM | {"step": "preview"})
    assert answer.headers["location"] == f"/plans/{EVENT}/preview"
    assert len(gateways.sent("PUT")) == 1


async def test_drafts_are_listed_for_their_city(host, gateways, plan):
    gateways.answers["calendar", "/plans"] = [plan()]
    text = (await host.get("/plans?host=moskva")).text
    assert "Черновик" in text
    assert f'href="/plans/{EVENT}"' in text
