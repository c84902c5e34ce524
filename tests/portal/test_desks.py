"""The host's desks: the door, sessions that run in parallel, decisions by hand, and what cities said afterwards."""

import json

import pytest

from vzaimo.portal.testing import EVENT, PRACTICE, REQUEST, delegate, event, me, practice, problem, request

A, B, C = (f"01890000-0000-7000-8000-00000000000{one}" for one in "abc")
ANNA, BORIS, VERA = (delegate(no, "")["id"] for no in (1, 2, 3))
WEBINAR = "01890000-0000-7000-8000-000000000077"
DOOR = f"/events/{EVENT}/attendance/{A}"
RECORD = f"/events/{EVENT}/sessions/{A}/attendance"


def session(key, title, starts, ends, **more):
    return {"id": key, "title": title, "starts_at": f"2026-{starts}Z", "ends_at": f"2026-{ends}Z", **more}


SESSIONS = [
    session(A, "Открытие", "10-04T06:00:00", "10-04T07:30:00"),
    session(B, "Младшие", "10-04T08:00:00", "10-04T09:00:00", capacity=2),
    session(C, "Старшие", "10-04T08:30:00", "10-04T10:00:00"),
]


@pytest.fixture
def host(member, gateways):
    """Moscow's coordinator; Anna and Boris come from Izhevsk, Vera is in another room, Tver has a remote seat."""
    people = [
        delegate(1, "Анна О'Коннор", status="confirmed"),
        delegate(2, "Борис", status="no_show"),
        delegate(3, "Вера", status="confirmed", sessions=[C]),
        delegate(4, "Глеб", status="replaced"),
    ]
    came = request(status="confirmed", delegates=people, granted=3)
    remote = request(id=WEBINAR, city="tver", mode="remote", status="confirmed", heads={"teacher": 30}, granted=30)
    gateways.answers |= {
        ("registry", "/me"): me(("coordinator", "moskva")),
        ("calendar", f"/events/{EVENT}"): event(
            sessions=SESSIONS, starts_at="2026-10-04T06:00:00Z", ends_at="2026-10-04T10:00:00Z", mode="hybrid"
        ),
        ("requests", "/requests"): [came, remote, request(id=ANNA, status="rejected")],
        ("requests", f"/requests/{REQUEST}"): came,
        ("requests", RECORD): [],
    }
    return member


def present(delegate_id, minutes):
    return {"request": REQUEST, "city": "izhevsk", "delegate": delegate_id, "minutes": minutes, "people": 1}


async def test_a_session_is_recorded_whole_ticked_is_all_of_it(host, gateways):
    page = await host.get(DOOR)
    assert [page.text.count(f'value="{one}"') for one in (ANNA, BORIS, VERA)] == [1, 1, 1]
    assert "Глеб" not in page.text
    assert "Распределены на другие занятия: 1" in page.text
    typed = {"came": [ANNA, VERA], f"minutes-{ANNA}": "40", f"people-{WEBINAR}-teacher": "25"}
    answer = await host.send(page, DOOR, **typed)
    assert answer.headers["location"] == DOOR
    (sent,) = gateways.sent("PUT")
    assert sent.url.path == f"/v1{RECORD}"
    assert json.loads(sent.content) == {
        "delegates": {ANNA: 40, VERA: 90},
        "remote": {WEBINAR: {"teacher": 25}},
    }


async def test_what_is_recorded_stands_in_the_form(host, gateways):
    remote = {"request": WEBINAR, "city": "tver", "role": "teacher", "people": 25}
    gateways.answers["requests", RECORD] = [present(ANNA, 90), present(BORIS, 45), remote]
    text = (await host.get(DOOR)).text
    assert text.count(" checked") == 2
    assert 'value="45"' in text
    assert 'value="25"' in text
    assert 'value="90"' not in text, "the whole session needs no number"


async def test_what_another_desk_recorded_meanwhile_is_shown_before_it_is_overwritten(host, gateways):
    page = await host.get(DOOR)
    gateways.answers["requests", RECORD] = [present(BORIS, 90)]
    answer = await host.send(page, DOOR, came=[ANNA])
    assert answer.status_code == 409
    assert "за другим столом" in answer.text
    assert answer.text.count(" checked") == 2, "theirs and ours"
    assert not gateways.sent("PUT")
    await host.send(answer, DOOR, came=[ANNA, BORIS])
    assert set(json.loads(gateways.sent("PUT")[0].content)["delegates"]) == {ANNA, BORIS}


async def test_the_same_list_twice_is_no_quarrel(host, gateways):
    page = await host.get(DOOR)
    gateways.answers["requests", RECORD] = [present(ANNA, 90)]
    assert (await host.send(page, DOOR, came=[ANNA])).status_code == 303


async def test_a_refused_list_keeps_its_ticks(host, gateways):
    gateways.answers["PUT", RECORD] = problem(409, "attendance-closed", "Исправить уже нельзя")
    answer = await host.send(await host.get(DOOR), DOOR, came=[BORIS])
    assert "Исправить уже нельзя" in answer.text
    assert answer.text.count(" checked") == 1


async def test_a_long_list_is_read_to_its_end(host, gateways):
    """Whoever is missing in the form would count as absent."""
    gateways.answers["requests", RECORD] = lambda asked: (
        {"items": [present(BORIS, 90)], "next": None}
        if asked.url.params.get("cursor") == "2"
        else {"items": [present(ANNA, 90)], "next": "2"}
    )
    assert (await host.get(DOOR)).text.count(" checked") == 2


async def test_a_session_that_has_not_begun_is_not_recorded_but_printed(host, gateways):
    later = [one | {"starts_at": "2040-10-04T06:00:00Z", "ends_at": "2040-10-04T07:00:00Z"} for one in SESSIONS]
    gateways.answers["calendar", f"/events/{EVENT}"] = event(sessions=later)
    assert f'href="{DOOR}"' not in (await host.get(f"/events/{EVENT}/attendance")).text
    text = (await host.get(DOOR)).text
    assert "Отмечать можно с" in text
    assert "Сохранить список" not in text
    roster = (await host.get(f"/events/{EVENT}/roster")).text
    assert [name in roster for name in ("Анна О&#39;Коннор", "Борис", "Вера", "Глеб")] == [True, True, True, False]


async def test_an_unknown_session_is_not_there(host):
    assert (await host.get(f"/events/{EVENT}/attendance/{REQUEST}")).status_code == 404


@pytest.fixture
def seated(host, gateways):
    people = [
        {"request": REQUEST, "city": "izhevsk", "delegate": one, "rank": no, "sessions": sessions}
        for no, (one, sessions) in enumerate([(ANNA, None), (BORIS, None), (VERA, [A, C])], 1)
    ]
    loads = [{"session": one["id"], "capacity": None, "assigned": 1, "proposed": 3} for one in SESSIONS]
    gateways.answers["requests", f"/events/{EVENT}/assignments"] = {
        "event": EVENT,
        "sessions": loads,
        "delegates": people,
    }
    return host


async def test_a_room_that_became_too_small_says_what_to_do(seated, gateways):
    shown = gateways.answers["requests", f"/events/{EVENT}/assignments"]
    small = {"capacity": 1, "assigned": 3, "over": 2, "proposed": None}
    shown["sessions"] = [one | small for one in shown["sessions"]]
    text = (await seated.get(f"/events/{EVENT}/assignments")).text
    assert "Лишних: 2." in text
    assert "мест меньше, чем гостей" in text
    assert "если по городам" not in text


async def test_everybody_by_city(seated, gateways):
    page = await seated.get(f"/events/{EVENT}/assignments")
    assert "не распределены: 2" in page.text
    assert "Старшие: 1" in page.text
    await seated.send(page, f"/events/{EVENT}/assignments")
    assert json.loads(gateways.sent()[0].content) == {}


async def test_one_delegation_by_hand_each_person_or_all(seated, gateways):
    path = f"/events/{EVENT}/assignments?request={REQUEST}"
    page = await seated.get(path)
    assert "Анна О&#39;Коннор" in page.text
    form = {f"seat-{ANNA}-1": B, f"seat-{BORIS}-1": "", f"seat-{VERA}-1": C}
    await seated.send(page, path, **form)
    await seated.send(page, path, **form | {"all-1": B})
    each, everybody = [json.loads(one.content)["assignments"] for one in gateways.sent()]
    assert each == [
        {"delegate": ANNA, "sessions": [A, B]},
        {"delegate": BORIS, "sessions": None},
        {"delegate": VERA, "sessions": [A, C]},
    ]
    assert [one["sessions"] for one in everybody] == [[A, B]] * 3


async def test_a_room_that_is_full_says_so_and_keeps_the_choice(seated, gateways):
    gateways.answers["POST", f"/events/{EVENT}/assignments"] = problem(409, "session-full", "Занятие заполнено")
    path = f"/events/{EVENT}/assignments?request={REQUEST}"
    answer = await seated.post(path, {f"seat-{ANNA}-1": B})
    assert answer.status_code == 409
    assert "Занятие заполнено" in answer.text
    assert f'<option value="{B}" selected' in answer.text


async def test_without_parallel_sessions_there_is_nothing_to_assign(seated, gateways):
    gateways.answers["calendar", f"/events/{EVENT}"] = event(sessions=SESSIONS[:2])
    assert "Распределять нечего" in (await seated.get(f"/events/{EVENT}/assignments")).text


@pytest.fixture
def waiting(host, gateways):
    frozen = event()["deadlines"] | {"roster_freeze": "2020-10-01T00:00:00Z"}
    other = event(id=PRACTICE, title="Стажировка <2>")
    gateways.answers |= {
        ("calendar", f"/events/{EVENT}"): event(deadlines=frozen),
        ("calendar", "/events"): [event(), other, event(id=REQUEST, title="Вебинар", mode="remote")],
        ("requests", f"/requests/{REQUEST}"): request(
            status="waitlisted",
            waiting=2,
            granted=0,
            delegates=[delegate(no, "", status="waitlisted") for no in (1, 2)],
        ),
    }
    return host


async def test_seats_by_hand(waiting, gateways):
    page = await waiting.get(f"/requests/{REQUEST}")
    await waiting.send(page, f"/requests/{REQUEST}/seat", delegate=[BORIS])
    (sent,) = gateways.sent()
    assert (json.loads(sent.content), sent.headers["if-match"]) == ({"delegates": [BORIS]}, '"4"')
    assert (await waiting.post(f"/requests/{REQUEST}/seat")).status_code == 422


@pytest.mark.parametrize("typed, priority", [("5", 5), ("-100", -100), ("−3", -3), ("many", "many")])
async def test_the_hosts_own_order(waiting, gateways, typed, priority):
    await waiting.post(f"/requests/{REQUEST}/priority", {"priority": typed})
    assert json.loads(gateways.sent()[0].content) == {"priority": priority}


async def test_a_city_is_sent_to_another_event_of_the_host_that_takes_it(waiting, gateways):
    page = await waiting.get(f"/requests/{REQUEST}")
    assert "Стажировка &lt;2&gt;" in page.text
    assert "Вебинар" not in page.text, "it is remote"
    await waiting.send(page, f"/requests/{REQUEST}/redirect", event=PRACTICE)
    assert json.loads(gateways.sent()[0].content) == {"event": PRACTICE}


async def test_a_stale_decision_keeps_the_ticks_and_the_next_one_counts(host, gateways):
    people = [delegate(no, f"Участник {no}") for no in (1, 2)]
    gateways.answers["requests", f"/requests/{REQUEST}"] = request(status="submitted", version=9, delegates=people)
    gateways.answers["POST", f"/requests/{REQUEST}/decision"] = problem(412, "stale", "Данные изменились")
    form = {"_version": "8", "verdict": "approve", "delegate": [BORIS], "why": "first-come", "remark": "Ждём <вас>"}
    text = (await host.post(f"/requests/{REQUEST}/decision", form)).text
    assert "Ниже запрос такой, как сейчас" in text
    assert 'name="_version" value="9"' in text
    assert "Ждём &lt;вас&gt;" in text
    assert f'value="{BORIS}" checked' in text
    assert f'value="{ANNA}" checked' not in text
    assert '<option value="first-come" selected' in text


async def test_the_queue_says_its_rules_and_why_each_one_waits(host, gateways):
    gateways.answers["calendar", f"/events/{EVENT}"] = event(queue_order="fair", queue_policy="fill")
    entry = {"place": 1, "city": "izhevsk", "request": REQUEST, "waiting": 2, "priority": 7, "seats_this_season": 12}
    queue = {"mode": "in_person", "length": 1, "entries": [entry | {"why": "quota-used"}]}
    gateways.answers["requests", "/requests"] = {"items": [], "queues": [queue]}
    text = (await host.get(f"/events/{EVENT}/requests")).text
    for shown in ("места получает следующий", ">7<", ">12<", "Город исчерпал свою долю мест"):
        assert shown in text


@pytest.fixture
def guest(member, gateways):
    gateways.answers |= {
        ("calendar", f"/events/{EVENT}"): event(practices=[PRACTICE]),
        ("registry", f"/practices/{PRACTICE}"): practice(title="Карта <ученика>"),
        ("requests", f"/requests/{REQUEST}"): request(status="confirmed", attended=2),
        ("requests", f"/events/{EVENT}/feedback"): {"event": EVENT, "number": 0, "mean": None, "entries": []},
    }
    return member


SAID = {"score": 4, "adopts": [PRACTICE], "words": "Полезно"}


async def test_a_city_that_came_says_what_it_gave(guest, gateways):
    path = f"/requests/{REQUEST}/feedback"
    page = await guest.get(path)
    assert "Карта &lt;ученика&gt;" in page.text
    await guest.send(page, path, score="4", adopts=[PRACTICE], words=" Полезно ")
    (sent,) = gateways.sent("PUT")
    assert json.loads(sent.content) == SAID


async def test_a_refused_feedback_is_not_lost_and_an_earlier_one_stands_in_the_form(guest, gateways):
    path = f"/requests/{REQUEST}/feedback"
    gateways.answers["PUT", path] = problem(409, "feedback-fixed", "Изменить уже нельзя")
    text = (await guest.post(path, {"_key": "k", "score": "2", "words": "Много <слов>"})).text
    assert "Изменить уже нельзя" in text
    assert "Много &lt;слов&gt;" in text
    assert 'value="2" required checked' in text
    gateways.answers["requests", f"/events/{EVENT}/feedback"] = {
        "event": EVENT,
        "number": 1,
        "mean": 4.0,
        "entries": [{"request": REQUEST, "city": "izhevsk", **SAID}],
    }
    text = (await guest.get(path)).text
    assert 'value="4" required checked' in text
    assert ">Полезно</textarea>" in text


async def test_who_did_not_come_has_nothing_to_say(guest, gateways):
    gateways.answers["requests", f"/requests/{REQUEST}"] = request(status="confirmed", attended=0)
    assert (await guest.get(f"/requests/{REQUEST}/feedback")).status_code == 404


async def test_the_host_reads_words_and_practices_others_the_mean(guest, gateways):
    said = [{"request": REQUEST, "city": "tver", **SAID, "words": "Слова <Твери>"}]
    gateways.answers["requests", f"/events/{EVENT}/feedback"] = {
        "event": EVENT,
        "number": 1,
        "mean": 4.0,
        "entries": said,
    }
    gateways.answers["registry", "/me"] = me(("viewer", "moskva"))
    text = (await guest.get(f"/events/{EVENT}/feedback")).text
    for shown in ("Слова &lt;Твери&gt;", "Карта &lt;ученика&gt;", "Собираются внедрить"):
        assert shown in text
    gateways.answers["registry", "/me"] = me(("coordinator", "izhevsk"))
    await guest.sign_in(code="again")
    gateways.answers["requests", f"/events/{EVENT}/feedback"] = {"event": EVENT, "number": 1, "mean": 4.0}
    text = (await guest.get(f"/events/{EVENT}/feedback")).text
    assert "Слова городов читает принимающий город" in text
    assert "Оценки</h2>" not in text
