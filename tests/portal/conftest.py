"""The portal against gateways that are stubs: what they answer is said by each test; and a real browser before it."""

import asyncio
import contextlib
import socket

import httpx2
import pytest
import uvicorn
from playwright.async_api import async_playwright

from vzaimo.portal.samples import fill
from vzaimo.portal.testing import EVENT, PORTAL, SCHOOL, Browser, Gateways, city, me, settings, stubbed

PLAN = {
    "title": "Визит",
    "summary": "Два дня",
    "mode": "in_person",
    "audience": ["director"],
    "topics": ["mesh"],
    "practices": ["01890000-0000-7000-8000-000000000003"],
    "timezone": "Asia/Omsk",
    "academic_hours": 16,
    "sessions": [
        {
            "id": "01890000-0000-7000-8000-00000000000a",
            "title": "День 1",
            "starts": "2040-10-04T10:00:00",
            "ends": "2040-10-04T17:00:00",
            "starts_fold": 1,
            "site": {"name": "Школа", "address": "ул. Ленина"},
            "join_link": "https://demo.example/a",
        }
    ],
    "seats": [{"mode": "in_person", "capacity": 60, "quota": 30, "reserves": {"tver": 5}}],
    "deadlines_preset": "standard",
}


@pytest.fixture
def gateways():
    return Gateways()


@pytest.fixture
async def browser(gateways):
    app = stubbed(settings(), httpx2.MockTransport(gateways))
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=PORTAL) as http:
        yield Browser(http)


@pytest.fixture
async def member(browser):
    await browser.sign_in()
    return browser


@pytest.fixture
async def served(gateways):
    """The portal on a port of its own, full of life; yields its address."""
    fill(gateways)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = stubbed(settings(public_url=url, traces_url="http://traces.example"), httpx2.MockTransport(gateways))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
        serving = asyncio.create_task(server.serve([listening]))
        yield url
        server.should_exit = True
        await serving


@pytest.fixture
async def window(chromium):
    """Opens windows of one browser, each with cookies of its own; ``said`` are the faults that it tells."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**chromium)

        @contextlib.asynccontextmanager
        async def opened(**how):
            context = await browser.new_context(timezone_id="Asia/Kamchatka", **how)
            page = await context.new_page()
            page.said = []
            page.on("console", lambda message: page.said.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: page.said.append(str(error)))
            yield page
            await context.close()

        yield opened
        await browser.close()


@pytest.fixture
def enter(served):
    """Sign a window in; the issuer is one that no browser reaches."""

    async def into(page):
        async with httpx2.AsyncClient(base_url=served) as http:
            await Browser(http).sign_in()
            cookies = [{"name": name, "value": value, "url": served} for name, value in http.cookies.items()]
        await page.context.add_cookies(cookies)

    return into


@pytest.fixture
def plan():
    """Makes a plan with changes, as calendar shows it to its host."""
    return lambda status="draft", **more: {
        "id": EVENT,
        "host": "moskva",
        "status": status,
        "plan": {**PLAN, **more},
        "version": 2,
    }


@pytest.fixture
async def host(member, gateways, plan):
    """Somebody who acts for Moscow, which has a draft and a place."""
    gateways.answers["registry", "/me"] = me(("coordinator", "moskva"))
    gateways.answers["registry", "/organisations"] = [
        {"id": SCHOOL, "city": "moskva", "name": "Школа № 1560", "kind": "school"}
    ]
    gateways.answers["registry", "/cities"] += [city("tver", "Тверь")]
    gateways.answers["calendar", f"/plans/{EVENT}"] = plan()
    gateways.answers["POST", "/events"] = {"id": EVENT, "version": 1}
    gateways.answers["PUT", f"/events/{EVENT}"] = {"id": EVENT, "version": 3}
    return member
