"""Every page in a real browser, in both languages and widths: axe finds nothing, nothing sticks out, nothing is heavy.

The table names what is visited of each route of the app; a new page without a line here fails the first test.
"""

import asyncio

import pytest
from axe_playwright_python.async_playwright import Axe

from vzaimo.portal.rooms import ROOMS
from vzaimo.portal.samples import ADOPTION, DRAFT, GRANTED, HOOK, PAST, PERSON, PLACE, ROOM, SEATED
from vzaimo.portal.testing import EVENT, NEED, PRACTICE, REQUEST, TRACE, problem

NO_PAGES = {
    "/healthz",
    "/readyz",
    "/login",
    "/login/done",
    "/inbox/stream",
    "/requests/{request_id}/delegates/{delegate_id}/data",
    "/inbox/{notification_id}",
    "/v1/events/{event_id}/join",
}
"""Routes that answer with no page of their own."""
PUBLIC = {
    "/": ["/"],
    "/events": ["/events"],
    "/events/month": ["/events/month?of=2040-10"],
    "/events/{event_id}": [f"/events/{EVENT}"],
    "/practices": ["/practices?text=школа"],
    "/practices/{practice_id}": [f"/practices/{PRACTICE}"],
    "/adoptions/{adoption_id}": [f"/adoptions/{ADOPTION}"],
    "/cities": ["/cities"],
    "/cities/{slug}": ["/cities/moskva", "/cities/perm", "/cities/tver"],
    "/apply": ["/apply"],
    "/needs": ["/needs"],
    "/needs/{need_id}": [f"/needs/{NEED}"],
    "/season": ["/season/2026"],
    "/season/{year}": [],
    "/login/kept": ["/login/kept"],
}
OWN = {
    "/my": ["/my"],
    "/inbox": ["/inbox"],
    "/preferences": ["/preferences"],
    "/contact": ["/contact"],
    "/invitations": ["/invitations?secret=s"],
    "/requests/{request_id}": [f"/requests/{REQUEST}", f"/requests/{SEATED}"],
    "/requests/{request_id}/edit": [f"/requests/{REQUEST}/edit"],
    "/requests/{request_id}/people": [f"/requests/{GRANTED}/people"],
    "/requests/{request_id}/history": [f"/requests/{SEATED}/history"],
    "/requests/{request_id}/feedback": [f"/requests/{SEATED}/feedback"],
    "/requests/{request_id}/delegates/{delegate_id}": [f"/requests/{SEATED}/delegates/{PERSON}"],
    "/events/{event_id}/attendance": [f"/events/{PAST}/attendance"],
    "/events/{event_id}/attendance/{session_id}": [f"/events/{PAST}/attendance/{ROOM}"],
    "/events/{event_id}/roster": [f"/events/{PAST}/roster"],
    "/events/{event_id}/assignments": [f"/events/{PAST}/assignments?request={SEATED}"],
    "/events/{event_id}/feedback": [f"/events/{PAST}/feedback"],
    "/acts": ["/acts"],
    "/acts/{act_id}": [f"/acts/{PERSON}"],
    "/events/{event_id}/ask": [f"/events/{EVENT}/ask?city=izhevsk&mode=remote"],
    "/events/{event_id}/requests": [f"/events/{EVENT}/requests"],
    "/needs/new": ["/needs/new?city=izhevsk"],
    "/plans": ["/plans?host=moskva"],
    "/plans/new": ["/plans/new?host=moskva"],
    "/plans/{event_id}": [f"/plans/{EVENT}", f"/plans/{NEED}"],
    "/plans/{event_id}/preview": [f"/plans/{NEED}/preview"],
    "/events/{event_id}/manage": [f"/events/{EVENT}/manage"],
    "/events/{event_id}/move": [f"/events/{EVENT}/move"],
    "/events/{event_id}/links": [f"/events/{EVENT}/links"],
    "/subscribe": ["/subscribe"],
    "/slots": ["/slots?host=moskva&city=izhevsk"],
    "/practices/new": ["/practices/new?city=moskva"],
    "/practices/{practice_id}/edit": [f"/practices/{DRAFT}/edit"],
    "/practices/{practice_id}/adopt": [f"/practices/{PRACTICE}/adopt?city=izhevsk"],
    "/cities/{slug}/practices": ["/cities/moskva/practices"],
    "/cities/{slug}/people": ["/cities/moskva/people"],
    "/cities/{slug}/organisations": ["/cities/moskva/organisations"],
    "/cities/{slug}/organisations/{organisation_id}": [f"/cities/moskva/organisations/{PLACE}"],
    "/cities/{slug}/profile": ["/cities/moskva/profile"],
    "/cities/{slug}/webhooks": ["/cities/moskva/webhooks"],
    "/cities/{slug}/webhooks/{webhook_id}": [f"/cities/moskva/webhooks/{HOOK}"],
    "/cities/{slug}/audit": ["/cities/moskva/audit"],
    "/moderation": ["/moderation"],
    "/moderation/cities/{city}": ["/moderation/cities/perm", "/moderation/cities/ufa", "/moderation/cities/moskva"],
    "/moderation/audit": ["/moderation/audit?service=registry"],
    "/moderation/mails": ["/moderation/mails"],
    "/moderation/moderators": ["/moderation/moderators"],
    "/traces": ["/traces"],
    "/traces/{trace_id}": [f"/traces/{TRACE}"],
}
AGAIN = ["/", f"/events/{EVENT}", f"/practices/{PRACTICE}", f"/practices/{DRAFT}", "/cities/moskva", "/apply"]
"""Public pages that show more to whoever is signed in."""
REFUSED = [
    (f"/practices/{DRAFT}/edit", f"/practices/{DRAFT}", 2),
    ("/apply", "/cities", 0),
    ("/cities/moskva/webhooks", "/cities/moskva/webhooks", 0),
]
"""Forms that are sent and come back with their faults: where, the gateway's path, and which button of the form."""
FAULTS = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
    .map((one) => `${one.id}: ${one.nodes[0].target}`)"""
"""Axe need not say at length what is right."""
OUTSIDE = """() => [...document.querySelectorAll('.card, .panel, fieldset')].flatMap((box) => {
    const edge = box.getBoundingClientRect().right + 1;
    return [...box.querySelectorAll(':not(svg, svg *, .hidden, .hidden *)')]
        .filter((one) => one.getBoundingClientRect().right > edge).map((one) => one.outerHTML.slice(0, 80));
})"""
"""What sticks out of its card though the page itself does not."""
UNDRAWN = """() => {
    const stops = document.querySelectorAll('a, button, input, select, textarea, summary, [tabindex]');
    return [...stops].filter((one) => {
        one.focus();
        const style = getComputedStyle(one), drawn = parseFloat(style.outlineWidth) && style.outlineStyle !== 'none';
        return document.activeElement === one && !drawn && style.boxShadow === 'none' || one.tabIndex > 0;
    }).map((one) => one.outerHTML.slice(0, 80));
}"""
"""Where the focus is that cannot be seen, or that jumps ahead of its turn."""
LONG_WORD = "высокопревосходительствующий" * 2
LONG_MAIL = "konstantin.konstantinopolskiy-zavoykinskiy@departament-obrazovaniya.izhevsk.example"
WRITTEN = {"name", "title", "summary", "does_not_apply", "words", "remark", "text", "address", "authority", "region"}
WRITTEN |= {"organisation", "dietary", "access", "reason", "indicator", "number", "evidence"}
HEAVIEST = 100_000
SIZES = {one: {"width": one, "height": 800} for one in (360, 1280)}
WEIGHT = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .reduce((sum, one) => sum + one.encodedBodySize, 0)"""


def test_every_route_is_visited():
    routes = {route.path for room in ROOMS for route in room.routes if "GET" in route.methods}
    assert routes == NO_PAGES | PUBLIC.keys() | OWN.keys()


@pytest.mark.timeout(240)
async def test_every_page_is_accessible_and_fits(window, enter, served, gateways):
    fault = {"field": "summary", "message": "Заполните"}, {"field": "address", "message": "Заполните"}
    for _, path, _ in REFUSED:
        for method in ("POST", "PUT"):
            gateways.answers[method, path] = problem(422, "invalid-request", "Неверно", errors=[*fault])
    async with (
        window(locale="ru", color_scheme="light", viewport=SIZES[360]) as narrow,
        window(locale="en", color_scheme="dark", viewport=SIZES[1280]) as wide,
    ):
        faults = await asyncio.gather(_visit(narrow, 360, served, enter), _visit(wide, 1280, served, enter))
        assert [*faults[0], *faults[1]] == []
        assert [one for one in (*narrow.said, *wide.said) if "404" not in one and "422" not in one] == []


def strained(value, key=""):
    """What people wrote, as long and as hard to break as people write it."""
    if callable(value):
        return lambda query: strained(value(query))
    if isinstance(value, dict):
        return {name: strained(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [strained(one, key) for one in value]
    if isinstance(value, str) and key in WRITTEN:
        return f"{value} {LONG_WORD}"
    return LONG_MAIL if isinstance(value, str) and "@" in value else value


@pytest.mark.timeout(120)
async def test_long_words_and_addresses_fit_a_phone(window, enter, served, gateways):
    gateways.answers = {asked: strained(answer) for asked, answer in gateways.answers.items()}
    async with window(locale="ru", viewport=SIZES[360]) as page:
        await enter(page)
        found = []
        for path in [path for table in (PUBLIC, OWN) for paths in table.values() for path in paths]:
            answer = await page.goto(served + path)
            if (wide := await page.evaluate("document.documentElement.scrollWidth")) > SIZES[360]["width"]:
                found.append((path, f"is {wide} px wide"))
            found.extend((path, f"outside its card: {one}") for one in await page.evaluate(OUTSIDE))
            assert answer.status == 200, path
        assert found == []


async def _visit(page, width, served, enter):
    """Go everywhere; returns what is wrong, page by page."""
    found = []
    await page.add_init_script(Axe().axe_script)

    async def look(path):
        for other in (1640 - width, width):
            await page.set_viewport_size(SIZES[other])
            found.extend((path, other, fault) for fault in await page.evaluate(FAULTS))
            if await page.evaluate("document.documentElement.scrollWidth") > other:
                found.append((path, f"sticks out at {other} px"))
            found.extend((path, other, f"outside its card: {one}") for one in await page.evaluate(OUTSIDE))
        found.extend((path, f"the focus is not drawn: {one}") for one in await page.evaluate(UNDRAWN))
        weight = await page.evaluate(WEIGHT)
        if not 0 < weight <= HEAVIEST:
            found.append((path, f"weighs {weight} bytes"))

    async def go(path, status=200):
        answer = await page.goto(served + path)
        if answer.status != status:
            found.append((path, f"answers {answer.status}"))
        await look(path)

    for path in [path for paths in PUBLIC.values() for path in paths]:
        await go(path)
    await go("/nowhere", 404)
    await enter(page)
    for path in [*AGAIN, *(path for paths in OWN.values() for path in paths)]:
        await go(path)
    for path, _, button in REFUSED:
        await page.goto(served + path)
        forms = page.locator("main form[method=post]:not([action='/logout'])")
        async with page.expect_navigation():
            await forms.last.evaluate(
                "(form, no) => { form.noValidate = true; form.requestSubmit(form.querySelectorAll('button')[no]); }",
                button,
            )
        await page.wait_for_load_state()
        await look(f"{path} refused")
    return found
