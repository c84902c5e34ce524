"""Where a page that answers a form goes on, for whoever has no mouse: one place, and none on a page that was opened."""

import re

import pytest

from vzaimo.portal.samples import DRAFT, fill
from vzaimo.portal.testing import EVENT, NEED, problem

ASK = f"/events/{EVENT}/ask?city=izhevsk&mode=in_person"
PEOPLE = {"name": ["Анна", "", "Борис", "Вера"], "role": ["teacher"] * 4, "organisation": [""] * 4, "min_viable": "1"}
SESSIONS = {f"session-{name}": ["", "", ""] for name in ("id", "starts", "ends", "site", "address", "join_link")}
SESSIONS |= {"session-capacity": [""] * 3, "session-title": ["Первый день", "Второй день", ""]}
FIELDS = ("unit", "baseline", "baseline_year", "baseline_reason", "result", "result_year", "evidence")
INDICATORS = {"indicator-name": ["Доля", ""], **{f"indicator-{name}": ["", ""] for name in FIELDS}}
RESERVE = {"capacity-in_person": "60", "reserve-in_person-city": ["Атлантида"], "reserve-in_person-seats": ["5"]}


@pytest.fixture
async def writer(member, gateways):
    fill(gateways)
    return member


@pytest.mark.parametrize(
    "path, typed, place",
    [
        (ASK, {**PEOPLE, "step": "look"}, 'aria-label="Имя и фамилия, 4"'),
        (ASK, {**PEOPLE, "step": "up:2"}, 'aria-label="Имя и фамилия, 1"'),
        (ASK, {**PEOPLE, "step": "up:0"}, 'aria-label="Имя и фамилия, 1"'),
        (ASK, {**PEOPLE, "step": "down:2"}, 'aria-label="Имя и фамилия, 3"'),
        (ASK, {**PEOPLE, "step": "drop:3"}, 'aria-label="Имя и фамилия, 3"'),
        (ASK, {**PEOPLE, "step": "paste", "table": "Глеб\tучитель"}, 'class="panel reading"'),
        (ASK, {**PEOPLE, "step": "submit"}, 'role="alert"'),
        (f"/plans/{NEED}", {**SESSIONS, "step": "look"}, 'id="s-title-3"'),
        (f"/plans/{NEED}", {**SESSIONS, **RESERVE, "step": "save"}, 'role="alert"'),
        (f"/events/{EVENT}/manage/seats", RESERVE, 'role="alert"'),
        (f"/practices/{DRAFT}/edit", {**INDICATORS, "step": "look"}, 'id="i-name-2"'),
        (f"/events/{EVENT}/move", {**SESSIONS, "step": "look"}, 'id="seen"'),
        (f"/events/{EVENT}/move", {**SESSIONS, "step": "shift"}, 'value="shift"'),
    ],
)
async def test_an_answer_goes_on_where_the_form_was_left(writer, gateways, path, typed, place):
    gateways.answers["POST", "/requests"] = problem(422, "invalid-request", "Неверно")
    answer = await writer.post(path, typed)
    (first,) = re.findall(r"<[^>]* autofocus[^>]*>", answer.text)
    assert place in first


@pytest.mark.parametrize("path", [ASK, f"/plans/{NEED}", f"/practices/{DRAFT}/edit", f"/events/{EVENT}/move"])
async def test_a_page_that_is_opened_begins_at_its_beginning(writer, path):
    assert " autofocus" not in (await writer.get(path)).text
