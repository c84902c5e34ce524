"""Pages in a real browser: axe finds nothing, nothing sticks out at 360 px, scripts keep to their policy."""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess

import httpx2
import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

from vzaimo.portal.main import portal
from vzaimo.portal.testing import (
    EVENT,
    NEED,
    PRACTICE,
    REQUEST,
    Browser,
    city,
    delegate,
    event,
    me,
    need,
    practice,
    request,
    settings,
)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
INSTALL = "apt-get update && apt-get install -y --no-install-recommends chromium"
SEATED = "01890000-0000-7000-8000-0000000003a1"
GRANTED = "01890000-0000-7000-8000-0000000003a3"
PERSON = "01890000-0000-7000-8000-000000000201"
PAST = "01890000-0000-7000-8000-0000000003a2"
ROOM, OTHER_ROOM = "01890000-0000-7000-8000-0000000003b1", "01890000-0000-7000-8000-0000000003b2"
PUBLIC = [
    "/",
    "/events",
    "/events/month?of=2040-10",
    f"/events/{EVENT}",
    "/practices",
    f"/practices/{PRACTICE}",
    "/cities",
    "/cities/moskva",
    "/needs",
    f"/needs/{NEED}",
    "/season/2026",
    "/nowhere",
]
OWN = [
    "/my",
    "/inbox",
    "/preferences",
    f"/requests/{REQUEST}",
    f"/requests/{REQUEST}/edit",
    f"/events/{EVENT}/ask?city=izhevsk&mode=remote",
    f"/events/{EVENT}/requests",
    "/invitations?secret=s",
    "/plans?host=moskva",
    "/needs/new?city=izhevsk",
    "/moderation",
    "/moderation/audit",
    "/plans/new?host=moskva",
    f"/plans/{EVENT}",
    f"/requests/{SEATED}",
    f"/requests/{GRANTED}/people",
    f"/requests/{SEATED}/history",
    f"/requests/{SEATED}/feedback",
    f"/requests/{SEATED}/delegates/{PERSON}",
    f"/events/{PAST}/attendance",
    f"/events/{PAST}/attendance/{ROOM}",
    f"/events/{PAST}/roster",
    f"/events/{PAST}/assignments?request={SEATED}",
    f"/events/{PAST}/feedback",
    "/acts",
    f"/acts/{PERSON}",
]


@pytest.fixture(scope="session")
def chromium():
    """Debian's chromium. Root installs it where it is missing; everybody else is told how."""
    found = shutil.which("chromium")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"\n→ {INSTALL} (once, about a minute)")  # noqa: T201 - whoever waits wants to know for what
        subprocess.run(["sh", "-c", f"{INSTALL} >/dev/null"], check=True)
        found = shutil.which("chromium")
    assert found, f"chromium is missing. As root: {INSTALL}"
    return found


@pytest.fixture
async def served(gateways):
    """The portal on a port of its own, full of life; yields its address."""
    fill(gateways)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = portal(settings(public_url=url), httpx2.MockTransport(gateways))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
        serving = asyncio.create_task(server.serve([listening]))
        yield url
        server.should_exit = True
        await serving


@contextlib.asynccontextmanager
async def window(chromium, **how):
    """A browser with one window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = await browser.new_context(timezone_id="Asia/Kamchatka", **how)
        page = await context.new_page()
        page.said = []
        page.on("console", lambda message: page.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.said.append(str(error)))
        yield page
        await browser.close()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("language, scheme, width", [("ru", "light", 360), ("en", "dark", 1280)])
async def test_every_page_is_accessible_and_fits(chromium, served, gateways, language, scheme, width):
    axe = Axe()
    sizes = {one: {"width": one, "height": 800} for one in (360, 1280)}
    async with window(chromium, locale=language, color_scheme=scheme, viewport=sizes[width]) as page:
        for path in [*PUBLIC, *OWN]:
            if path == OWN[0]:
                await enter(page, served)
            answer = await page.goto(served + path)
            assert answer.status == (404 if path == "/nowhere" else 200), path
            found = await axe.run(page)
            faults = [(one["id"], one["nodes"][0]["target"]) for one in found.response["violations"]]
            assert faults == [], f"{path}, {language}, {width} px"
            for other in (1640 - width, width):
                await page.set_viewport_size(sizes[other])
                assert await page.evaluate("document.documentElement.scrollWidth") <= other, f"{path} at {other} px"
        assert [one for one in page.said if "404" not in one] == []


async def test_scripts_add_what_they_promise(chromium, served, gateways):
    gateways.answers["registry", "/me"] = me(("coordinator", "moskva"))
    async with window(chromium, locale="ru", viewport={"width": 1280, "height": 800}) as page:
        await page.goto(served + "/events")
        await page.goto(served + f"/events/{EVENT}")
        assert "у вас 19:00" in await page.inner_text("main"), "the reader's zone is known from the second page on"
        await page.goto(served + "/events")
        await page.select_option("[name=mode]", "remote")
        await page.wait_for_url("**/events?*mode=remote*")
        assert [one for one in gateways.asked if one.url.params.get("mode") == "remote"]
        await enter(page, served)
        await page.goto(served + f"/requests/{REQUEST}")
        assert await page.inner_text("[data-left]") == "8"
        await page.uncheck("[name=delegate] >> nth=0", force=True)
        assert await page.inner_text("[data-left]") == "9"
        assert page.said == []


async def test_lines_are_dragged_and_moved_by_keyboard_and_people_counted_at_the_door(chromium, served, gateways):
    people = [delegate(no, name) for no, name in enumerate(("Анна", "Борис", "Вера"), 1)]
    gateways.answers["requests", f"/requests/{REQUEST}"] = request(status="draft", delegates=people)
    async with window(chromium, locale="ru", viewport={"width": 1280, "height": 1600}) as page:
        await enter(page, served)
        await page.goto(served + f"/requests/{REQUEST}/edit")

        async def order():
            return await page.eval_on_selector_all("[name=name]", "(all) => all.map((one) => one.value).slice(0, 3)")

        await page.focus("[value='down:0']")
        await page.keyboard.press("Enter")
        assert await order() == ["Борис", "Анна", "Вера"]
        assert await page.inner_text("[data-told]") == "Анна: строка 2"
        assert await page.evaluate("document.activeElement.value") == "down:1", "the focus goes along"
        start, end = [await page.locator(".handle").nth(no).bounding_box() for no in (2, 0)]
        await page.mouse.move(start["x"] + 20, start["y"] + 20)
        await page.mouse.down()
        await page.mouse.move(end["x"] + 20, end["y"] + 4, steps=8)
        await page.mouse.up()
        assert await order() == ["Вера", "Борис", "Анна"]
        await page.click("[value='drop:1']")
        assert await order() == ["Вера", "Анна", ""]
        await page.click("button[value=save]")
        await page.wait_for_url(f"**/requests/{REQUEST}")
        (sent,) = gateways.sent("PUT")
        assert [one["name"] for one in json.loads(sent.content)["delegates"]] == ["Вера", "Анна"]

        await page.goto(served + f"/events/{PAST}/attendance/{ROOM}")
        await page.fill("[data-find]", "елк")
        assert await page.locator("[data-person]:visible").count() == 1
        await page.check("[name=came]:visible")
        assert await page.inner_text("[data-count]") == "1"
        assert page.said == []


async def test_what_was_typed_is_still_there_when_it_was_too_much_at_once(chromium, served, gateways, monkeypatch):
    monkeypatch.setattr("vzaimo.portal.house.guard.LONGEST_BODY", 20_000)
    async with window(chromium, locale="ru", viewport={"width": 360, "height": 800}) as page:
        await enter(page, served)
        await page.goto(served + f"/requests/{REQUEST}/edit")
        await page.fill("[name=name] >> nth=0", "Софья Ёлкина")
        await page.click("details summary")
        await page.fill("[name=table]", "Анна\tучитель\n" * 1000)
        await page.click("button[value=paste]")
        assert "Слишком много сразу" in await page.inner_text("main")
        await page.go_back()
        assert await page.input_value("[name=name] >> nth=0") == "Софья Ёлкина"


async def enter(page, url):
    """Sign in; the issuer is one that no browser reaches."""
    async with httpx2.AsyncClient(base_url=url) as http:
        await Browser(http).sign_in()
        cookies = [{"name": name, "value": value, "url": url} for name, value in http.cookies.items()]
    await page.context.add_cookies(cookies)


def fill(gateways):
    """Something of everything."""
    adoption = {
        "id": "01890000-0000-7000-8000-000000000006",
        "practice": PRACTICE,
        "source": "moskva",
        "city": "izhevsk",
        "indicator": "Доля",
        "unit": "%",
        "baseline": 10,
        "baseline_year": 2024,
        "committed_at": "2025-01-01T00:00:00Z",
        "measurements": [{"after_months": 6, "value": 14, "measured_on": "2025-07-01"}],
    }
    backer = {"city": "moskva", "heads": 3, "backed_at": "2026-01-02T00:00:00Z"}
    asked_for = need(city="izhevsk", backers=[backer], words="Хотим увидеть своими глазами")
    named = {"id": "01890000-0000-7000-8000-0000000002aa", "rank": 1, "role": "teacher", "status": "proposed"}
    other = {**named, "id": "01890000-0000-7000-8000-0000000002ab", "rank": 2, "name": "Борис"}
    asked = request(status="submitted", delegates=[{**named, "name": "Анна"}, other])
    plan = {"title": "Визит", "mode": "hybrid", "timezone": "Europe/Moscow", "topics": ["mesh"]}
    written = {"id": EVENT, "host": "moskva", "status": "announced", "plan": plan, "version": 1}
    line = {"city": "moskva", "events": 3, "seats_hosted": 60, "seats_received": 0, "people": 0}
    numbers = {"cities": 2, "events": 3, "seats": 60, "people": 55, "decision_hours": 20.5, "feedback_mean": 4.6}
    both = [("coordinator", "izhevsk"), ("coordinator", "moskva"), ("moderator", None)]
    applied = city("perm", "Пермь", status="applied")
    pending = city("ufa", "Уфа", status="agreement_pending")
    seated = request(
        id=SEATED,
        event=PAST,
        status="confirmed",
        attended=1,
        delegates=[
            delegate(1, "Пётр Ёлкин", status="attended", sessions=[ROOM]),
            delegate(2, "Ольга", status="confirmed"),
        ],
    )
    rooms = [
        {"id": key, "title": title, "starts_at": "2026-10-04T07:00:00Z", "ends_at": "2026-10-04T09:00:00Z"}
        for key, title in ((ROOM, "Младшие"), (OTHER_ROOM, "Старшие"))
    ]
    past = event(id=PAST, sessions=rooms, starts_at=rooms[0]["starts_at"], ends_at=rooms[0]["ends_at"])
    act = {"id": PERSON, "number": 7, "request": SEATED, "city": "izhevsk", "people": 1, "cause": "erasure"}
    said = {"request": SEATED, "city": "izhevsk", "score": 5, "words": "Полезно"}
    gateways.answers |= {
        ("registry", "/me"): me(*both),
        ("calendar", f"/events/{PAST}"): past,
        ("requests", f"/requests/{SEATED}"): seated,
        ("requests", f"/requests/{GRANTED}"): seated | {"id": GRANTED, "event": EVENT, "attended": None},
        ("requests", f"/requests/{SEATED}/delegates/needs"): {"request": SEATED, "items": []},
        ("requests", f"/events/{PAST}/sessions/{ROOM}/attendance"): [],
        ("requests", f"/events/{PAST}/assignments"): {
            "event": PAST,
            "sessions": [{"session": one["id"], "capacity": 9, "assigned": 1, "proposed": 2} for one in rooms],
            "delegates": [
                {"request": SEATED, "city": "izhevsk", "delegate": one["id"], "rank": one["rank"]}
                for one in seated["delegates"]
            ],
        },
        ("requests", f"/events/{PAST}/feedback"): {"event": PAST, "number": 1, "mean": 5.0, "entries": [said]},
        ("requests", "/erasure-acts"): [act | {"erased_at": "2026-10-01T00:00:00Z"}],
        ("requests", f"/erasure-acts/{PERSON}"): act | {"erased_at": "2026-10-01T00:00:00Z"},
        ("notify", f"/requests/{SEATED}/contacts"): {"parties": [{"city": "moskva", "people": [{"name": "О. С."}]}]},
        ("registry", "/cities/moskva"): city("moskva", "Москва"),
        ("registry", "/cities"): [city("moskva", "Москва"), city("izhevsk", "Ижевск"), applied, pending],
        ("registry", "/topics"): [{"id": "mesh", "name": "Электронная школа", "version": 1}],
        ("registry", "/practices"): [practice(topics=["mesh"])],
        ("registry", f"/practices/{PRACTICE}"): practice(stale_since="2026-01-01T00:00:00Z"),
        ("registry", "/adoptions"): [adoption],
        ("registry", "/organisations"): [{"id": REQUEST, "city": "moskva", "name": "Школа № 1560", "kind": "school"}],
        ("calendar", "/events"): [event(), event(mode="remote", seats_now=[])],
        ("calendar", f"/events/{EVENT}"): event(practices=[PRACTICE], academic_hours=16, schedule_revision=2),
        ("calendar", "/plans"): [written],
        ("calendar", f"/plans/{EVENT}"): written,
        ("requests", "/requests"): lambda query: {
            "items": [seated if query.url.params.get("event") == PAST else asked],
            "next": None,
        },
        ("requests", f"/requests/{REQUEST}"): asked,
        ("requests", f"/events/{EVENT}/queue"): {"length": 0, "entries": []},
        ("requests", "/needs"): [asked_for],
        ("requests", f"/needs/{NEED}"): asked_for,
        ("requests", "/statistics/2026"): {
            "season": 2026,
            **numbers,
            "by_city": [line],
            "by_topic": [{"key": "mesh", "people": 55}],
            "by_role": [{"key": "teacher", "people": 40}, {"key": "director", "people": 15}],
        },
        ("notify", "/deliveries"): [],
        ("notify", "/preferences"): {"groups": {"decisions": {"email": "instant", "fixed": True}}, "version": 1},
        ("requests", "/audit"): [
            {
                "id": 1,
                "fact": "RequestApproved",
                "aggregate": "request",
                "aggregate_id": REQUEST,
                "version": 2,
                "city": "izhevsk",
                "other_city": "moskva",
                "actor": "0" * 32,
                "at": "2026-10-01T00:00:00Z",
                "published": False,
            }
        ],
        ("notify", "/inbox/unread"): {"unread": 3},
        ("notify", "/inbox"): [
            {
                "id": REQUEST,
                "kind": "request-approved",
                "city": "izhevsk",
                "subject": REQUEST,
                "event": EVENT,
                "title": "Запрос одобрен",
                "text": "Москва принимает вас",
                "at": "2026-10-01T00:00:00Z",
                "read_at": None,
            }
        ],
    }
