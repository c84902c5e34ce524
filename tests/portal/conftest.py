"""The portal against gateways that are stubs: what they answer is said by each test."""

import httpx2
import pytest

from vzaimo.portal.main import portal
from vzaimo.portal.testing import PORTAL, Browser, Gateways, settings


@pytest.fixture
def gateways():
    return Gateways()


@pytest.fixture
async def browser(gateways):
    app = portal(settings(), httpx2.MockTransport(gateways))
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=PORTAL) as http:
        yield Browser(http)


@pytest.fixture
async def member(browser):
    await browser.sign_in()
    return browser
