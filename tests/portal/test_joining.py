"""A city joins: the newcomer's application, the moderator's decisions, and what each state waits for."""

import json

import pytest

from vzaimo.portal.house.slugs import slug_of
from vzaimo.portal.samples import audit_entry, invitation
from vzaimo.portal.testing import REQUEST, city, me, problem

FORM = {
    "name": "Улан-Удэ",
    "region": "Республика Бурятия",
    "region_iso": "RU-BU",
    "timezone": "Asia/Irkutsk",
    "authority": "",
    "coordinates": "51.83, 107.58",
    "person": "Баир <b>",
    "phone": "",
}
AGREEMENT = {"number": "5", "signed_on": "2026-09-01", "valid_until": "2040-09-01"}


@pytest.fixture
def newcomer(gateways):
    """Somebody whom registry does not know yet."""
    gateways.answers["registry", "/me"] = problem(403, "actor-not-yet-known", "Роль ещё не известна")
    gateways.answers["registry", "/me/data"] = {"person": "0" * 32, "contact": None, "applied_for": []}
    return gateways


async def test_a_stranger_reads_how_it_goes_and_is_asked_to_sign_in(browser):
    text = (await browser.get("/apply")).text
    assert "/login?back=/apply" in text
    assert text.count("<li class=") >= 4
    assert 'action="/apply"' not in text


async def test_an_application_is_sent_and_its_id_made_from_the_name(member, newcomer):
    newcomer.answers["POST", "/cities"] = {"id": "ulan-ude", "version": 1}
    answer = await member.post("/apply", FORM)
    assert answer.headers["location"] == "/cities/ulan-ude"
    assert json.loads(newcomer.sent()[0].content) == {
        "id": "ulan-ude",
        "name": "Улан-Удэ",
        "region": "Республика Бурятия",
        "region_iso": "RU-BU",
        "timezone": "Asia/Irkutsk",
        "authority": None,
        "latitude": 51.83,
        "longitude": 107.58,
        "contact": {"name": "Баир <b>", "phone": None, "locale": "ru"},
    }


@pytest.mark.parametrize(
    "kind, field",
    [("city-exists", "e-id"), ("unknown-timezone", "e-timezone"), ("invalid-request", "e-person")],
)
async def test_a_refused_application_keeps_what_was_typed(member, newcomer, kind, field):
    fault = {"field": "contact.name", "in": "body", "message": "Слишком длинно"}
    refused = problem(422, kind, "Неверно", errors=[fault], detail="Выберите другое")
    newcomer.answers["POST", "/cities"] = refused
    answer = await member.post("/apply", FORM | {"id": "izhevsk"})
    assert json.loads(newcomer.sent()[0].content)["id"] == "izhevsk"
    assert answer.status_code == 422
    assert f'id="{field}"' in answer.text
    assert "Баир &lt;b&gt;" in answer.text


async def test_whoever_acts_for_no_city_yet_is_shown_how_to_begin(member, newcomer):
    answer = await member.get("/my")
    assert answer.status_code == 200
    assert 'href="/apply"' in answer.text
    newcomer.answers["registry", "/me"] = problem(429, "too-many-requests", "Слишком часто")
    assert (await member.get("/my")).status_code == 429


async def test_whoever_applied_sees_where_it_stands(member, newcomer):
    newcomer.answers["registry", "/me/data"]["applied_for"] = ["perm"]
    newcomer.answers["registry", "/cities/perm"] = city("perm", "Пермь", status="agreement_pending")
    text = (await member.get("/apply")).text
    assert "Подпишите соглашение" in text
    assert 'aria-current="step"' in text


@pytest.mark.parametrize(
    "status, more, says",
    [
        ("applied", {}, "Заявка у модератора"),
        ("agreement_pending", {}, "Подпишите соглашение"),
        ("suspended", {"suspended_for": "agreement-lapsed"}, "новое подписанное соглашение"),
        ("suspended", {"suspended_for": "rules-broken"}, "Возобновит участие модератор"),
        ("withdrawn", {}, "не участвует"),
    ],
)
async def test_a_citys_page_says_what_is_awaited_and_from_whom(browser, gateways, status, more, says):
    gateways.answers["registry", "/cities/perm"] = city("perm", "Пермь", status=status, **more)
    assert says in (await browser.get("/cities/perm")).text


async def test_a_member_citys_page_says_nothing_of_it(browser, gateways):
    gateways.answers["registry", "/cities/perm"] = city("perm", "Пермь")
    assert 'class="way"' not in (await browser.get("/cities/perm")).text


@pytest.fixture
async def desk(member, gateways):
    gateways.answers["registry", "/me"] = me(("moderator", None))
    gateways.answers["registry", "/cities/perm/applicant"] = {"name": "Пётр", "email": "p@x.example", "phone": None}
    gateways.answers["registry", "/cities/perm/people"] = []
    gateways.answers["registry", "/invitations"] = [invitation(role="moderator", city=None, email="m@x.example")]
    gateways.answers["registry", "/audit"] = [audit_entry()]
    gateways.answers["notify", "/deliveries"] = []
    return member


@pytest.mark.parametrize(
    "status, agreement, steps",
    [
        ("applied", None, {"admit", "decline"}),
        ("agreement_pending", None, {"agreement", "activate", "decline"}),
        ("agreement_pending", AGREEMENT, {"agreement", "activate", "decline"}),
        ("active", AGREEMENT, {"agreement", "suspend", "withdraw"}),
        ("suspended", AGREEMENT, {"agreement", "reinstate", "withdraw"}),
        ("withdrawn", AGREEMENT, set()),
    ],
)
async def test_the_moderator_is_offered_what_may_follow(desk, gateways, status, agreement, steps):
    gateways.answers["registry", "/cities/perm"] = city("perm", "Пермь", status=status, agreement=agreement)
    text = (await desk.get("/moderation/cities/perm")).text
    known = {"admit", "decline", "agreement", "activate", "suspend", "reinstate", "withdraw"}
    assert {step for step in known if f'action="/moderation/cities/perm/{step}"' in text} == steps
    assert "p@x.example" in text


async def test_the_moderators_decisions_arrive(desk, gateways):
    gateways.answers["registry", "/cities/perm"] = city("perm", "Пермь")
    for step in ("admit", "activate", "reinstate", "withdraw", "decline"):
        answer = await desk.post(f"/moderation/cities/perm/{step}")
        assert answer.headers["location"] == "/moderation/cities/perm"
    await desk.post("/moderation/cities/perm/suspend", {"reason": "no-coordinator"})
    assert json.loads(gateways.sent()[-1].content) == {"reason": "no-coordinator"}
    await desk.post("/moderation/cities/perm/agreement", AGREEMENT)
    assert json.loads(gateways.sent("PUT")[0].content) == AGREEMENT


async def test_a_refusal_stands_on_the_citys_page(desk, gateways):
    gateways.answers["registry", "/cities/perm"] = city("perm", "Пермь", status="agreement_pending")
    fault = {"field": "signed_on", "in": "body", "message": "Это будущее"}
    gateways.answers["PUT", "/cities/perm/agreement"] = problem(422, "invalid-request", "Неверно", errors=[fault])
    answer = await desk.post("/moderation/cities/perm/agreement", AGREEMENT)
    assert answer.status_code == 422
    assert "Это будущее" in answer.text
    assert 'value="2026-09-01"' in answer.text


async def test_moderators_are_invited_and_invitations_taken_back(desk, gateways):
    assert "m@x.example" in (await desk.get("/moderation/moderators")).text
    await desk.post("/moderation/moderators", {"email": " n@x.example "})
    invited = {"role": "moderator", "city": None, "email": "n@x.example"}
    assert json.loads(gateways.sent()[0].content) == invited
    await desk.post(f"/moderation/moderators/{REQUEST}/revoke")
    assert gateways.sent("DELETE")[0].url.path == f"/v1/invitations/{REQUEST}"


@pytest.mark.parametrize("asked, sent", [("", "dead"), ("?status=sent", "sent"), ("?status=x", None)])
async def test_mails_are_listed_by_their_state(desk, gateways, asked, sent):
    await desk.get(f"/moderation/mails{asked}")
    (call,) = [one for one in gateways.asked if one.url.path == "/v1/deliveries"]
    assert call.url.params.get("status") == sent


async def test_a_mail_that_was_given_up_is_tried_again(desk, gateways):
    mail = {"id": REQUEST, "city": None, "kind": "invited", "status": "dead", "reason": "550", "attempts": 2}
    gateways.answers["notify", "/deliveries"] = [{**mail, "created_at": "2026-09-01T00:00:00Z"}]
    assert f'action="/moderation/mails/{REQUEST}/retry"' in (await desk.get("/moderation/mails")).text
    await desk.post(f"/moderation/mails/{REQUEST}/retry")
    assert gateways.sent()[0].url.path == f"/v1/deliveries/{REQUEST}/retry"


async def test_the_audit_is_filtered_and_paged(desk, gateways):
    await desk.get("/moderation/audit?service=registry&city=perm&aggregate=city&aggregate_id=perm&cursor=abc")
    (asked,) = [one for one in gateways.asked if one.url.path == "/v1/audit"]
    wanted = {"city": "perm", "aggregate": "city", "aggregate_id": "perm", "cursor": "abc", "limit": "50"}
    assert (asked.url.host, dict(asked.url.params)) == ("registry.example", wanted)


@pytest.mark.parametrize("path", ["cities/izhevsk", "mails", "moderators", "audit"])
async def test_the_moderators_rooms_are_there_for_moderators_alone(member, gateways, path):
    gateways.answers["registry", "/cities/izhevsk"] = city("izhevsk", "Ижевск")
    assert (await member.get(f"/moderation/{path}")).status_code == 404


async def test_own_contact_data_are_shown_corrected_and_erased(member, gateways):
    contact = {"email": "a@x.example", "name": "Анна", "phone": None, "locale": "en"}
    gateways.answers["registry", "/me/data"] = {"contact": contact, "applied_for": []}
    text = (await member.get("/contact")).text
    assert 'value="Анна"' in text
    assert '<option value="en" selected' in text
    await member.post("/contact", {"name": " Анна ", "phone": "", "locale": "ru"})
    assert json.loads(gateways.sent("PUT")[0].content) == {"name": "Анна", "phone": None, "locale": "ru"}
    gateways.answers["DELETE", "/me/contact"] = problem(409, "last-coordinator", "Последний координатор")
    assert "Последний координатор" in (await member.post("/contact/erase")).text
    del gateways.answers["DELETE", "/me/contact"]
    assert (await member.post("/contact/erase")).headers["location"] == "/"
    assert "/logout" not in (await member.get("/")).text


@pytest.mark.parametrize(
    "name, slug",
    [
        ("Улан-Удэ", "ulan-ude"),
        ("Ростов-на-Дону", "rostov-na-donu"),
        ("Екатеринбург", "yekaterinburg"),
        ("Ярославль", "yaroslavl"),
        ("Южно-Сахалинск", "yuzhno-sakhalinsk"),
        ("Петропавловск-Камчатский", "petropavlovsk-kamchatskiy"),
        ("  Великие Луки!", "velikie-luki"),
        ("Kazan", "kazan"),
        ("—", ""),
    ],
)
def test_a_citys_id_out_of_its_name(name, slug):
    assert slug_of(name) == slug
