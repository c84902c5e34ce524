"""A city writes a practice, another puts it to use: what is typed, sent, refused, and shown."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaimo.contracts.registry import PracticeStatus
from vzaimo.portal.house import drafts
from vzaimo.portal.house.charts import course
from vzaimo.portal.house.shapes import Adoption, Practice
from vzaimo.portal.samples import ADOPTION, adoption
from vzaimo.portal.testing import PRACTICE, me, practice, problem

FORM = {
    "title": "Кружки <b>",
    "summary": "Дети строят роботов",
    "does_not_apply": "Где нет педагогов",
    "audience": ["teacher", "director"],
    "topics": ["mesh"],
    "indicator-name": ["Доля", "", "Победители"],
    "indicator-unit": ["%", "", "чел."],
    "indicator-baseline": ["8,5", "", "1 200"],
    "indicator-baseline_year": ["2015", "", ""],
    "indicator-baseline_reason": ["", "", "Не считали"],
    "indicator-result": ["40", "", "много"],
    "indicator-result_year": ["2018", "", "2019"],
    "indicator-evidence": ["https://x.example/1", "", ""],
}
NEW = "/practices/new?city=izhevsk"
EDIT = f"/practices/{PRACTICE}/edit"


@pytest.fixture
def stored(gateways):
    def store(**more):
        gateways.answers["registry", f"/practices/{PRACTICE}"] = practice(city="izhevsk", **more)
        gateways.answers["POST", "/practices"] = {"id": PRACTICE, "version": 1}
        gateways.answers["PUT", f"/practices/{PRACTICE}"] = {"id": PRACTICE, "version": 3}

    store(status="draft")
    return store


async def test_a_draft_is_sent_as_it_was_typed(member, gateways, stored):
    answer = await member.post(NEW, FORM | {"step": "save"})
    assert answer.headers["location"] == f"/practices/{PRACTICE}"
    (sent,) = gateways.sent()
    body = json.loads(sent.content)
    assert (body["city"], body["title"], body["topics"]) == ("izhevsk", "Кружки <b>", ["mesh"])
    assert body["indicators"][0] == {
        "name": "Доля",
        "unit": "%",
        "baseline": 8.5,
        "baseline_year": 2015,
        "baseline_reason": None,
        "result": 40,
        "result_year": 2018,
        "evidence": "https://x.example/1",
    }
    # What is no number goes as it is: the gateway names its field.
    assert (body["indicators"][1]["baseline"], body["indicators"][1]["result"]) == (1200, "много")
    assert len(body["indicators"]) == 2


async def test_another_indicator_is_offered_without_a_script(member, gateways):
    answer = await member.post(NEW, FORM | {"step": "look"})
    assert answer.text.count('name="indicator-name"') == 3
    assert 'value="Победители"' in answer.text
    assert not gateways.sent()


async def test_a_full_form_offers_no_more(member):
    rows = {name: ["1"] * 40 for name in FORM if name.startswith("indicator-")}
    answer = await member.post(NEW, {**FORM, **rows, "step": "look"})
    assert answer.text.count('name="indicator-name"') == 30


async def test_submitting_stores_first_and_keeps_what_was_stored(member, gateways, stored):
    missing = ["summary", "indicators.1.evidence"]
    refused = problem(422, "practice-incomplete", "Практика заполнена не полностью", missing=missing)
    gateways.answers["POST", f"/practices/{PRACTICE}/submit"] = refused
    answer = await member.post(NEW, FORM | {"step": "submit"})
    assert [one.url.path for one in gateways.sent()] == ["/v1/practices", f"/v1/practices/{PRACTICE}/submit"]
    assert answer.status_code == 422
    assert f'action="{EDIT}"' in answer.text
    assert 'id="e-summary"' in answer.text
    assert 'id="ie-evidence-2"' in answer.text
    assert 'name="_version" value="2"' in answer.text


async def test_submitting_from_the_page_leads_to_what_is_missing(member, gateways, stored):
    refused = problem(422, "practice-incomplete", "Практика заполнена не полностью", missing=["topics"])
    gateways.answers["POST", f"/practices/{PRACTICE}/submit"] = refused
    answer = await member.post(f"/practices/{PRACTICE}/submit")
    assert answer.status_code == 422
    assert "Заполните это" in answer.text


async def test_a_fault_stands_at_its_field_and_keeps_what_was_typed(member, gateways):
    fault = {"field": "indicators.1.result", "in": "body", "message": "Нужно число"}
    gateways.answers["POST", "/practices"] = problem(422, "invalid-request", "Неверно", errors=[fault])
    text = (await member.post(NEW, FORM | {"step": "save"})).text
    assert 'id="ie-result-2">Нужно число' in text
    assert 'value="много"' in text
    assert 'value="Кружки &lt;b&gt;"' in text
    assert text.count(" checked") == 2


async def test_an_older_form_shows_what_is_stored_and_the_next_attempt_wins(member, gateways, stored):
    stored(status="draft", title="Другое имя", version=7)
    gateways.answers["PUT", f"/practices/{PRACTICE}"] = problem(412, "stale", "Данные уже изменились")
    answer = await member.post(EDIT, FORM | {"step": "save", "_version": "4"})
    assert gateways.sent("PUT")[0].headers["if-match"] == '"4"'
    assert "Другое имя" in answer.text
    assert 'name="_version" value="7"' in answer.text


async def test_another_fault_does_not_hide_a_change(member, gateways, stored):
    stored(status="draft", version=7)
    gateways.answers["PUT", f"/practices/{PRACTICE}"] = problem(422, "invalid-request", "Неверно")
    for step in ("save", "look"):
        answer = await member.post(EDIT, FORM | {"step": step, "_version": "4"})
        assert 'name="_version" value="4"' in answer.text


@pytest.mark.parametrize(
    "more, offered",
    [
        ({"status": "draft", "remark": "Уточните <год>"}, {"submit", "edit"}),
        ({"status": "in_review"}, set()),
        ({"status": "published"}, {"archive", "edit"}),
        ({"status": "published", "stale_since": "2026-01-01T00:00:00Z"}, {"confirm", "archive", "edit"}),
        ({"status": "archived"}, set()),
    ],
)
async def test_a_city_is_offered_what_its_practices_state_allows(member, stored, more, offered):
    stored(**more)
    text = (await member.get(f"/practices/{PRACTICE}")).text
    links = {step for step in ("submit", "confirm", "archive", "edit") if f'"/practices/{PRACTICE}/{step}"' in text}
    assert links == offered
    assert ("Уточните &lt;год&gt;" in text) == ("remark" in more)


@pytest.mark.parametrize("status", PracticeStatus)
async def test_others_are_offered_nothing_of_it(member, gateways, status):
    gateways.answers["registry", f"/practices/{PRACTICE}"] = practice(status=status)
    text = (await member.get(f"/practices/{PRACTICE}")).text
    assert not [step for step in ("submit", "confirm", "archive", "edit") if f"{PRACTICE}/{step}" in text]


@pytest.mark.parametrize("step", ["submit", "confirm", "archive"])
async def test_steps_arrive(member, gateways, stored, step):
    answer = await member.post(f"/practices/{PRACTICE}/{step}", {"_key": "k"})
    assert gateways.sent()[0].url.path == f"/v1/practices/{PRACTICE}/{step}"
    assert answer.headers["location"] == f"/practices/{PRACTICE}"


async def test_the_moderator_reviews_on_the_practices_page(member, gateways):
    gateways.answers["registry", "/me"] = me(("moderator", None))
    gateways.answers["registry", f"/practices/{PRACTICE}"] = practice(status="in_review")
    text = (await member.get(f"/practices/{PRACTICE}")).text
    assert f'action="/moderation/practices/{PRACTICE}/publish"' in text
    assert f'action="/moderation/practices/{PRACTICE}/return"' in text


async def test_words_are_searched_by_registry(member, gateways):
    await member.get("/practices?text=+кружки+роботов+&topic=mesh&city=tver&cursor=abc")
    (asked,) = [one for one in gateways.asked if one.url.path == "/v1/practices"]
    wanted = {"text": "кружки роботов", "topic": "mesh", "city": "tver", "cursor": "abc", "limit": "24"}
    assert dict(asked.url.params) == wanted


@pytest.mark.parametrize(
    "adopted, link",
    [
        ([], f"/practices/{PRACTICE}/adopt?city=izhevsk"),
        ([adoption()], f"/adoptions/{ADOPTION}"),
        ([adoption(measurements=[{"after_months": 12, "value": 1, "measured_on": "2026-01-02"}])], "/adopt?city="),
    ],
)
async def test_whoever_may_adopt_is_asked_to(member, gateways, adopted, link):
    gateways.answers["registry", f"/practices/{PRACTICE}"] = practice()
    gateways.answers["registry", "/adoptions"] = adopted
    assert link in (await member.get(f"/practices/{PRACTICE}")).text


async def test_a_city_commits_with_its_own_baseline(member, gateways):
    gateways.answers["registry", f"/practices/{PRACTICE}"] = practice()
    gateways.answers["POST", "/adoptions"] = {"id": ADOPTION, "version": 1}
    path = f"/practices/{PRACTICE}/adopt?city=izhevsk"
    answer = await member.post(path, {"indicator": "Доля", "baseline": "10,5", "baseline_year": "2026"})
    assert answer.headers["location"] == f"/adoptions/{ADOPTION}"
    assert json.loads(gateways.sent()[0].content) == {
        "practice": PRACTICE,
        "city": "izhevsk",
        "indicator": "Доля",
        "baseline": 10.5,
        "baseline_year": 2026,
    }
    fault = {"field": "baseline", "in": "body", "message": "Нужно число"}
    gateways.answers["POST", "/adoptions"] = problem(422, "invalid-request", "Неверно", errors=[fault])
    answer = await member.post(path, {"indicator": "Доля", "baseline": "мало", "baseline_year": "2026"})
    assert 'id="e-baseline">Нужно число' in answer.text
    assert 'value="мало"' in answer.text


@pytest.mark.parametrize(
    "who, more, asked",
    [
        (("coordinator", "izhevsk"), {}, {"12"}),
        (("coordinator", "izhevsk"), {"measurements": []}, {"6", "12"}),
        (("coordinator", "izhevsk"), {"committed_at": "2039-01-01T00:00:00Z", "measurements": []}, set()),
        (("viewer", "izhevsk"), {}, set()),
        (("coordinator", "moskva"), {}, set()),
    ],
)
async def test_a_report_is_asked_for_when_it_can_be_given(member, gateways, who, more, asked):
    gateways.answers["registry", "/me"] = me(who)
    gateways.answers["registry", f"/adoptions/{ADOPTION}"] = adoption(**more)
    gateways.answers["registry", f"/practices/{PRACTICE}"] = practice()
    text = (await member.get(f"/adoptions/{ADOPTION}")).text
    assert {months for months in ("6", "12") if f'name="after_months" value="{months}"' in text} == asked


async def test_a_report_arrives_and_a_refusal_stays_with_its_form(member, gateways):
    gateways.answers["registry", f"/adoptions/{ADOPTION}"] = adoption(measurements=[])
    gateways.answers["registry", f"/practices/{PRACTICE}"] = practice()
    form = {"after_months": "12", "value": "15,5", "measured_on": "2026-01-02"}
    answer = await member.post(f"/adoptions/{ADOPTION}", form)
    assert answer.headers["location"] == f"/adoptions/{ADOPTION}"
    body = {"after_months": 12, "value": 15.5, "measured_on": "2026-01-02"}
    assert json.loads(gateways.sent()[0].content) == body
    gateways.answers["POST", f"/adoptions/{ADOPTION}/measurements"] = problem(422, "measured-outside", "Неверная дата")
    text = (await member.post(f"/adoptions/{ADOPTION}", form)).text
    assert "Неверная дата" in text
    assert text.count('value="15,5"') == 1, "in the form that was sent, not in the other"


async def test_a_citys_portfolio_shows_both_sides(member, gateways):
    gateways.answers["registry", "/cities/izhevsk"] = {
        **gateways.answers["registry", "/cities"][1],
        "agreement": None,
    }
    gateways.answers["registry", "/practices"] = [practice(city="izhevsk", remark="Уточните год", status="draft")]
    gateways.answers["registry", "/adoptions"] = [adoption()]
    text = (await member.get("/cities/izhevsk/practices")).text
    assert "Уточните год" in text
    assert "/practices/new?city=izhevsk" in text
    whose = [heading for heading in ("Чья практика", "Город") if f'<th scope="col">{heading}</th>' in text]
    assert whose == ["Чья практика", "Город"], "of what it learned: from whom; of what it taught: whom"
    asked = [one.url.params for one in gateways.asked if one.url.path == "/v1/adoptions"]
    assert {(one.get("city"), one.get("source")) for one in asked} == {("izhevsk", None), (None, "izhevsk")}


@given(st.floats(-1e9, 1e9).map(lambda value: round(value, 6)))
def test_a_number_is_read_as_it_is_written(value):
    assert drafts.number(f"{value:.6f}".replace(".", ",")) == value


@pytest.mark.parametrize(
    "text, value", [("1 200", 1200), ("−3", -3), ("", None), ("inf", "inf"), ("nan", "nan"), ("8%", "8%"), ("40", 40)]
)
def test_what_is_no_number_stays_as_it_was_typed(text, value):
    assert drafts.number(text) == value


def test_a_form_of_a_practice_is_that_practice():
    kept = Practice.model_validate(practice(audience=["teacher"], topics=["mesh"]))
    made = drafts.body("vyborg", drafts.values_of(kept))
    shown = practice(audience=["teacher"], topics=["mesh"])
    assert {name: made[name] for name in ("title", "summary", "does_not_apply", "topics", "audience", "city")} == {
        name: shown[name] for name in ("title", "summary", "does_not_apply", "topics", "audience", "city")
    }
    assert made["indicators"] == [{**shown["indicators"][0], "baseline_reason": None, "evidence": None}]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=3))
def test_a_course_stays_within_its_drawing(values):
    measured = [
        {"after_months": months, "value": value, "measured_on": "2026-01-01"}
        for months, value in zip((6, 12), values[1:], strict=False)
    ]
    stops = course(Adoption.model_validate(adoption(baseline=values[0], measurements=measured)))
    assert len(stops) == len(values)
    assert all(0 <= stop.x <= 100 and 0 <= stop.y <= 100 for stop in stops)
    for lower, higher in pairwise(sorted(stops, key=lambda stop: stop.value)):
        assert lower.y >= higher.y
