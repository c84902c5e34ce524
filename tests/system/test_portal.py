"""The portal over the four gateways: a city asks, the host decides, the city confirms, all by pages."""

import re
from datetime import UTC, datetime

import httpx2
import pytest

from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.tokens import ISSUER
from vzaimo.portal.testing import PORTAL, Browser, settings, stubbed

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
    app = stubbed(settings(issuer=ISSUER), wires(), world.clock.now)
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

    async def posted():
        answer = await guest.send(await guest.get(learner), learner, **wish, **days)
        return answer.headers["location"] if answer.status_code == 303 else None

    need = await eventually(posted, "requests knows the topic")
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
async def test_a_city_joins_shares_and_is_learned_from(world, visitors):
    await world.settle_cities("moskva", "izhevsk")
    await world.done("registry", "PUT", "/topics/mesh", "moderator", {"name": "Электронная школа"})
    newcomer, moderator, guest = await visitors("pavel"), await visitors("moderator"), await visitors("izhevsk")

    async def sent(browser, page, action, **typed):
        answer = await browser.send(await browser.get(page), action, **typed)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    profile = {
        "name": "Пермь",
        "region": "Пермский край",
        "timezone": "Asia/Yekaterinburg",
        "coordinates": "58.0, 56.2",
    }
    perm = await sent(newcomer, "/apply", "/apply", **profile, person="Павел", phone="+7 342 000-00-00")
    assert perm == "/cities/perm"
    assert "Заявка у модератора" in (await newcomer.get("/apply")).text
    desk = "/moderation/cities/perm"
    assert "pavel@city.example" in (await moderator.get(desk)).text
    await sent(moderator, desk, f"{desk}/admit")
    agreement = {"number": "9/2026", "signed_on": "2026-09-20", "valid_until": ""}
    await sent(moderator, desk, f"{desk}/agreement", **agreement)
    await sent(moderator, desk, f"{desk}/activate")

    people = await newcomer.get(f"{perm}/people")
    assert people.status_code == 200, people.text
    own = people.text.partition(f"{perm}/roles/")[2].partition("/end")[0]
    refused = await newcomer.send(people, f"{perm}/roles/{own}/end")
    assert (refused.status_code, "Последний координатор" in refused.text) == (409, True)
    await sent(newcomer, f"{perm}/people", f"{perm}/people", email="vera@city.example", role="viewer")
    assert "vera@city.example" in (await newcomer.get(f"{perm}/people")).text
    place = {"name": "Школа № 7", "kind": "school", "address": "", "coordinates": "58,01 56,25"}
    await sent(newcomer, f"{perm}/organisations", f"{perm}/organisations", **place)
    await sent(newcomer, f"{perm}/profile", f"{perm}/profile", **profile | {"authority": "Департамент образования"})

    fields = ("name", "unit", "baseline", "baseline_year", "baseline_reason", "result", "result_year", "evidence")
    row = dict(zip(fields, ("Доля", "%", "8,5", "2015", "", "40", "2018", "https://x.example/1"), strict=True))
    written = {"title": "Кружки роботов", "summary": "Дети строят", "does_not_apply": "", "audience": "teacher"}
    form = "/practices/new?city=perm"
    typed = {**written, "topics": "mesh", "step": "submit", **{f"indicator-{name}": row[name] for name in fields}}
    incomplete = await newcomer.send(await newcomer.get(form), form, **typed)
    assert (incomplete.status_code, 'id="e-does_not_apply"' in incomplete.text) == (422, True)
    action = incomplete.text.partition('class="plan" action="')[2].partition('"')[0]
    again = await newcomer.send(incomplete, action, **typed | {"does_not_apply": "Где нет педагогов"})
    assert again.status_code == 303, again.text
    practice = again.headers["location"]
    await sent(moderator, "/moderation", f"/moderation{practice}/return", remark="Уточните единицу")
    assert "Уточните единицу" in (await newcomer.get(practice)).text
    await sent(newcomer, practice, f"{practice}/submit")
    await sent(moderator, practice, f"/moderation{practice}/publish")
    assert practice in (await guest.get("/practices?text=кружок+робота")).text

    commit = f"{practice}/adopt?city=izhevsk"
    adoption = await sent(guest, commit, commit, indicator="Доля", baseline="3", baseline_year="2026")
    assert adoption in (await newcomer.get(f"{perm}/practices")).text
    for browser, paths in (
        (newcomer, [f"{perm}/practices", f"{perm}/organisations", f"{perm}/profile", f"{perm}/audit", "/contact"]),
        (guest, [adoption, practice, "/cities", perm, "/cities/izhevsk/practices"]),
        (moderator, [desk, "/moderation", "/moderation/mails?status=sent", "/moderation/moderators"]),
    ):
        for path in paths:
            page = await browser.get(path)
            assert page.status_code == 200, path
            assert "не отвечает" not in page.text, path


@pytest.mark.parametrize("urls", ["sqlite"], indirect=True)
async def test_a_visits_people_from_the_decision_to_what_it_gave(world, visitors):
    await world.settle_cities("moskva", "izhevsk")
    day = {"starts": "2026-10-04T10:00", "ends": "2026-10-04T12:00"}
    rooms = [{"title": title, "site": {"name": f"Школа {title}"}, **day} for title in ("Младшие", "Старшие")]
    event = await world.announce(sessions=rooms)
    await world.agreed(event, (0, 0, 0))
    asked = f"/requests/{await world.ask(event, 'izhevsk', 3)}"
    await world.done("requests", "POST", f"{asked}/decision", "moskva", {"verdict": "approve"})
    guest, host = await visitors("izhevsk"), await visitors("moskva")

    async def request():
        return await world.see("requests", asked, "izhevsk")

    async def sent(browser, page, action=None, **typed):
        answer = await browser.send(await browser.get(page), action or page, **typed)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    anna, boris, vera = [one["id"] for one in (await request())["delegates"]]
    others = {f"name-{anna}": "Анна О'Коннор <b>", f"role-{anna}": "director", f"name-{boris}": "محمد علي"}
    await sent(guest, f"{asked}/people", step="replace", **others | {f"role-{boris}": "teacher"})
    living = [one for one in (await request())["delegates"] if one["status"] == "granted"]
    assert [one["name"] for one in living] == ["Анна О'Коннор <b>", "محمد علي", "Участник 3"]
    await sent(guest, f"{asked}/people", step="release", delegate=[vera])
    assert (await request())["granted"] == 2
    anna = living[0]["id"]
    person = f"{asked}/delegates/{anna}"
    await sent(guest, person, f"{person}/needs", dietary="без орехов", access="")
    assert "без орехов" in (await host.get(asked)).text
    await sent(guest, asked, f"{asked}/confirm")
    history = (await guest.get(f"{asked}/history")).text
    assert history.index("Участие подтверждено") < history.index("Участник заменён") < history.index("Места даны")
    assert "С кем связаться" in (await guest.get(asked)).text

    seating = f"/events/{event}/assignments"
    await sent(host, seating)
    assert "Младшие: 2" in (await host.get(seating)).text
    first, second = (await world.see("calendar", f"/events/{event}"))["sessions"]
    chosen = f"{seating}?request={asked.rpartition('/')[2]}"
    await sent(host, chosen, **{"all-0": second["id"]})
    assert "Старшие: 2" in (await host.get(seating)).text

    assert "Анна О&#39;Коннор" in (await host.get(f"/events/{event}/roster")).text
    world.clock.advance(datetime(2026, 10, 4, 8, tzinfo=UTC) - world.clock.now())
    door = f"/events/{event}/attendance/{second['id']}"
    await sent(host, door, came=[anna], **{f"minutes-{anna}": "50"})
    assert (await request())["attended"] == 1
    assert "50" in (await guest.get(person)).text
    await sent(guest, f"{asked}/feedback", score="5", words="Полезно")
    assert "Полезно" in (await host.get(f"/events/{event}/feedback")).text
    act = await sent(guest, person, f"{person}/erasure")
    assert "об уничтожении персональных данных" in (await guest.get(act)).text
    assert "Коннор" not in (await host.get(asked)).text
    assert first["id"] != second["id"]


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
