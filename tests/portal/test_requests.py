"""A city asks to attend and answers, its host decides: what is typed arrives, and nothing typed is lost."""

import io
import json
import zipfile

import httpx2
import pytest
from openpyxl import Workbook

from vzaimo.portal.house.delegations import Note, Row, Unreadable, from_file, moved, pasted, role_of
from vzaimo.portal.testing import EVENT, REQUEST, delegate, event, me, problem, request

ASK = f"/events/{EVENT}/ask?city=izhevsk&mode=in_person"
EDIT = f"/requests/{REQUEST}/edit"
PEOPLE = {
    "name": ["Анна О'Коннор", "", "Борис <b>"],
    "role": ["director", "", "teacher"],
    "organisation": ["Школа № 1", "", ""],
    "min_viable": "2",
    "revision": "1",
    "_key": "k",
}


@pytest.fixture
def stored(gateways):
    """A request of Izhevsk, as requests shows it."""

    def store(**more):
        gateways.answers["requests", f"/requests/{REQUEST}"] = request(**more)

    store(status="draft", delegates=[delegate(1, "Анна"), delegate(2, "Борис")])
    return store


async def test_a_delegation_is_sent_in_its_order(member, gateways, stored):
    answer = await member.post(ASK, PEOPLE | {"step": "submit"})
    assert answer.headers["location"] == f"/requests/{REQUEST}"
    asked, submitted = gateways.sent()
    assert json.loads(asked.content) == {
        "event": EVENT,
        "city": "izhevsk",
        "mode": "in_person",
        "delegates": [
            {"rank": 1, "name": "Анна О'Коннор", "role": "director", "organisation": "Школа № 1"},
            {"rank": 2, "name": "Борис <b>", "role": "teacher", "organisation": None},
        ],
        "heads": {},
        "min_viable": 2,
    }
    assert submitted.url.path == f"/v1/requests/{REQUEST}/submit"
    assert json.loads(submitted.content) == {"schedule_revision": 1}
    assert {one.headers["idempotency-key"] for one in (asked, submitted)} == {"k"}
    assert "Запрос отправлен" in (await member.get(f"/requests/{REQUEST}")).text


async def test_whom_the_event_is_for_is_said_before_people_are_named(member, gateways):
    gateways.answers["calendar", f"/events/{EVENT}"] = event(audience=["director", "deputy"])
    assert "Для кого: директора, заместители директоров" in (await member.get(ASK)).text


async def test_a_request_that_was_sent_is_changed_and_not_sent_again(member, gateways, stored):
    stored(status="submitted", delegates=[delegate(1, "Анна")])
    text = (await member.get(EDIT)).text
    assert 'value="submit"' not in text
    assert "Сохранить изменения" in text
    # The form of a draft that another window has sent meanwhile.
    answer = await member.post(EDIT, PEOPLE | {"step": "submit"})
    assert answer.headers["location"] == f"/requests/{REQUEST}"
    assert len(gateways.sent("PUT")) == 1
    assert gateways.sent() == []


async def test_a_remote_request_counts_people(member, gateways, stored):
    form = {"heads-teacher": "120", "heads-director": "x", "min_viable": "1", "revision": "2", "step": "save"}
    await member.post(f"/events/{EVENT}/ask?city=izhevsk&mode=remote", form)
    (asked,) = gateways.sent()
    assert json.loads(asked.content)["heads"] == {"teacher": 120}
    assert json.loads(asked.content)["delegates"] == []


async def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(member, gateways):
    fault = {"field": "delegates.1.role", "in": "body", "message": "Выберите роль из списка"}
    gateways.answers["POST", "/requests"] = problem(422, "invalid-request", "Запрос заполнен неверно", errors=[fault])
    answer = await member.post(ASK, PEOPLE | {"step": "submit"})
    assert answer.status_code == 422
    assert 'value="Анна О&#39;Коннор"' in answer.text
    assert 'value="Борис &lt;b&gt;"' in answer.text
    assert 'id="e-2-role">Выберите роль из списка' in answer.text
    assert 'name="_key" value="k"' not in answer.text, "another form needs another key"


async def test_what_was_stored_stays_when_it_cannot_be_sent(member, gateways, stored):
    gateways.answers["POST", f"/requests/{REQUEST}/submit"] = problem(409, "applications-closed", "Приём закрыт")
    answer = await member.post(ASK, PEOPLE | {"step": "submit"})
    assert "Приём закрыт" in answer.text
    assert f'action="/requests/{REQUEST}/edit"' in answer.text
    assert 'name="_version" value="4"' in answer.text


async def test_an_older_form_shows_both_and_the_next_attempt_wins(member, gateways, stored):
    stored(status="submitted", version=7, delegates=[delegate(1, "Виктор, который уже записан")])
    gateways.answers["PUT", f"/requests/{REQUEST}"] = problem(412, "stale", "Данные уже изменились")
    answer = await member.post(EDIT, PEOPLE | {"step": "save", "_version": "4"})
    assert gateways.sent("PUT")[0].headers["if-match"] == '"4"'
    assert answer.status_code == 412
    assert "Виктор, который уже записан" in answer.text
    assert 'value="Борис &lt;b&gt;"' in answer.text
    assert 'name="_version" value="7"' in answer.text


async def test_another_look_at_the_form_does_not_hide_a_change(member, stored):
    stored(status="submitted", version=7)
    answer = await member.post(EDIT, PEOPLE | {"step": "down:0", "_version": "4"})
    assert 'name="_version" value="4"' in answer.text
    assert answer.text.index("Борис") < answer.text.index("Анна")


async def test_a_pasted_table_is_added(member, gateways):
    table = "ФИО\tДолжность\tШкола\nВера\tзам. директора\tЛицей № 3\nГлеб\tжурналист\t"
    answer = await member.post(ASK, PEOPLE | {"table": table, "step": "paste"})
    for shown in ("Анна О&#39;Коннор", "Вера", "Лицей № 3", "Глеб"):
        assert f'value="{shown}"' in answer.text
    assert not gateways.sent()


async def test_an_uploaded_workbook_is_added(member):
    files = {"file": ("делегация.xlsx", workbook(["Имя", "Роль", ""], ["Дарья", "учитель", "Школа"]))}
    headers = {"Origin": "http://portal.example", "Sec-Fetch-Site": "same-origin"}
    answer = await member.http.post(ASK, data=PEOPLE | {"step": "paste"}, files=files, headers=headers)
    assert 'value="Дарья"' in answer.text
    files = {"file": ("delegation.pdf", b"%PDF")}
    answer = await member.http.post(ASK, data=PEOPLE | {"step": "paste"}, files=files, headers=headers)
    assert "Подойдёт файл .xlsx или .csv" in answer.text
    assert 'value="Анна О&#39;Коннор"' in answer.text


@pytest.mark.parametrize(
    "status, more, steps",
    [
        ("draft", {}, {"submit", "withdraw"}),
        ("approved", {}, {"confirm", "withdraw"}),
        ("offered", {"offer": {"seats": 3, "expires_at": "2040-09-30T00:00:00Z"}}, {"accept", "decline", "withdraw"}),
        ("reconfirm_pending", {"reconfirm_by": "2040-09-30T00:00:00Z"}, {"reconfirm", "withdraw"}),
        ("waitlisted", {}, {"withdraw"}),
        ("rejected", {"reason": "no-seats"}, set()),
        ("closed", {"reason": "something-new"}, set()),
    ],
)
async def test_a_city_is_offered_the_steps_that_follow(member, gateways, stored, status, more, steps):
    stored(status=status, **more)
    gateways.answers["requests", f"/events/{EVENT}/queue"] = {
        "mode": "in_person",
        "length": 3,
        "entries": [{"place": 2, "city": "izhevsk", "request": REQUEST, "waiting": 2, "why": "held-up"}],
    }
    text = (await member.get(f"/requests/{REQUEST}")).text
    offered = {
        step
        for step in ("submit", "confirm", "reconfirm", "accept", "decline", "withdraw")
        if f'action="/requests/{REQUEST}/{step}"' in text
    }
    assert offered == steps
    assert "2 из 3" in text


@pytest.mark.parametrize(
    "step, path, body",
    [
        ("confirm", "confirm", {"schedule_revision": 3}),
        ("accept", "offer/accept", {"schedule_revision": 3}),
        ("decline", "offer/decline", None),
        ("withdraw", "withdraw", None),
    ],
)
async def test_a_step_names_what_was_seen(member, gateways, stored, step, path, body):
    await member.post(f"/requests/{REQUEST}/{step}", {"_key": "k", "_version": "4", "revision": "3"})
    (sent,) = gateways.sent()
    assert sent.url.path == f"/v1/requests/{REQUEST}/{path}"
    assert sent.headers["if-match"] == '"4"'
    assert (json.loads(sent.content) if sent.content else None) == body


async def test_a_step_that_is_refused_says_why(member, gateways, stored):
    gateways.answers["POST", f"/requests/{REQUEST}/confirm"] = problem(409, "schedule-changed", "Расписание изменилось")
    answer = await member.post(f"/requests/{REQUEST}/confirm", {"revision": "1"})
    assert answer.status_code == 409
    assert "Расписание изменилось" in answer.text


async def test_only_known_steps_lead_anywhere(member, gateways, stored):
    assert (await member.post(f"/requests/{REQUEST}/erase", {})).status_code in {404, 422}
    assert not gateways.sent()


async def test_the_host_decides_by_delegate(member, gateways, stored):
    gateways.answers["registry", "/me"] = me(("coordinator", "moskva"))
    stored(status="submitted", delegates=[delegate(no, f"Участник {no}") for no in range(1, 13)])
    text = (await member.get(f"/requests/{REQUEST}")).text
    assert text.count('name="delegate"') == 12
    assert text.count(" checked") == 10, "the first ten by rank: there are ten free seats"
    chosen = [delegate(no, "")["id"] for no in (1, 3)]
    form = {"verdict": "approve", "delegate": chosen, "why": "accepted", "why_not": "no-seats", "remark": "Ждём"}
    await member.post(f"/requests/{REQUEST}/decision", form)
    assert json.loads(gateways.sent()[0].content) == {
        "verdict": "approve",
        "reason": "accepted",
        "remark": "Ждём",
        "delegates": chosen,
        "count": None,
    }


async def test_nobody_ticked_is_not_everybody(member, gateways, stored):
    gateways.answers["registry", "/me"] = me(("coordinator", "moskva"))
    stored(status="submitted", delegates=[delegate(1, "Анна")])
    answer = await member.post(f"/requests/{REQUEST}/decision", {"verdict": "approve", "why": "accepted"})
    assert answer.status_code == 422
    assert "Отметьте, кого принимаете" in answer.text
    assert not gateways.sent()


@pytest.mark.parametrize("role", [("viewer", "moskva"), ("coordinator", "tver"), ("moderator", None)])
async def test_who_may_not_decide_is_not_asked_to(member, gateways, stored, role):
    gateways.answers["registry", "/me"] = me(role)
    stored(status="submitted", delegates=[delegate(1, None)])
    text = (await member.get(f"/requests/{REQUEST}")).text
    assert "/decision" not in text
    assert "участник 1" in text


async def test_the_moderator_decides_what_was_escalated(member, gateways, stored):
    gateways.answers["registry", "/me"] = me(("moderator", None))
    stored(status="submitted", escalated_at="2026-10-01T00:00:00Z", delegates=[delegate(1, None)])
    assert "/decision" in (await member.get(f"/requests/{REQUEST}")).text


async def test_the_host_sees_who_waits_for_a_decision_first(member, gateways):
    gateways.answers["registry", "/me"] = me(("coordinator", "moskva"))
    waiting = request(id="01890000-0000-7000-8000-000000000077", city="tver", status="submitted")
    gateways.answers["requests", "/requests"] = [request(), waiting]
    text = (await member.get(f"/events/{EVENT}/requests")).text
    assert text.index("tver") < text.index("Ижевск")


@pytest.mark.parametrize("role, there", [(("viewer", "moskva"), True), (("moderator", None), False)])
async def test_desks_are_linked_for_the_hosts_people_alone(member, gateways, role, there):
    gateways.answers["registry", "/me"] = me(role)
    answer = await member.get(f"/events/{EVENT}/requests")
    assert answer.status_code == 200
    assert (f"/events/{EVENT}/roster" in answer.text) == there


async def test_requests_of_an_event_are_its_hosts_affair(member):
    assert (await member.get(f"/events/{EVENT}/requests")).status_code == 404


async def test_another_citys_request_is_not_there(member):
    answer = await member.get("/requests/01890000-0000-7000-8000-0000000000ff")
    assert answer.status_code == 404


async def test_a_request_is_shown_while_calendar_is_away(member, gateways, stored):
    gateways.away = {"calendar"}
    answer = await member.get(f"/requests/{REQUEST}")
    assert answer.status_code == 200
    assert "Календарь мероприятий" in answer.text


async def test_nothing_is_lost_when_the_gateway_is_away(member, gateways):
    gateways.answers["POST", "/requests"] = httpx2.Response(503)
    answer = await member.post(ASK, PEOPLE | {"step": "submit"})
    assert answer.status_code == 503
    assert "введённое не потеряно" in answer.text


def workbook(*lines):
    book = Workbook()
    for line in lines:
        book.active.append(line)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_csv_as_spreadsheets_write_it(encoding, mark):
    text = f'ФИО{mark}Должность{mark}Организация\n"Иванов, Пётр"{mark}Директор{mark}Школа\n\n'
    assert from_file("a.csv", text.encode(encoding)).rows == [Row("Иванов, Пётр", "director", "Школа")]


@pytest.mark.parametrize(
    "words, role",
    [
        ("Директор школы", "director"),
        ("зам. директора по УВР", "deputy"),
        ("Завуч", "deputy"),
        ("учитель физики", "teacher"),
        ("Методист", "methodologist"),
        ("Начальник отдела", "authority"),
        ("deputy head", "deputy"),
        ("teacher", "teacher"),
        ("журналист", ""),
    ],
)
def test_roles_by_their_words(words, role):
    assert role_of(words) == role


@pytest.mark.parametrize(
    "name, content, why",
    [
        ("a.xlsx", b"not a workbook", "broken"),
        ("a.xlsx", b"PK\x05\x06" + bytes(18), "broken"),
        ("a.docx", b"", "kind"),
        ("", b"", "kind"),
    ],
)
def test_what_cannot_be_read_is_refused(name, content, why):
    with pytest.raises(Unreadable) as refused:
        from_file(name, content)
    assert refused.value.why == why


def test_a_workbook_that_swells_is_refused_before_it_is_unpacked():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/worksheets/sheet1.xml", bytes(21 * 1024 * 1024))
    with pytest.raises(Unreadable) as refused:
        from_file("a.xlsx", packed.getvalue())
    assert refused.value.why == "large"


def test_lists_are_bounded():
    many = pasted("\n".join(f"Анна {no};teacher" for no in range(2000)))
    assert (len(many.rows), many.notes) == (500, [Note(501, "more")])
    long = pasted("x" * 1000 + ";teacher")
    assert (len(long.rows[0].name), [one.doubt for one in long.notes]) == (300, ["long"])


def test_a_row_moves_by_one_place_and_stays_at_the_ends():
    rows = [Row("a"), Row("b"), Row("c")]
    assert [row.name for row in moved(rows, 1, -1)] == ["b", "a", "c"]
    assert moved(rows, 0, -1) == rows
    assert moved(rows, 2, 1) == rows
    assert moved(rows, 99, 1) == rows


@pytest.mark.parametrize(
    "code, said",
    [
        ("fits", "Принято сразу"),
        ("no-seats", "Мест нет"),
        ("host-unavailable", "Принимающий город не может его провести"),
        ("city-withdrawn", "Город вышел из программы"),
        ("some-new-reason", "some-new-reason"),
    ],
)
async def test_every_reason_is_said_in_words(member, stored, code, said):
    stored(status="closed", reason=code)
    text = (await member.get(f"/requests/{REQUEST}")).text
    assert said in text
    assert (code in text) is (code == "some-new-reason")


@pytest.mark.parametrize("city, said", [("izhevsk", "Подтвердите"), ("moskva", "Город подтверждает")])
async def test_who_has_to_confirm_is_told_so_and_the_host_is_not(member, gateways, stored, city, said):
    gateways.answers["registry", "/me"] = me(("coordinator", city))
    for status, by in (("approved", "confirm_by"), ("reconfirm_pending", "reconfirm_by")):
        stored(status=status, granted=2, **{by: "2040-10-01T00:00:00Z"})
        assert f"{said} участие" in (await member.get(f"/requests/{REQUEST}")).text
