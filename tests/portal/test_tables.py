"""Tables as people bring them along: what is read, what is not understood, and what is too much."""

import pytest

from vzaimo.portal.house.delegations import Note, Reading, Row, added, pasted, read
from vzaimo.portal.testing import EVENT

ASK = f"/events/{EVENT}/ask?city=izhevsk&mode=in_person"
ANNA = Row("Анна Ким", "teacher", "Школа № 1")


@pytest.mark.parametrize(
    "lines",
    [
        [["Анна Ким", "учитель", "Школа № 1"]],
        [["1", "Анна Ким", "учитель", "Школа № 1"]],
        [["1.", "Анна Ким", "учитель", "Школа № 1"]],
        [["ФИО", "Должность", "Организация"], ["Анна Ким", "Учитель химии", "Школа № 1"]],
        [["№", "Место работы", "Ф. И. О.", "Телефон", "Должность"], [1, "Школа № 1", "Анна Ким", "+7", "учитель"]],
        [["Делегация Ижевска"], [], ["Имя", "Роль", "Школа"], ["Анна  Ким ", "учитель", "Школа № 1"]],
        [["Имя", "Фамилия", "Роль", "Школа"], ["Ким", "Анна", "учитель", "Школа № 1"]],
        [["Name", "Position", "School"], ["Анна Ким", "teacher", "Школа № 1"]],
    ],
)
def test_columns_are_known_by_their_headings(lines):
    assert read(lines) == Reading([ANNA])


def test_a_surname_a_name_and_a_patronymic_are_one_name():
    lines = [["Фамилия", "Имя", "Отчество", "Должность"], ["Римский-Корсаков", "Пётр", "", "директор"]]
    assert read(lines).rows == [Row("Римский-Корсаков Пётр", "director")]


def test_a_line_that_only_looks_like_a_heading_is_a_persons():
    lines = [["Анна Ким", "учитель"], ["Имя Отчествович", "учитель"], ["Школьников Пётр", "учитель"]]
    assert len(read(lines).rows) == 3


def test_what_is_not_understood_is_named_by_its_line():
    lines = [
        ["ФИО", "Должность"],
        ["Анна", "журналист"],
        ["", "учитель"],
        [None, None],
        ["Борис", ""],
        ["В" * 400, "учитель"],
    ]
    found = read(lines)
    assert found.notes == [
        Note(2, "role", "журналист"),
        Note(3, "nobody"),
        Note(5, "no_role", "Борис"),
        Note(6, "long", "В" * 40),
    ]
    assert found.rows[0] == Row("Анна", "", "", said="журналист")


def test_no_more_than_a_delegation_holds_and_namesakes_are_named():
    there = [Row(f"Участник {no}", "teacher") for no in range(499)]
    reading = pasted("Пётр Ёлкин;учитель\nАнна;учитель")
    assert len(added(there, reading)) == 500
    assert [one.doubt for one in reading.notes] == ["more"]
    again = pasted("петр елкин;учитель\nПётр Ёлкин;учитель")
    assert len(added([Row("Пётр Ёлкин")], again)) == 3
    assert [one.doubt for one in again.notes] == ["twice", "twice"]


async def test_the_form_says_what_was_read_and_marks_what_was_not_understood(member, gateways):
    table = "ФИО\tДолжность\n<b>Вера</b>\tжурналист\n\tучитель"
    text = (await member.post(ASK, {"table": table, "step": "paste"})).text
    for shown in (
        "Прочитан 1 человек",
        "Посмотрите 2 места",
        "Строка 2: роль «журналист» не понята",
        "Строка 3 пропущена: нет имени.",
        "Выберите роль: в таблице «журналист»",
        'value="&lt;b&gt;Вера&lt;/b&gt;"',
    ):
        assert shown in text
    assert "<b>Вера" not in text
    assert not gateways.sent()


async def test_lines_move_and_go_past_those_that_were_emptied(member):
    form = {"name": ["Анна", "", "Борис", "Вера"], "role": [""] * 4, "organisation": [""] * 4}
    text = (await member.post(ASK, form | {"step": "up:2"})).text
    assert text.index('value="Борис"') < text.index('value="Анна"')
    text = (await member.post(ASK, form | {"step": "drop:2"})).text
    assert 'value="Борис"' not in text
    assert text.index('value="Анна"') < text.index('value="Вера"')


@pytest.mark.parametrize("size, status", [(10, 413), (1.5, 200)])
async def test_too_much_is_refused_kindly(member, gateways, size, status):
    answer = await member.post(ASK, {"table": "я" * int(size * 1024 * 1024 / 12), "step": "paste"})
    assert answer.status_code == status
    assert ("Вернитесь кнопкой «Назад»: всё введённое ещё в форме" in answer.text) == (status == 413)
    assert answer.headers["content-security-policy"]
    assert "</html>" in answer.text
    assert not gateways.sent()


async def test_what_nobody_would_read_to_its_end_is_not_read(member):
    headers = {"Origin": "http://portal.example", "Sec-Fetch-Site": "same-origin", "Content-Length": str(10**9)}
    answer = await member.http.post(ASK, content=b"x", headers=headers)
    assert answer.status_code == 413
