"""A host looks after an event and moves it: what is shown is what there is, what is sent is what was seen."""

import json
import re

import pytest

from vzaimo.portal.testing import EVENT, REQUEST, city, event, me, problem, request

SESSION = "01890000-0000-7000-8000-00000000000a"
PLAN = {
    "title": "Визит",
    "mode": "in_person",
    "timezone": "Europe/Moscow",
    "sessions": [
        {
            "id": SESSION,
            "title": "День 1",
            "starts": "2040-10-04T10:00:00",
            "ends": "2040-10-05T16:00:00",
            "site": {"name": "Школа № 1560"},
        }
    ],
    "audience": ["director"],
    "deadlines": event()["deadlines"],
    "seats": [{"mode": "in_person", "capacity": 60, "quota": 30, "reserves": {"tver": 5}}],
}
MANAGE = f"/events/{EVENT}/manage"
MOVE = f"/events/{EVENT}/move"
FORM = {
    "mode": "in_person",
    "timezone": "Europe/Moscow",
    "session-id": [SESSION, ""],
    "session-title": ["День 1", ""],
    "session-starts": ["2040-10-04T10:00", ""],
    "session-ends": ["2040-10-05T16:00", ""],
    "session-site": ["Школа № 1560", ""],
    "session-address": ["", ""],
    "session-join_link": ["", ""],
    "session-capacity": ["", ""],
    "apply_opens": "2020-09-27T11:00",
    "apply_closes": "2040-09-29T18:00",
    "decide_by": "2040-09-30T18:00",
    "confirm_by": "2040-10-01T18:00",
    "roster_freeze": "2040-10-02T18:00",
    "reconfirm_by": "",
}
LATER = FORM | {"session-starts": ["2040-10-11T10:00", ""], "session-ends": ["2040-10-12T16:00", ""]}


@pytest.fixture
def shown(gateways):
    """The event as calendar shows it, with changes."""

    def show(**more):
        gateways.answers["calendar", f"/events/{EVENT}"] = event(**more)
        written = {"id": EVENT, "host": "moskva", "status": more.get("status", "announced"), "plan": PLAN, "version": 3}
        gateways.answers["calendar", f"/plans/{EVENT}"] = written

    return show


@pytest.fixture
async def host(member, gateways, shown):
    gateways.answers["registry", "/me"] = me(("coordinator", "moskva"))
    gateways.answers["registry", "/cities"] += [city("tver", "Тверь")]
    gateways.answers["registry", "/organisations"] = []
    shown()
    return member


async def test_what_may_be_done_depends_on_who_and_when(host, gateways, shown):
    text = (await host.get(MANAGE)).text
    for step in ("seats", "clone", "cancel"):
        assert f'action="{MANAGE}/{step}"' in text
    assert f'action="{MANAGE}/complete"' not in text, "its last session has not begun"
    shown(sessions=[{**event()["sessions"][0], "starts_at": "2026-01-01T07:00:00Z"}])
    assert f'action="{MANAGE}/complete"' in (await host.get(MANAGE)).text
    shown(status="completed")
    assert re.findall(rf'action="{MANAGE}/(\w+)"', (await host.get(MANAGE)).text) == ["clone"]
    shown()
    gateways.answers["registry", "/me"] = me(("viewer", "moskva"))
    await host.sign_in(code="again")
    text = (await host.get(MANAGE)).text
    assert f'action="{MANAGE}/' not in text
    assert f'href="{MOVE}"' not in text


async def test_a_draft_has_its_form_and_a_strangers_event_no_page(host, gateways):
    gateways.answers["calendar", f"/plans/{EVENT}"]["status"] = "draft"
    assert (await host.get(MANAGE)).headers["location"] == f"/plans/{EVENT}"
    del gateways.answers["calendar", f"/plans/{EVENT}"]
    assert (await host.get(MANAGE)).status_code == 404


async def test_seats_are_asked_for_whole_and_not_below_what_is_taken(host, gateways):
    page = await host.get(MANAGE)
    assert 'name="capacity-in_person" type="number" value="60" min="50"' in page.text
    assert "Не меньше 50" in page.text
    assert 'value="Тверь"' in page.text
    typed = {
        "capacity-in_person": "80",
        "quota-in_person": "",
        "reserve-in_person-city": ["тверь", ""],
        "reserve-in_person-seats": ["8", ""],
    }
    answer = await host.send(page, f"{MANAGE}/seats", **typed)
    assert answer.headers["location"] == MANAGE
    (sent,) = gateways.sent()
    assert sent.headers["if-match"] == '"3"'
    seats = {"mode": "in_person", "capacity": 80, "quota": None, "reserves": {"tver": 8}}
    assert json.loads(sent.content) == {"seats": [seats]}


async def test_a_limit_that_is_taken_away_is_said(host, gateways, shown):
    shown(mode="remote", seats=[{"mode": "remote", "capacity": 100, "quota": 10}], seats_now=[])
    page = await host.get(MANAGE)
    await host.send(page, f"{MANAGE}/seats", **{"capacity-remote": "", "quota-remote": ""})
    unlimited = {"mode": "remote", "capacity": None, "quota": None, "reserves": {}}
    assert json.loads(gateways.sent()[0].content) == {"seats": [unlimited]}


async def test_a_request_for_seats_is_shown_until_it_is_settled(host, shown):
    wanted = [{"mode": "in_person", "capacity": 80}]
    asked = {"no": 2, "seats": wanted, "requested_at": "2026-10-01T09:00:00Z"}
    shown(capacity_requested=asked, capacity_no=1, capacity_applied=True, capacity_overdue=True)
    text = (await host.get(MANAGE)).text
    assert "Запрос мест № 2 ждёт ответа" in text
    assert "очно: 80" in text
    assert "больше десяти минут" in text
    assert f'action="{MANAGE}/seats"' not in text, "one request is open at a time"
    assert 'hx-trigger="every 2s"' in text
    part = (await host.get(MANAGE, hx_request="true")).text
    assert part.strip().startswith("<section")
    shown(capacity_no=2, capacity_applied=False)
    text = (await host.get(MANAGE)).text
    assert "Запрос мест № 2 отклонён" in text
    assert "hx-trigger" not in text
    shown(capacity_no=2, capacity_applied=True)
    assert "Запрос мест № 2 выполнен" in (await host.get(MANAGE)).text


async def test_a_refusal_of_seats_keeps_what_was_typed(host, gateways):
    fault = problem(422, "seat-plan-wrong", "Места заданы неверно", detail="Не больше", field="seats.in_person.quota")
    gateways.answers["POST", f"/events/{EVENT}/capacity"] = fault
    typed = {"capacity-in_person": "80", "quota-in_person": "90"}
    answer = await host.send(await host.get(MANAGE), f"{MANAGE}/seats", **typed)
    assert answer.status_code == 422
    assert 'id="e-quota-in_person">Не больше' in answer.text
    assert 'value="90"' in answer.text
    assert "<details open>" in answer.text


async def test_what_took_place_is_noted_or_held_again_and_not_called_off(host, shown):
    shown(starts_at="2020-10-04T07:00:00Z", ends_at="2020-10-05T13:00:00Z")
    text = (await host.get(MANAGE)).text
    assert f'action="{MANAGE}/clone"' in text
    assert f'action="{MANAGE}/cancel"' not in text
    assert f'href="{MOVE}"' not in text


async def test_an_event_ends_or_is_held_again(host, gateways):
    page = await host.get(MANAGE)
    gateways.answers["POST", f"/events/{EVENT}/clone"] = {"id": REQUEST, "version": 1}
    answer = await host.send(page, f"{MANAGE}/clone", first_day="2041-02-01")
    assert answer.headers["location"] == f"/plans/{REQUEST}"
    await host.send(page, f"{MANAGE}/cancel", reason="force-majeure")
    await host.post(f"{MANAGE}/complete", {"_key": "k"})
    sent = [(one.url.path.rpartition("/")[2], json.loads(one.content or "null")) for one in gateways.sent()]
    assert sent == [("clone", {"first_day": "2041-02-01"}), ("cancel", {"reason": "force-majeure"}), ("complete", None)]
    gateways.answers["POST", f"/events/{EVENT}/clone"] = problem(
        422, "too-late", "Этот срок уже прошёл", detail="Позже", field="first_day"
    )
    answer = await host.send(page, f"{MANAGE}/clone", first_day="2001-02-01")
    assert 'id="e-first_day">Позже' in answer.text


async def test_a_move_is_seen_before_it_is_sent(host, gateways):
    gateways.answers["requests", "/requests"] = [
        request(status="confirmed", granted=20),
        request(id=EVENT, status="approved", city="tver", granted=10),
        request(id=SESSION, status="waitlisted", city="perm", granted=0, waiting=4),
    ]
    page = await host.get(MOVE)
    blind = await host.send(page, MOVE, **LATER, step="move")
    assert gateways.sent() == [], "nobody has seen yet what it changes"
    for said in ("чт, 11 окт.", "подтверждают заново", '<td data-label="Городов">2</td>', ">30</td>", ">4</td>"):
        assert said in blind.text
    assert "Для кого" not in blind.text, "what the form does not have does not change"
    answer = await host.send(blind, MOVE, **LATER, step="move")
    assert answer.headers["location"] == MANAGE
    (sent,) = gateways.sent()
    assert sent.url.path == f"/v1/events/{EVENT}/reschedule"
    body = json.loads(sent.content)
    assert body["sessions"][0]["id"] == SESSION
    assert body["sessions"][0]["starts"] == "2040-10-11T10:00"
    assert (body["reconfirm_by"], body["seats"]) == (None, [])
    assert body["deadlines"]["apply_opens"] == "2020-09-27T08:00:00+00:00"


async def test_what_changed_after_the_look_is_looked_at_again(host, gateways):
    looked = await host.send(await host.get(MOVE), MOVE, **LATER, step="look")
    other = LATER | {"session-ends": ["2040-10-12T17:00", ""]}
    answer = await host.send(looked, MOVE, **other, step="move")
    assert (answer.status_code, gateways.sent()) == (200, [])
    assert "17:00" in answer.text


async def test_details_alone_are_not_moved(host):
    answer = await host.send(await host.get(MOVE), MOVE, **FORM | {"session-title": ["Первый день", ""]}, step="look")
    assert "переносить нечего" in answer.text
    assert 'value="move"' not in answer.text
    assert "Ничего не изменено" in (await host.send(await host.get(MOVE), MOVE, **FORM, step="look")).text


async def test_deadlines_that_are_ahead_move_along_with_the_start(host):
    text = (await host.send(await host.get(MOVE), MOVE, **LATER, step="shift")).text
    for name, value in (
        ("apply_opens", "2020-09-27T11:00"),
        ("apply_closes", "2040-10-06T18:00"),
        ("roster_freeze", "2040-10-09T18:00"),
    ):
        assert f'name="{name}" type="datetime-local" value="{value}"' in text
    readonly = text.partition('name="apply_opens"')[2].partition(">")[0]
    assert "readonly" in readonly, "it has passed"


async def test_another_zone_moves_no_deadline_that_has_passed(host, gateways):
    form = FORM | {"timezone": "Asia/Omsk"}
    looked = await host.send(await host.get(MOVE), MOVE, **form, step="look")
    assert "Запросы принимаются с" not in looked.text.partition("<table")[2].partition("</table>")[0]
    await host.send(looked, MOVE, **form, step="move")
    deadlines = json.loads(gateways.sent()[0].content)["deadlines"]
    assert deadlines["apply_opens"] == "2020-09-27T08:00:00+00:00"
    assert deadlines["apply_closes"] == "2040-09-29T18:00:00+06:00"


async def test_a_form_of_taking_part_that_is_added_has_its_seats(host, gateways):
    form = FORM | {"mode": "hybrid", "session-join_link": ["https://demo.example/a", ""]}
    looked = await host.send(await host.get(MOVE), MOVE, **form, step="look")
    assert 'name="capacity-remote"' in looked.text
    assert 'name="capacity-in_person"' not in looked.text
    form |= {"capacity-remote": "100"}
    looked = await host.send(looked, MOVE, **form, step="look")
    await host.send(looked, MOVE, **form, step="move")
    seats = json.loads(gateways.sent()[0].content)["seats"]
    assert seats == [{"mode": "remote", "capacity": 100, "quota": None, "reserves": {}}]


async def test_a_refused_move_says_why_at_its_field_and_can_be_sent_again(host, gateways):
    looked = await host.send(await host.get(MOVE), MOVE, **LATER, step="look")
    gateways.answers["POST", f"/events/{EVENT}/reschedule"] = problem(
        422, "too-late", "Поздно", detail="Раньше нельзя", field="sessions.0.starts"
    )
    answer = await host.send(looked, MOVE, **LATER, step="move")
    assert answer.status_code == 422
    assert 'id="se-starts-1">Раньше нельзя' in answer.text
    assert 'value="2040-10-11T10:00"' in answer.text


async def test_numbers_of_guests_that_nobody_knows_do_not_stop_a_move(host, gateways):
    page = await host.get(MOVE)
    gateways.away = {"requests"}
    looked = await host.send(page, MOVE, **LATER, step="look")
    assert "не отвечает" in looked.text
    assert (await host.send(looked, MOVE, **LATER, step="move")).headers["location"] == MANAGE
