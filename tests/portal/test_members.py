"""Needs, joining, and the moderator's rooms."""

import json

import httpx2
import pytest

from vzaimo.portal.testing import EVENT, NEED, PRACTICE, city, event, me, need, practice, problem, request

WISH = {
    "topic": "mesh",
    "words": "Хотим <увидеть>",
    "roles": ["teacher", "director"],
    "heads": "12",
    "mode": "remote",
    "not_before": "2040-01-01",
    "not_after": "2040-05-01",
}


ZONE = {
    "timezone": "Europe/Moscow",
    "queue_policy": "strict",
    "queue_order": "submitted",
    "deadlines_preset": "webinar",
}


@pytest.fixture
def stored(gateways):
    def store(**more):
        gateways.answers["requests", f"/needs/{NEED}"] = need(**more)

    store()
    return store


async def test_a_need_is_posted(member, gateways):
    gateways.answers["POST", "/needs"] = {"id": NEED, "version": 1}
    answer = await member.post("/needs/new?city=izhevsk", WISH)
    assert answer.headers["location"] == f"/needs/{NEED}"
    (sent,) = gateways.sent()
    assert json.loads(sent.content) == WISH | {"city": "izhevsk", "heads": 12}


async def test_a_refused_need_keeps_what_was_typed(member, gateways):
    fault = {"field": "not_after", "in": "body", "message": "Позже начала"}
    gateways.answers["POST", "/needs"] = problem(422, "invalid-request", "Неверно", errors=[fault])
    text = (await member.post("/needs/new?city=izhevsk", WISH)).text
    assert "Хотим &lt;увидеть&gt;" in text
    assert text.count(" checked") == 2
    assert 'id="e-not_after">Позже начала' in text


@pytest.mark.parametrize(
    "more, offered",
    [
        ({}, {"backers"}),
        ({"backers": [{"city": "izhevsk", "heads": 3, "backed_at": "2026-01-02T00:00:00Z"}]}, {"leave"}),
        ({"city": "izhevsk"}, {"close"}),
        ({"city": "izhevsk", "status": "closed"}, set()),
        ({"status": "answered"}, set()),
    ],
)
async def test_a_city_is_offered_what_it_may_do_with_a_need(member, stored, more, offered):
    stored(**more)
    text = (await member.get(f"/needs/{NEED}")).text
    assert {step for step in ("backers", "leave", "close") if f'action="/needs/{NEED}/{step}"' in text} == offered


async def test_backing_and_leaving(member, gateways, stored):
    await member.post(f"/needs/{NEED}/backers", {"city": "izhevsk", "heads": "7"})
    assert json.loads(gateways.sent()[0].content) == {"city": "izhevsk", "heads": 7}
    await member.post(f"/needs/{NEED}/leave", {"city": "../../me"})
    assert gateways.sent("DELETE")[0].url.raw_path == f"/v1/needs/{NEED}/backers/..%2F..%2Fme".encode()


async def test_whoever_can_teach_answers_a_need_with_an_event(member, gateways, stored):
    gateways.answers["registry", "/topics"] = [{"id": "mesh", "name": "Электронная школа", "version": 1}]
    gateways.answers["registry", "/organisations"] = []
    stored(invited=["izhevsk"], roles=["teacher"])
    text = (await member.get(f"/needs/{NEED}")).text
    assert "Приглашены показать свой опыт" in text
    answer = f"/plans/new?host=izhevsk&need={NEED}"
    assert f'href="{answer.replace("&", "&amp;")}"' in text
    page = await member.get(answer)
    assert f'name="need" value="{NEED}"' in page.text
    assert 'name="topics" value="mesh" checked' in page.text
    assert '<option value="remote" selected' in page.text
    form = {"title": "Вебинар", "summary": "", "mode": "remote", "need": NEED, "step": "save"}
    await member.post("/plans/new?host=izhevsk", form | ZONE)
    assert json.loads(gateways.sent()[0].content)["need"] == NEED


@pytest.mark.parametrize("role, reasons", [("coordinator", {"no-longer-needed"}), ("moderator", {"not-suitable"})])
async def test_a_need_is_closed_for_a_reason_of_whoever_closes_it(member, gateways, stored, role, reasons):
    gateways.answers["registry", "/me"] = me((role, "tver" if role == "coordinator" else None))
    text = (await member.get(f"/needs/{NEED}")).text
    offered = {one for one in ("no-longer-needed", "not-suitable") if f'value="{one}"' in text}
    assert offered == reasons
    await member.post(f"/needs/{NEED}/close", {"reason": "duplicate", "_version": "1"})
    assert gateways.sent()[0].headers["if-match"] == '"1"'
    stored(status="closed", closed_for="period-over")
    assert "Срок прошёл" in (await member.get(f"/needs/{NEED}")).text


async def test_needs_are_sought_and_the_most_wanted_topics_shown(browser, gateways):
    gateways.answers["requests", "/needs"] = [need()]
    gateways.answers["requests", "/needs/frequent"] = {
        "items": [{"topic": "mesh", "needs": 4, "backers": 9, "people": 240}]
    }
    text = (await browser.get("/needs?city=tver&status=open&mode=nonsense")).text
    assert "Чего хотят чаще всего" in text
    assert ">13<" in text
    asked = next(one for one in gateways.asked if one.url.path == "/v1/needs")
    assert dict(asked.url.params) == {"limit": "24", "city": "tver", "status": "open"}


async def test_a_mails_link_leads_into_the_event(member, gateways):
    there = httpx2.Response(303, headers={"Location": "https://meet.example/x"})
    gateways.answers["calendar", f"/events/{EVENT}/join"] = there
    answer = await member.get(f"/v1/events/{EVENT}/join")
    assert answer.headers["location"] == "https://meet.example/x"
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_whoever_is_not_signed_in_signs_in_before_joining(browser, gateways):
    answer = await browser.get(f"/v1/events/{EVENT}/join")
    assert answer.headers["location"] == f"/login?back=/v1/events/{EVENT}/join"


async def test_whoever_has_no_seat_is_told_so(member, gateways):
    gateways.answers["calendar", f"/events/{EVENT}/join"] = problem(403, "no-remote-seat", "У вас нет места")
    assert "У вас нет места" in (await member.get(f"/v1/events/{EVENT}/join")).text


@pytest.fixture
async def moderator(member, gateways):
    gateways.answers["registry", "/me"] = me(("moderator", None))
    gateways.answers["registry", "/cities"] = [
        city("perm", "Пермь", status="applied"),
        city("ufa", "Уфа", status="agreement_pending"),
        city("tver", "Тверь", status="suspended"),
        city("moskva", "Москва"),
    ]
    gateways.answers["registry", "/practices"] = [practice(status="in_review")]
    gateways.answers["requests", "/requests"] = [
        request(status="submitted", city="perm", escalated_at="2026-10-01T00:00:00Z")
    ]
    gateways.answers["notify", "/deliveries"] = []
    return member


async def test_the_moderator_sees_what_waits(moderator):
    text = (await moderator.get("/moderation")).text
    for action in (f"practices/{PRACTICE}/publish", f"practices/{PRACTICE}/return"):
        assert f'action="/moderation/{action}"' in text
    for slug in ("perm", "ufa", "tver", "moskva"):
        assert f'href="/moderation/cities/{slug}"' in text
    assert "Пермь → Москва" in text


@pytest.mark.parametrize("service", ["requests", "notify"])
async def test_a_service_that_is_away_hides_its_part_alone(moderator, gateways, service):
    gateways.away = {service}
    answer = await moderator.get("/moderation")
    assert answer.status_code == 200
    assert "/moderation/cities/perm" in answer.text


async def test_each_long_list_of_the_moderator_goes_on_by_itself(moderator, gateways):
    gateways.answers["requests", "/requests"] = lambda asked: {
        "items": [request(status="submitted", city="perm", escalated_at="2026-10-01T00:00:00Z")],
        "next": None if asked.url.params.get("cursor") else "abc",
    }
    text = (await moderator.get("/moderation")).text
    assert 'href="/moderation?late=abc#late"' in text
    text = (await moderator.get("/moderation?late=abc&reviews=def")).text
    assert "late=" not in text.partition("<main")[2].partition("</main>")[0]
    asked = {one.url.path: one.url.params.get("cursor") for one in gateways.asked[-10:]}
    assert (asked["/v1/requests"], asked["/v1/practices"], asked["/v1/deliveries"]) == ("abc", "def", None)
    late = [one for one in gateways.asked if one.url.path == "/v1/requests"][-1]
    assert late.url.params["escalated"] == "true", "what the gateway picks out fills the page"


async def test_a_suspension_says_why(moderator, gateways):
    page = "/moderation/cities/moskva"
    gateways.answers["registry", "/cities/moskva"] = city("moskva", "Москва")
    assert 'value="out-of-reach"' in (await moderator.get(page)).text
    await moderator.post(f"{page}/suspend", {"reason": "own-wish"})
    assert json.loads(gateways.sent()[0].content) == {"reason": "own-wish"}
    suspended = city("moskva", "Москва", status="suspended", suspended_for="own-wish")
    gateways.answers["registry", "/cities/moskva"] = suspended
    assert "город попросил сам" in (await moderator.get(page)).text


async def test_the_moderators_reviews_arrive(moderator, gateways):
    await moderator.post(f"/moderation/practices/{PRACTICE}/publish")
    await moderator.post(f"/moderation/practices/{PRACTICE}/return", {"remark": " Уточните год "})
    published, returned = gateways.sent()
    assert published.url.path == f"/v1/practices/{PRACTICE}/publish"
    assert json.loads(returned.content) == {"remark": "Уточните год"}


async def test_a_refusal_is_shown_among_what_waits(moderator, gateways):
    refused = problem(409, "wrong-practice-status", "Шаг сейчас невозможен")
    gateways.answers["POST", f"/practices/{PRACTICE}/publish"] = refused
    answer = await moderator.post(f"/moderation/practices/{PRACTICE}/publish")
    assert answer.status_code == 409
    assert "Шаг сейчас невозможен" in answer.text


async def test_the_moderators_desk_is_there_for_moderators_alone(member):
    assert (await member.get("/moderation")).status_code == 404


async def test_steps_of_others_change_nothing(member, gateways):
    for path in ("cities/perm/admit", f"practices/{PRACTICE}/publish", f"mails/{PRACTICE}/retry"):
        assert (await member.post(f"/moderation/{path}")).status_code == 404
    assert not gateways.sent()


async def test_wishes_are_sent_at_once_and_shown(member, gateways):
    gateways.answers["notify", "/preferences"] = {
        "groups": {"decisions": {"email": "instant", "fixed": True}, "needs": {"email": "off", "fixed": False}},
        "quiet_from": "22:00",
        "quiet_until": "08:00",
        "timezone": None,
        "version": 5,
    }
    text = (await member.get("/preferences")).text
    assert text.count('value="off"') == text.count('value="daily"') == 1, "what is fixed is neither muted nor put off"
    assert 'name="mail-decisions"' not in text
    assert 'value="22:00"' in text
    form = {"mail-needs": "daily", "quiet_from": "", "quiet_until": "", "_version": "5"}
    await member.post("/preferences", form)
    (sent,) = gateways.sent("PUT")
    assert sent.headers["if-match"] == '"5"'
    assert json.loads(sent.content) == {
        "email": {"needs": "daily"},
        "quiet_from": None,
        "quiet_until": None,
        "timezone": None,
    }
    gateways.answers["PUT", "/preferences"] = problem(422, "half-quiet", "Тихие часы указаны наполовину")
    refused = (await member.post("/preferences", form | {"quiet_from": "23:30"})).text
    assert 'value="23:30"' in refused
    assert '<option value="daily" selected>' in refused


@pytest.mark.parametrize(
    "role, own, joins",
    [
        (("coordinator", "izhevsk"), {"mode": "remote", "granted": 2}, True),
        (("coordinator", "izhevsk"), {"mode": "remote", "granted": 0}, False),
        (("coordinator", "izhevsk"), {"mode": "in_person", "granted": 2}, False),
        (("coordinator", "moskva"), {"mode": "remote", "granted": 0}, True),
    ],
)
async def test_whoever_is_led_into_an_event_is_shown_the_way(member, gateways, role, own, joins):
    gateways.answers["registry", "/me"] = me(role)
    gateways.answers["requests", "/requests"] = [request(**own)]
    shown = event(mode="hybrid")
    shown["sessions"][0]["joinable"] = True
    gateways.answers["calendar", f"/events/{EVENT}"] = shown
    assert (f'href="/v1/events/{EVENT}/join"' in (await member.get(f"/events/{EVENT}")).text) is joins


async def test_a_cancelled_event_offers_neither_seats_nor_dates(member, gateways):
    gateways.answers["calendar", f"/events/{EVENT}"] = event(status="cancelled", cancelled_for="force-majeure")
    text = (await member.get(f"/events/{EVENT}")).text
    assert "Непреодолимые обстоятельства" in text
    assert "свободно" not in text
    assert 'class="deadlines"' not in text
