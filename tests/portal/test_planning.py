"""A host writes an event: what is typed arrives, what is not in the form stays."""

import json

import pytest

from vzaimo.portal.testing import EVENT, me, problem

PLAN = {
    "title": "Визит",
    "summary": "Два дня",
    "mode": "in_person",
    "audience": ["director"],
    "topics": ["mesh"],
    "practices": ["01890000-0000-7000-8000-000000000003"],
    "timezone": "Asia/Omsk",
    "academic_hours": 16,
    "sessions": [
        {
            "id": "01890000-0000-7000-8000-00000000000a",
            "title": "День 1",
            "starts": "2040-10-04T10:00:00",
            "ends": "2040-10-04T17:00:00",
            "starts_fold": 1,
            "site": {"name": "Школа", "address": "ул. Ленина"},
            "join_link": "https://demo.example/a",
        }
    ],
    "seats": [{"mode": "in_person", "capacity": 60, "quota": 30, "reserves": {"tver": 5}}],
    "deadlines_preset": "standard",
}
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
SCHOOL = "01890000-0000-7000-8000-000000000099"


@pytest.fixture
async def host(member, gateways):
    gateways.answers["registry", "/me"] = me(("coordinator", "moskva"))
    gateways.answers["registry", "/organisations"] = [
        {"id": SCHOOL, "city": "moskva", "name": "Школа № 1560", "kind": "school"}
    ]
    gateways.answers["calendar", f"/plans/{EVENT}"] = plan()
    gateways.answers["POST", "/events"] = {"id": EVENT, "version": 1}
    gateways.answers["PUT", f"/events/{EVENT}"] = {"id": EVENT, "version": 3}
    return member


def plan(status="draft", **more):
    return {"id": EVENT, "host": "moskva", "status": status, "plan": {**PLAN, **more}, "version": 2}


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


async def test_what_the_form_does_not_have_stays(host, gateways):
    await host.post(f"/plans/{EVENT}", FORM | {"step": "save"})
    (kept,) = gateways.sent("PUT")
    sent = json.loads(kept.content)
    assert kept.headers["if-match"] == '"2"'
    assert sent["practices"] == PLAN["practices"]
    assert sent["seats"][0]["reserves"] == {"tver": 5}
    assert sent["sessions"][0]["id"] == PLAN["sessions"][0]["id"]
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


async def test_of_an_announced_event_only_details_change(host, gateways):
    gateways.answers["calendar", f"/plans/{EVENT}"] = plan("announced")
    await host.post(f"/plans/{EVENT}", FORM | {"step": "save", "session-join_link": ["https://demo.example/b", ""]})
    sent = json.loads(gateways.sent("PUT")[0].content)
    assert sent["title"] == "Визит в школы"
    assert sent["sessions"][0]["title"] == "Первый день"
    assert sent["sessions"][0]["join_link"] == "https://demo.example/b"
    assert sent["sessions"][0]["ends"] == "2040-10-04T17:00:00"
    assert sent["seats"] == PLAN["seats"]
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


async def test_an_event_is_called_off_for_a_reason(host, gateways):
    await host.post(f"/plans/{EVENT}/cancel", {"reason": "force-majeure"})
    assert json.loads(gateways.sent()[0].content) == {"reason": "force-majeure"}


async def test_drafts_are_listed_for_their_city(host, gateways):
    gateways.answers["calendar", "/plans"] = [plan()]
    text = (await host.get("/plans?host=moskva")).text
    assert "Черновик" in text
    assert f'href="/plans/{EVENT}"' in text
