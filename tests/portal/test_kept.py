"""What the portal keeps for a moment, for whom, and when it asks anew."""

import asyncio

import httpx2
import pytest

from vzaimo.portal.house import kept
from vzaimo.portal.testing import EVENT, PORTAL, Browser, event, problem, settings, stubbed

PAGE = f"/events/{EVENT}"
READ_ALL = httpx2.Response(200, json={"id": "x", "version": 7}, headers={"Vzaimo-Position": "inbox/abc/7"})


@pytest.fixture
def asked(gateways):
    """How often a path of the gateways was asked for."""
    return lambda path: [one.url.path for one in gateways.asked].count(f"/v1{path}")


async def test_a_strangers_page_is_made_once(browser, asked):
    first, second = await browser.get(PAGE), await browser.get(PAGE)
    assert (second.text, second.status_code) == (first.text, 200)
    assert dict(second.headers) == dict(first.headers)
    assert asked(PAGE) == 1


@pytest.mark.parametrize(
    "path, headers, cookies",
    [
        (f"{PAGE}?lang=en", {}, {}),
        (PAGE, {"accept_language": "en"}, {}),
        (PAGE, {"hx_request": "true"}, {}),
        (PAGE, {"accept_encoding": "identity"}, {}),
        (PAGE, {}, {"lang": "en"}),
        (PAGE, {}, {"zone": "Asia%2FOmsk"}),
    ],
)
async def test_a_page_is_kept_for_those_alone_who_would_see_the_same(browser, asked, path, headers, cookies):
    await browser.get(PAGE)
    for name, value in cookies.items():
        browser.http.cookies.set(name, value)
    await browser.get(path, **headers)
    assert asked(PAGE) == 2


async def test_a_moment_later_it_is_made_anew(gateways, asked, monkeypatch):
    monkeypatch.setattr(kept, "MOMENT", 0.05)
    transport = httpx2.ASGITransport(app=stubbed(settings(), httpx2.MockTransport(gateways)))
    async with httpx2.AsyncClient(transport=transport, base_url=PORTAL) as http:
        browser = Browser(http)
        await browser.get(PAGE)
        gateways.answers["calendar", PAGE] = event(title="Другое название")
        await asyncio.sleep(0.1)
        assert "Другое название" in (await browser.get(PAGE)).text


async def test_nothing_is_kept_of_failures_and_nothing_for_whoever_has_a_session(browser, gateways, asked):
    for _ in range(2):
        assert (await browser.get(f"{PAGE[:-1]}9")).status_code == 404
    assert asked(f"{PAGE[:-1]}9") == 2
    await browser.get(PAGE)
    await browser.get("/login")  # has begun to sign in
    await browser.get(PAGE)
    await browser.sign_in()
    assert "/logout" in (await browser.get(PAGE)).text
    assert asked(PAGE) == 3
    await browser.post("/logout")
    assert "/logout" not in (await browser.get(PAGE)).text


@pytest.mark.parametrize("refused", [True, False])
async def test_a_page_that_lacks_a_part_is_kept_for_nobody(browser, gateways, refused):
    if refused:
        gateways.answers["calendar", "/events"] = problem(429, "too-many-calls", "Слишком много вызовов")
    else:
        gateways.away = {"calendar"}
    assert "Образовательная среда" not in (await browser.get("/events")).text
    gateways.away, gateways.answers["calendar", "/events"] = set(), [event()]
    assert "Образовательная среда" in (await browser.get("/events")).text


async def test_a_page_grows_old_from_when_it_was_begun(gateways, asked, monkeypatch):
    monkeypatch.setattr(kept, "MOMENT", 0.2)

    async def slow(call):
        await asyncio.sleep(0.3 if call.url.path == f"/v1{PAGE}" else 0)
        return gateways(call)

    transport = httpx2.ASGITransport(app=stubbed(settings(), httpx2.MockTransport(slow)))
    async with httpx2.AsyncClient(transport=transport, base_url=PORTAL) as http:
        for _ in range(2):
            assert (await http.get(PAGE)).status_code == 200
    assert asked(PAGE) == 2


async def test_what_is_kept_has_a_bound(gateways, asked, monkeypatch):
    monkeypatch.setattr(kept, "BYTES", 100_000)
    transport = httpx2.ASGITransport(app=stubbed(settings(), httpx2.MockTransport(gateways)))
    async with httpx2.AsyncClient(transport=transport, base_url=PORTAL) as http:
        for no in range(40):
            await http.get(f"{PAGE}?{no}")
        await http.get(f"{PAGE}?39")
        assert asked(PAGE) == 40
        await http.get(f"{PAGE}?0")
        assert asked(PAGE) == 41


async def test_members_read_what_is_public_as_nobody_until_they_have_changed_something(member, gateways):
    def read():
        return [one for one in gateways.asked if one.url.path == f"/v1{PAGE}"][-1]

    await member.get(PAGE)
    assert "authorization" not in read().headers
    assert read().headers["accept-language"] == "ru"
    gateways.answers["POST", "/inbox/read-all"] = READ_ALL
    await member.post("/inbox/read-all")
    await member.get(PAGE)
    assert read().headers["authorization"] == "Bearer a.b.c"
    assert read().headers["vzaimo-position"] == "inbox/abc/7"


async def test_what_is_unread_is_counted_once_and_anew_beside_the_list_and_after_news_or_an_own_step(
    member, gateways, asked
):
    def unread():
        return asked("/inbox/unread")

    async def greeting():
        yield b"retry: 3000\nid: 5\n\n"
        yield b":\n\n"

    async def news():
        yield b"event: notification\n\n"

    for _ in range(3):
        await member.get(PAGE)
    assert unread() == 1
    await member.get("/inbox")
    assert unread() == 2
    gateways.answers["POST", "/inbox/read-all"] = httpx2.Response(200, json={"id": "x", "version": 7})
    await member.post("/inbox/read-all")
    before = unread()
    await member.get(PAGE)
    assert unread() == before + 1
    for said, more in ((greeting, 0), (news, 1)):
        gateways.answers["notify", "/inbox/stream"] = httpx2.Response(200, content=said())
        assert (await member.get("/inbox/stream")).content
        before = unread()
        await member.get(PAGE)
        assert unread() == before + more


async def test_news_on_a_page_that_was_open_before_an_own_step_count_as_well(member, gateways, asked):
    async def news():
        yield b"event: notification\n\n"

    await member.get(PAGE)
    opened = dict(member.http.cookies)
    gateways.answers["POST", "/inbox/read-all"] = READ_ALL
    await member.post("/inbox/read-all")
    await member.get(PAGE)
    later = dict(member.http.cookies)
    gateways.answers["notify", "/inbox/stream"] = httpx2.Response(200, content=news())
    member.http.cookies = opened
    assert (await member.get("/inbox/stream")).content
    member.http.cookies, before = later, asked("/inbox/unread")
    await member.get(PAGE)
    assert asked("/inbox/unread") == before + 1
