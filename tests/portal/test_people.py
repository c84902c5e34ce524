"""The people of a request: others in their place, seats given back, what they need, their data and its end."""

import json

import pytest

from vzaimo.portal.testing import EVENT, REQUEST, delegate, event, me, problem, request

PAGE = f"/requests/{REQUEST}/people"
ANNA, BORIS = delegate(1, "")["id"], delegate(2, "")["id"]
ACT = "01890000-0000-7000-8000-0000000000ac"
NAMES = {
    "Анна О'Коннор": "Анна О&#39;Коннор",
    "Пётр Щёголев": "Пётр Щёголев",
    "Николай Римский-Корсаков": "Николай Римский-Корсаков",
    "محمد علي": "محمد علي",
    "<script>alert(1)</script>": "&lt;script&gt;alert(1)&lt;/script&gt;",
    'Ольга "Ок" & Ко': "Ольга &#34;Ок&#34; &amp; Ко",
}


@pytest.fixture
def stored(gateways):
    def store(**more):
        people = [delegate(1, "Анна", status="confirmed"), delegate(2, "Борис", status="granted")]
        gateways.answers["requests", f"/requests/{REQUEST}"] = request(**({"delegates": people} | more))

    store()
    return store


@pytest.fixture
def person(gateways):
    """What is stored of Anna."""
    gateways.answers["requests", f"/requests/{REQUEST}/delegates/{ANNA}/data"] = {
        **dict.fromkeys(("organisation", "dietary", "access", "erased_at", "event_title", "sessions")),
        "delegate": ANNA,
        "name": "Анна",
        "request": REQUEST,
        "city": "izhevsk",
        "host": "moskva",
        "event": EVENT,
        "rank": 1,
        "role": "teacher",
        "status": "confirmed",
        "attendance": [],
    }


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_is_shown_as_it_was_typed_wherever_it_stands(member, gateways, stored, person, name):
    stored(delegates=[delegate(1, name, status="granted", organisation=name)])
    gateways.answers["requests", f"/requests/{REQUEST}/delegates/{ANNA}/data"]["name"] = name
    gateways.answers["requests", f"/requests/{REQUEST}/delegates/needs"] = {
        "request": REQUEST,
        "items": [{"delegate": ANNA, "name": name, "dietary": name}],
    }
    for path in ("", "/people", f"/delegates/{ANNA}", "/edit"):
        text = (await member.get(f"/requests/{REQUEST}{path}")).text
        assert NAMES[name] in text, path
        assert name in {"Пётр Щёголев", "Николай Римский-Корсаков", "محمد علي"} or name not in text, path


async def test_several_people_are_replaced_each_under_a_key_of_its_own(member, gateways, stored):
    form = {
        f"name-{ANNA}": " Вера ",
        f"role-{ANNA}": "director",
        f"organisation-{ANNA}": "",
        f"name-{BORIS}": "Глеб",
        f"role-{BORIS}": "teacher",
        f"organisation-{BORIS}": "Лицей",
    }
    answer = await member.post(PAGE, form | {"_key": "k", "_version": "4", "step": "replace"})
    assert answer.headers["location"] == f"/requests/{REQUEST}"
    first, second = gateways.sent()
    assert json.loads(first.content) == {"delegate": ANNA, "name": "Вера", "role": "director", "organisation": None}
    assert json.loads(second.content)["organisation"] == "Лицей"
    assert (first.headers["idempotency-key"], second.headers["idempotency-key"]) == (f"k-{ANNA}", f"k-{BORIS}")
    assert (first.headers["if-match"], "if-match" in second.headers) == ('"4"', False)


async def test_whoever_is_refused_is_shown_and_what_was_done_is_said(member, gateways, stored):
    fault = problem(422, "role-not-invited", "Мероприятие для других ролей")
    taken = iter([{"id": REQUEST, "version": 5}, fault])
    gateways.answers["POST", f"/requests/{REQUEST}/replace"] = lambda _asked: next(taken)
    answer = await member.post(PAGE, {f"name-{ANNA}": "Вера", f"name-{BORIS}": "Глеб <b>", "step": "replace"})
    assert answer.status_code == 422
    assert "Мероприятие для других ролей" in answer.text
    assert "1 замена уже сделана" in answer.text
    assert 'value="Глеб &lt;b&gt;"' in answer.text


async def test_seats_are_given_back_by_name_and_by_number(member, gateways, stored):
    await member.post(PAGE, {"step": "release", "delegate": [BORIS], "_version": "4"})
    stored(delegates=[], mode="remote", heads={"teacher": 40}, granted=40)
    assert 'name="count"' in (await member.get(PAGE)).text
    await member.post(PAGE, {"step": "release", "count": "15"})
    by_name, by_number = gateways.sent()
    assert by_name.url.path == f"/v1/requests/{REQUEST}/release"
    assert json.loads(by_name.content) == {"delegates": [BORIS]}
    assert json.loads(by_number.content) == {"count": 15}


async def test_a_city_sees_where_its_people_sit(member, gateways, stored):
    rooms = [
        event()["sessions"][0] | {"id": key, "title": title} for key, title in ((ACT, "Старшие"), (ANNA, "Младшие"))
    ]
    gateways.answers["calendar", f"/events/{EVENT}"] = event(sessions=rooms)
    stored(delegates=[delegate(1, "Анна", status="confirmed", sessions=[ACT])])
    text = (await member.get(f"/requests/{REQUEST}")).text
    assert ("Старшие" in text, "Младшие" in text) == (True, False)


@pytest.mark.parametrize("step", ["release", "replace"])
async def test_nobody_chosen_changes_nothing(member, gateways, stored, step):
    answer = await member.post(PAGE, {"step": step, f"name-{ANNA}": "  "})
    assert answer.status_code == 422
    assert "Никто не выбран" in answer.text
    assert not gateways.sent()


async def test_after_the_freeze_the_host_has_the_form_and_the_guest_may_still_give_back(member, gateways, stored):
    frozen = event()["deadlines"] | {"roster_freeze": "2020-10-01T00:00:00Z"}
    gateways.answers["calendar", f"/events/{EVENT}"] = event(deadlines=frozen)
    guest = (await member.get(PAGE)).text
    assert ('value="replace"' in guest, 'value="release"' in guest) == (False, True)
    gateways.answers["registry", "/me"] = me(("coordinator", "moskva"))
    await member.sign_in(code="again")
    host = (await member.get(PAGE)).text
    assert ('value="replace"' in host, 'value="release"' in host) == (True, False)


async def test_needs_are_stated_and_a_refusal_keeps_them(member, gateways, stored, person):
    place = f"/requests/{REQUEST}/delegates/{ANNA}"
    gateways.answers["requests", f"/requests/{REQUEST}/delegates/needs"] = {"request": REQUEST, "items": []}
    await member.post(f"{place}/needs", {"dietary": " без орехов ", "access": ""})
    (sent,) = gateways.sent("PUT")
    assert json.loads(sent.content) == {"dietary": "без орехов", "access": None}
    gateways.answers["PUT", f"{place}/needs"] = problem(409, "not-granted", "Места ещё нет")
    text = (await member.post(f"{place}/needs", {"dietary": "без <орехов>"})).text
    assert "Места ещё нет" in text
    assert 'value="без &lt;орехов&gt;"' in text


async def test_data_are_handed_over_as_a_file_that_no_cache_keeps(member, person):
    answer = await member.get(f"/requests/{REQUEST}/delegates/{ANNA}/data")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["name"] == "Анна"


async def test_an_erasure_leads_to_its_act(member, gateways, stored):
    act = {"id": ACT, "number": 7, "request": REQUEST, "city": "izhevsk", "people": 1, "cause": "erasure"}
    act["erased_at"] = "2026-10-01T00:00:00Z"
    gateways.answers["POST", f"/requests/{REQUEST}/delegates/{ANNA}/erasure"] = {"id": ACT, "version": 1}
    gateways.answers["requests", f"/erasure-acts/{ACT}"] = act
    gateways.answers["requests", "/erasure-acts"] = [act]
    answer = await member.post(f"/requests/{REQUEST}/delegates/{ANNA}/erasure", {"_key": "k"})
    assert answer.headers["location"] == f"/acts/{ACT}"
    page = (await member.get(f"/acts/{ACT}")).text
    assert "Данные уничтожены" in page
    assert [one.url.params["format"] for one in gateways.asked if "format" in one.url.params] == ["text"]
    assert "Акт № 7" in (await member.get("/acts")).text


@pytest.mark.parametrize(
    "role, there",
    [
        (("coordinator", "izhevsk"), True),
        (("moderator", None), True),
        (("coordinator", "moskva"), False),
        (("viewer", "izhevsk"), False),
    ],
)
async def test_a_persons_page_is_for_their_city_and_the_moderator(member, gateways, stored, person, role, there):
    gateways.answers["registry", "/me"] = me(role)
    answer = await member.get(f"/requests/{REQUEST}/delegates/{ANNA}")
    assert answer.status_code == (200 if there else 404)
    assert ("/erasure" in answer.text) == there
    assert f"/delegates/{ANNA}" in (await member.get(f"/requests/{REQUEST}")).text or not there


async def test_contacts_are_asked_for_once_there_are_seats(member, gateways, stored):
    gateways.answers["notify", f"/requests/{REQUEST}/contacts"] = {
        "parties": [{"city": "moskva", "people": [{"name": "О. С. <b>", "phone": "+7 495", "email": "o@example.org"}]}]
    }
    text = (await member.get(f"/requests/{REQUEST}")).text
    assert "О. С. &lt;b&gt;" in text
    assert 'href="tel:+7495"' in text
    stored(status="submitted", granted=0)
    await member.get(f"/requests/{REQUEST}")
    assert len([one for one in gateways.asked if one.url.path.endswith("/contacts")]) == 1


async def test_the_history_says_who_as_far_as_it_is_known(member, gateways, stored):
    def entry(no, fact, actor):
        more = {"aggregate": "request", "aggregate_id": REQUEST, "version": no, "city": "izhevsk", "published": True}
        return {"id": no, "fact": fact, "other_city": "moskva", "actor": actor, "at": "2026-10-01T00:00:00Z", **more}

    gateways.answers["requests", "/audit"] = [
        entry(5, "RequestConfirmed", "0" * 32),
        entry(4, "RequestApproved", "1" * 32),
        entry(3, "DecisionOverdue", "timer"),
        entry(2, "RequestClosed", "fact:01890000"),
        entry(1, "RequestSubmitted", "2" * 32),
        entry(0, "SomethingNew", "2" * 32),
    ]
    text = (await member.get(f"/requests/{REQUEST}/history")).text
    for line in ("· вы", "по сроку", "вслед за другим изменением", "· Ижевск", "SomethingNew"):
        assert line in text
    assert "0" * 32 not in text
    asked = next(one for one in gateways.asked if one.url.path == "/v1/audit")
    assert (asked.url.params["city"], asked.url.params["aggregate_id"]) == ("izhevsk", REQUEST)
