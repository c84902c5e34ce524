"""The house: what holds on every page, whoever comes and whatever is away."""

import json
import logging
import re
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from vzaimo.portal.house import logs
from vzaimo.portal.testing import EVENT, ISSUER, PORTAL, PRACTICE, REQUEST, Gateways, event, practice, problem, request

PUBLIC = ["/", "/events", "/events/month", "/practices", "/cities", "/needs", f"/events/{EVENT}"]


@pytest.mark.parametrize("path", [*PUBLIC, "/nowhere", "/assets/portal.css", "/assets/nothing", "/events/no-id"])
async def test_every_answer_forbids_scripts_of_others_and_frames(browser, path):
    answer = await browser.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", PUBLIC)
async def test_a_page_has_no_script_or_style_of_its_own_and_is_small(browser, path):
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert not re.search(r"<script>|<style|\sstyle=|\son\w+=", answer.text)
    files = re.findall(r'(?:src|href)="(/assets/[^"]+)"', answer.text)
    sizes = [len((await browser.get(one.replace("&amp;", "&"))).content) for one in files]
    assert len(files) == 4
    assert len(answer.content) + sum(sizes) < 100_000


@pytest.mark.parametrize("service", ["registry", "calendar", "requests", "notify"])
@pytest.mark.parametrize("path", ["/", "/events", "/events/month", "/practices", "/cities", "/needs", "/my", "/inbox"])
async def test_a_gateway_that_is_away_takes_its_part_only(browser, gateways, service, path):
    await browser.sign_in()
    gateways.away = {service}
    answer = await browser.get(path)
    roles_are_needed = path in {"/my", "/inbox"} and service == "registry"
    assert answer.status_code == (503 if roles_are_needed else 200)
    assert "</html>" in answer.text


async def test_a_part_that_is_away_says_so_and_what_to_do(browser, gateways):
    gateways.away = {"calendar"}
    text = (await browser.get("/events", accept_language="en")).text
    assert "The calendar of events does not answer now" in text
    assert "Load it again in a minute" in text


async def test_names_are_kept_while_registry_is_away(browser, gateways):
    assert "Москва" in (await browser.get("/events")).text
    gateways.away = {"registry"}
    assert "Москва" in (await browser.get("/events")).text


async def test_a_page_that_cannot_be_without_its_gateway_asks_to_come_again(browser, gateways):
    gateways.away = {"calendar"}
    answer = await browser.get(f"/events/{EVENT}")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"


async def test_an_answer_that_is_not_as_agreed_counts_as_none(browser, gateways):
    gateways.answers["calendar", "/events"] = {"items": [{"id": "?"}]}
    assert "не отвечает" in (await browser.get("/events")).text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": None},
        {"Origin": None, "Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": None},
        {"Origin": None, "Sec-Fetch-Site": None},
    ],
)
async def test_a_form_of_another_site_takes_no_effect(member, gateways, headers):
    answer = await member.post("/inbox/read-all", **headers)
    assert answer.status_code == 403
    assert not gateways.sent()


async def test_a_form_that_is_sent_twice_carries_one_key(member, gateways):
    for _ in range(2):
        await member.post("/inbox/read-all", {"_key": "the-form's-key"})
    assert [one.headers["idempotency-key"] for one in gateways.sent()] == ["the-form's-key"] * 2


@pytest.mark.parametrize("key", ["a\r\nX-Other: 1", "ключ", "a\0", ""])
@pytest.mark.parametrize("version", ["²", "1" * 5000, "-1"])
async def test_a_form_with_nonsense_for_key_or_version_goes_without(member, gateways, key, version):
    plan = {"_key": key, "_version": version, "reason": "force-majeure"}
    assert (await member.post(f"/events/{EVENT}/manage/cancel", plan)).status_code == 303
    (sent,) = gateways.sent()
    assert not {"idempotency-key", "if-match", "x-other"} & set(sent.headers)


async def test_a_form_sent_after_the_session_has_ended_is_kept(member, gateways):
    gateways.answers["POST", "/invitations/accept"] = problem(401, "invalid-token", "Токен не принят")
    typed = {"_key": "k1", "secret": "s" * 20, "name": "О'Коннор <b>", "phone": ""}
    answer = await member.post("/invitations", typed)
    assert answer.status_code == 401
    assert 'value="О&#39;Коннор &lt;b&gt;"' in answer.text
    assert 'name="_key" value="k1"' in answer.text
    assert 'action="/invitations"' in answer.text
    # Signed in again, the same form takes effect under the same key.
    del gateways.answers["POST", "/invitations/accept"]
    await member.sign_in("/login/kept")
    assert (await member.post("/invitations", typed)).headers["location"] == "/my"
    assert gateways.sent()[-1].headers["idempotency-key"] == "k1"


async def test_who_is_signed_out_is_asked_to_sign_in_and_comes_back(browser):
    answer = await browser.get("/inbox?unread=1")
    assert answer.headers["location"] == "/login?back=/inbox%3Funread%3D1"
    assert (await browser.sign_in("/inbox%3Funread%3D1")).headers["location"] == "/inbox?unread=1"


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "/%0d%0aSet-Cookie:x"])
async def test_signing_in_leads_nowhere_but_here(browser, back):
    assert (await browser.sign_in(back)).headers["location"] == "/"


async def test_a_login_uses_pkce_and_its_answer_must_fit(browser, gateways):
    away = await browser.get("/login")
    asked = parse_qs(urlsplit(away.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{PORTAL}/login/done"]
    for wrong in ("code=good&state=other", f"code=bad&state={asked['state'][0]}", f"state={asked['state'][0]}"):
        assert (await browser.get(f"/login/done?{wrong}")).status_code == 502
        assert "/logout" not in (await browser.get("/")).text
        await browser.get("/login")
    assert not [one for one in gateways.asked if "authorization" in one.headers]


async def test_an_answer_of_another_issuer_is_refused(browser):
    away = await browser.get("/login")
    state = parse_qs(urlsplit(away.headers["location"]).query)["state"][0]
    assert (await browser.get(f"/login/done?code=good&state={state}&iss=https://other.example")).status_code == 502


async def test_the_token_is_in_no_page_and_no_readable_cookie(member):
    answer = await member.get("/my")
    assert "a.b.c" not in answer.text
    for name, value in member.http.cookies.items():
        assert name in {"vzaimo0", "lang"}
        assert "a.b.c" not in value


async def test_signing_out_forgets_the_token(member, gateways):
    await member.post("/logout")
    gateways.asked.clear()
    assert "/login" in (await member.get("/my")).headers["location"]
    assert not gateways.asked


async def test_a_reader_sees_the_own_write(member, gateways):
    gateways.answers["POST", "/inbox/read-all"] = httpx2.Response(
        200, json={"id": "x", "version": 7}, headers={"Vzaimo-Position": "inbox/abc/7"}
    )
    await member.post("/inbox/read-all")
    gateways.asked.clear()
    await member.get("/inbox")
    read = [one for one in gateways.asked if one.url.path == "/v1/inbox"]
    assert read[0].headers["vzaimo-position"] == "inbox/abc/7"
    assert read[0].headers["authorization"] == "Bearer a.b.c"


async def test_roles_are_asked_for_once_and_anew_after_an_own_write(member, gateways):
    gateways.answers["POST", "/inbox/read-all"] = httpx2.Response(
        200, json={"id": "x", "version": 7}, headers={"Vzaimo-Position": "inbox/abc/7"}
    )

    def asked():
        return [one.url.path for one in gateways.asked].count("/v1/me")

    for _ in range(2):
        assert (await member.get("/my")).status_code == 200
    assert asked() == 1
    await member.post("/inbox/read-all")
    await member.get("/my")
    assert asked() == 2


async def test_what_people_wrote_is_shown_as_they_wrote_it(browser, gateways):
    written = '<script>alert(1)</script> О\'Генри & "Ко" \u202eשלום'
    gateways.answers["calendar", "/events"] = [event(title=written)]
    gateways.answers["calendar", f"/events/{EVENT}"] = event(title=written, summary=written)
    gateways.answers["registry", "/practices"] = [practice(title=written)]
    gateways.answers["registry", f"/practices/{PRACTICE}"] = practice(title=written, does_not_apply=written)
    for path in ("/events", f"/events/{EVENT}", "/practices", f"/practices/{PRACTICE}"):
        text = (await browser.get(path)).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; О&#39;Генри &amp; &#34;Ко&#34; \u202eשלום" in text


@pytest.mark.parametrize(
    "path, headers, language",
    [
        ("/", {}, "ru"),
        ("/", {"accept_language": "en-GB,en;q=0.9"}, "en"),
        ("/", {"accept_language": "de,fr;q=0.5"}, "ru"),
        ("/?lang=en", {}, "en"),
        ("/?lang=xx", {}, "ru"),
    ],
)
async def test_the_language_is_the_readers(browser, path, headers, language):
    answer = await browser.get(path, **headers)
    assert f'<html lang="{language}">' in answer.text
    assert answer.headers["content-language"] == language


async def test_the_language_once_chosen_stays_and_gateways_hear_of_it(browser, gateways):
    await browser.get("/?lang=en")
    gateways.asked.clear()
    assert '<html lang="en">' in (await browser.get("/events", accept_language="ru")).text
    assert {one.headers["accept-language"] for one in gateways.asked} == {"en"}


async def test_times_stand_by_the_venue_and_the_reader(browser):
    browser.http.cookies.set("zone", "Asia%2FNovosibirsk")
    text = (await browser.get(f"/events/{EVENT}")).text
    assert "10:00" in text
    assert "у вас 14:00" in text


@pytest.mark.parametrize("zone", ["Mars%2FOlympus", "..%2F..%2Fetc%2Fpasswd", "%00", "x" * 300])
async def test_a_zone_that_is_none_is_not_known(browser, zone):
    browser.http.cookies.set("zone", zone)
    answer = await browser.get(f"/events/{EVENT}")
    assert answer.status_code == 200
    assert "у вас" not in answer.text


async def test_a_mistake_of_ours_is_a_page_that_tells_nothing(browser, gateways, monkeypatch):
    def broken(_self, asked):
        raise RuntimeError("secret words")

    monkeypatch.setattr(Gateways, "__call__", broken)
    answer = await browser.get("/events")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_filters_go_to_the_gateway_and_nonsense_filters_nothing(browser, gateways):
    await browser.get("/events?mode=remote&topic=mesh&text=таланты&free=1&host=../../me")
    asked = next(one for one in gateways.asked if one.url.path == "/v1/events")
    assert asked.url.params["mode"] == "remote"
    assert asked.url.params["topic"] == "mesh"
    assert asked.url.params["text"] == "таланты"
    assert asked.url.params["free_seats"] == "true"
    assert "host" not in asked.url.params


async def test_htmx_gets_the_list_alone(browser):
    text = (await browser.get("/events", hx_request="true")).text
    assert "<html" not in text
    assert "Образовательная среда" in text


async def test_my_city_names_what_it_owes_by_deadline(member, gateways):
    offered = request(
        id="01890000-0000-7000-8000-000000000009",
        status="offered",
        offer={"seats": 1, "expires_at": "2039-01-01T00:00:00Z"},
    )
    gateways.answers["requests", "/requests"] = [request(), offered]
    text = (await member.get("/my")).text
    assert text.index("Ответить на предложение мест") < text.index("Подтвердить участие")


async def test_a_mail_leads_to_what_it_speaks_of(member, gateways):
    told = "01890000-0000-7000-8000-0000000000aa"
    gateways.answers["notify", "/inbox"] = [
        {
            "id": told,
            "kind": "request-approved",
            "city": "izhevsk",
            "subject": REQUEST,
            "event": EVENT,
            "title": "Запрос одобрен",
            "text": "",
            "at": "2026-10-01T00:00:00Z",
            "read_at": None,
        }
    ]
    answer = await member.get(f"/inbox/{told}")
    assert answer.headers["location"] == f"/requests/{REQUEST}"
    assert gateways.sent()[0].url.path == f"/v1/inbox/{told}/read"


async def test_the_issuer_away_is_said(browser, gateways, monkeypatch):
    monkeypatch.setattr(Gateways, "_issuer", staticmethod(lambda _asked: httpx2.Response(503)))
    answer = await browser.get("/login")
    assert answer.status_code == 502
    assert ISSUER not in answer.text


async def test_news_come_by_the_session_alone(member, gateways):
    async def news():
        yield b"id: 5\n"
        yield b"event: notification\n\n"

    gateways.answers["notify", "/inbox/stream"] = httpx2.Response(200, content=news())
    answer = await member.get("/inbox/stream", last_event_id="4")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.content == b"id: 5\nevent: notification\n\n"
    asked = next(one for one in gateways.asked if one.url.path == "/v1/inbox/stream")
    assert asked.headers["last-event-id"] == "4"
    assert asked.headers["authorization"] == "Bearer a.b.c"


async def test_what_is_no_number_of_news_is_not_passed_on(member, gateways):
    await member.get("/inbox/stream", last_event_id="4;x")
    asked = next(one for one in gateways.asked if one.url.path == "/v1/inbox/stream")
    assert "last-event-id" not in asked.headers


async def test_news_of_a_gateway_that_is_away_are_none(member, gateways):
    gateways.away = {"notify"}
    assert (await member.get("/inbox/stream")).content == b""


async def test_strangers_hear_no_news(browser, gateways):
    assert (await browser.get("/inbox/stream")).status_code == 303
    assert not [one for one in gateways.asked if one.url.path == "/v1/inbox/stream"]


def test_a_line_of_the_log_names_nobody(capsys, monkeypatch):
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging.root, "level", logging.WARNING)
    logs.start("info")
    try:
        int("anna@city.example")
    except ValueError:
        logging.getLogger("a.b").exception("%s came with Bearer abc.def", "anna@city.example")
    (line,) = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert (said["event"], said["level"], said["service"]) == ("[removed] came with [removed]", "error", "portal")
    assert "ValueError" in said["exception"]
    assert "anna" not in line
