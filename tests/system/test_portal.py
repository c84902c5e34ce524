"""The portal over the four gateways: a city asks, the host decides, the city confirms, all by pages."""

import re

import httpx2
import pytest

from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.tokens import ISSUER
from vzaimo.portal.main import portal
from vzaimo.portal.testing import PORTAL, Browser, settings

PLAN = {
    "title": "Визит",
    "summary": "Два дня в двух школах",
    "mode": "in_person",
    "timezone": "Europe/Moscow",
    "academic_hours": "16",
    "audience": ["director", "teacher"],
    "session-id": ["", ""],
    "session-title": ["Первая школа", "Вторая школа"],
    "session-starts": ["2026-10-20T10:00", "2026-10-21T10:00"],
    "session-ends": ["2026-10-20T17:00", "2026-10-21T16:00"],
    "session-site": ["Школа № 1560", "Школа № 1474"],
    "session-address": ["", ""],
    "session-join_link": ["", ""],
    "session-capacity": ["", ""],
    "capacity-in_person": "2",
    "quota-in_person": "",
    "admission": "",
    "queue_order": "submitted",
    "queue_policy": "strict",
    "deadlines_preset": "standard",
}


@pytest.fixture
async def visitors(world, wires):
    """People at the portal: each with a browser of their own."""
    app = portal(settings(issuer=ISSUER), wires(), world.clock.now)
    transport = httpx2.ASGITransport(app=app)
    opened = []

    async def come(person=None):
        opened.append(httpx2.AsyncClient(transport=transport, base_url=PORTAL, timeout=30))
        browser = Browser(opened[-1])
        if person is not None:
            await browser.sign_in(code=person)
        return browser

    yield come
    for one in opened:
        await one.aclose()


@pytest.mark.parametrize("urls", ["sqlite"], indirect=True)
async def test_a_visit_from_the_agenda_to_the_confirmation(world, visitors):
    await world.settle_cities("moskva", "izhevsk")
    stranger, guest, host = await visitors(), await visitors("izhevsk"), await visitors("moskva")
    new = "/plans/new?host=moskva"
    announced = await host.send(await host.get(new), new, **PLAN, step="announce")
    assert announced.status_code == 303, announced.text
    event = announced.headers["location"].rpartition("/")[2]
    await world.agreed(event, (0, 0, 0))
    page = await host.get(f"/plans/{event}")
    mended = await host.send(page, f"/plans/{event}", **PLAN | {"title": "Среда московской школы", "step": "save"})
    assert mended.status_code == 303, mended.text

    assert "Среда московской школы" in (await stranger.get("/events")).text
    page = await guest.get(f"/events/{event}")
    ask = f"/events/{event}/ask?city=izhevsk&mode=in_person"
    assert ask.replace("&", "&amp;") in page.text
    people = {"name": ["Анна", "Борис", "Вера"], "role": ["director", "teacher", "teacher"], "organisation": [""] * 3}
    sent = await guest.send(await guest.get(ask), ask, step="submit", min_viable="1", **people)
    assert sent.status_code == 303, sent.text
    request = sent.headers["location"]
    assert "Ждёт решения" in (await guest.get(request)).text

    async def arrived():
        page = await host.get("/my")
        return page if request in page.text else None

    assert "Решить по запросу: Ижевск" in (await eventually(arrived, "the host hears of the request")).text
    page = await host.get(request)
    assert "Анна" in page.text
    assert page.text.count(" checked") == 2
    chosen = [one["id"] for one in (await world.see("requests", request, "moskva"))["delegates"]]
    decided = await host.send(
        page, f"{request}/decision", verdict="approve", delegate=chosen, why="accepted", why_not="no-seats", remark=""
    )
    assert decided.status_code == 303, decided.text

    page = await guest.get(request)
    assert "Одобрен" in page.text
    assert "Место в очереди: 1 из 1" in page.text
    confirmed = await guest.send(page, f"{request}/confirm")
    assert confirmed.status_code == 303, confirmed.text
    assert "Участие подтверждено" in (await guest.get(request)).text

    async def told():
        page = await guest.get("/inbox")
        return page if "Запрос одобрен" in page.text else None

    await eventually(told, "the guest's inbox")


@pytest.mark.parametrize("urls", ["sqlite"], indirect=True)
async def test_needs_wishes_and_every_page_over_the_gateways(world, visitors):
    await world.settle_cities("moskva", "izhevsk")
    event = await world.announce()
    stranger, guest, host = await visitors(), await visitors("izhevsk"), await visitors("moskva")
    moderator = await visitors("moderator")
    wished = await guest.send(await guest.get("/preferences"), "/preferences", **{"mail-needs": "daily"})
    assert wished.status_code == 303, wished.text
    assert '<option value="daily" selected' in (await guest.get("/preferences")).text
    learner = "/needs/new?city=izhevsk"
    topic = {"name": "Электронная школа"}
    await world.done("registry", "PUT", "/topics/mesh", "moderator", topic)
    wish = {"topic": "mesh", "roles": ["teacher"], "heads": "5", "mode": "remote", "words": "Хотим увидеть"}
    days = {"not_before": "2026-11-01", "not_after": "2027-03-01"}
    posted = await guest.send(await guest.get(learner), learner, **wish, **days)
    assert posted.status_code == 303, posted.text
    need = posted.headers["location"]
    backed = await host.send(await host.get(need), f"{need}/backers", heads="3")
    assert backed.status_code == 303, backed.text
    public = [
        "/",
        "/events",
        "/events/month",
        "/practices",
        "/cities",
        "/cities/moskva",
        "/needs",
        need,
        "/season/2026",
    ]
    public += [f"/events/{event}"]
    own = ["/my", "/inbox", "/preferences"]
    theirs = [f"/events/{event}/requests", "/plans?host=moskva", f"/plans/{event}", "/plans/new?host=moskva"]
    theirs += [f"/events/{event}/{page}" for page in ("manage", "move", "links")]
    theirs += ["/subscribe", "/slots?host=moskva&city=izhevsk"]
    audits = [f"/moderation/audit?service={service}" for service in world.services]
    for browser, paths in (
        (stranger, public),
        (guest, public + own),
        (host, own + theirs),
        (moderator, [*own, "/moderation", *audits]),
    ):
        for path in paths:
            page = await browser.get(path)
            assert page.status_code == 200, path
            assert "не отвечает" not in page.text, path


@pytest.mark.parametrize("urls", ["sqlite"], indirect=True)
async def test_a_host_looks_after_an_event(world, visitors):
    await world.settle_cities("moskva")
    event = await world.announce()
    await world.agreed(event, (0, 0, 0))
    host, reader = await visitors("moskva"), await visitors()
    manage = f"/events/{event}/manage"
    more = {"capacity-in_person": "80", "quota-in_person": "40"}
    asked = await host.send(await host.get(manage), f"{manage}/seats", **more)
    assert asked.status_code == 303, asked.text

    async def settled():
        return "Запрос мест № 2 выполнен" in (await host.get(manage)).text

    await eventually(settled, "the ledger's answer")
    page = await host.get(f"/plans/{event}")
    fields = dict(re.findall(r'name="([\w-]+)" type="[\w-]+" value="([^"]*)"', page.text))
    rows = {name: [*re.findall(rf'name="{name}"[^>]* value="([^"]*)"', page.text)] for name in PLAN if "-" in name}
    later = fields | rows | {"audience": "teacher", "roster_freeze": "2026-10-04T09:00", "step": "save"}
    put_off = await host.send(page, f"/plans/{event}", **later)
    assert put_off.status_code == 303, put_off.text
    shown = await world.see("calendar", f"/events/{event}")
    assert (shown["deadlines"]["roster_freeze"], shown["audience"]) == ("2026-10-04T09:00:00+03:00", ["teacher"])

    again = await host.send(await host.get(manage), f"{manage}/clone", first_day="2027-02-01")
    draft = again.headers["location"]
    seen = await host.get(f"{draft}/preview")
    assert "Так мероприятие увидят гости" in seen.text
    assert "1–2 февраля 2027" in seen.text
    assert "80 мест свободно" in seen.text
    cancelled = await host.send(await host.get(manage), f"{manage}/cancel", reason="force-majeure")
    assert cancelled.status_code == 303, cancelled.text

    made = await host.send(await host.get("/subscribe"), "/subscribe/private")
    feed = re.search(r'class="secret" readonly value="http://[^/]+([^"]+)"', made.text)[1]
    calendar = world.services["calendar"].client
    assert "STATUS:CANCELLED" in (await calendar.get(feed)).text
    stopped = await host.send(await host.get("/subscribe"), "/subscribe/private/revoke")
    assert stopped.status_code == 303, stopped.text
    assert (await calendar.get(feed)).status_code == 404
    assert feed not in (await reader.get("/subscribe")).text
