"""A coordinator's day without a mouse: Tab, Shift+Tab, Enter, Space, Escape, arrows and typing, and nothing else.

Whoever works so sees at each step where they are: the focus is drawn, uncovered, and goes on as one reads.
"""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import expect

FARTHEST = 120
"""Steps to anything on a page; more is a page that nobody walks."""
HERE = """() => {
    const one = document.activeElement, before = window.cameFrom;
    window.cameFrom = one;
    const name = one.getAttribute('aria-label') ?? one.labels?.[0]?.innerText ?? one.innerText;
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    const drawn = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none';
    const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
    const seen = document.elementFromPoint(x, y);
    const uncovered = seen !== null && (seen.contains(one) || one.contains(seen));
    const part = (of) => of.closest('form, nav, table, section, article, header, footer');
    let way = 0;
    if (before && before !== one && before.isConnected && part(before) === part(one)) {
        const was = before.getBoundingClientRect();
        if (box.top >= was.bottom) way = 1;
        else if (box.bottom <= was.top) way = -1;
        else way = Math.sign(box.left - was.left);
    }
    return {name: name.trim(), tag: one.localName, drawn, uncovered, way};
}"""
"""What has the focus, and where that lies against what had it before in the same part of the page."""


class Hands:
    """Somebody who has a keyboard and eyes."""

    def __init__(self, page):
        self.page = page

    async def reach(self, name, *, back=False):
        """Go by Tab to what is called so; each stop on the way can be seen, and lies further on."""
        passed = []
        for _ in range(FARTHEST):
            await self.page.keyboard.press("Shift+Tab" if back else "Tab")
            here = await self.page.evaluate(HERE)
            passed.append(here["name"])
            if here["tag"] == "body":
                continue  # past the last, and on to the first
            assert here["drawn"], f"the focus is not drawn: {here}"
            assert here["uncovered"], f"the focus is out of sight: {here}"
            assert here["way"] != (1 if back else -1), f"against the order of reading: {passed[-2:]}"
            if here["name"].startswith(name):
                return
        raise AssertionError(f"{name} is not among {passed}")

    async def press(self, *keys):
        for key in keys:
            await self.page.keyboard.press(key)

    async def write(self, text):
        await self.page.keyboard.type(text)

    async def choose(self, text):
        """Go down a list to what is called so."""
        while await self.focused("selectedOptions[0].text") != text:
            before = await self.focused("selectedIndex")
            await self.press("ArrowDown")
            assert await self.focused("selectedIndex") > before, f"{text} is not in the list"

    async def go(self, name, *, back=False):
        """Reach a link or a button that leads on, and follow it."""
        await self.reach(name, back=back)
        async with self.page.expect_navigation():
            await self.press("Enter")

    async def focused(self, attribute):
        return await self.page.evaluate(f"document.activeElement.{attribute}")


@pytest.fixture
async def come(doors):
    """Somebody opens the portal and signs in: the issuer shows who there is, as that of one machine does."""
    browser, url = doors

    async def at_the_issuer(route):
        # The browser cannot reach the issuer to which it is sent: its page stands where the portal's answer would.
        away = await route.fetch(max_redirects=0)
        asked = parse_qs(urlsplit(away.headers["location"]).query)
        back = f"{asked['redirect_uri'][0]}?state={asked['state'][0]}&code="
        people = "".join(f'<li><a href="{back}{name}">{name}</a></li>' for name in ("moskva", "izhevsk"))
        told = {"content-type": "text/html", "set-cookie": away.headers["set-cookie"]}
        await route.fulfill(headers=told, body=f"<!doctype html><title>Who?</title><ul>{people}</ul>")

    async def comes(name):
        context = await browser.new_context(base_url=url, locale="ru", viewport={"width": 1280, "height": 800})
        await context.route(re.compile(r"/login\?"), at_the_issuer)
        hands = Hands(await context.new_page())
        await hands.page.goto("/")
        await hands.go("Войти")
        await hands.go(name)
        await hands.page.wait_for_url(url + "/")
        return hands

    return comes


async def delegation(guest):
    """Two people, whose order is turned; a form that comes back once."""
    await guest.reach("Имя и фамилия, 1")
    await guest.write("Анна")
    await guest.reach("Роль, 1")
    await guest.choose("учитель")
    await guest.reach("Имя и фамилия, 2")
    await guest.write("Борис")
    async with guest.page.expect_navigation():
        await guest.press("Enter")
    assert await guest.focused("value") == "", "more lines: the first that is empty"
    assert await guest.focused("name") == "name"
    await guest.reach("Опустить строку 1", back=True)
    await guest.press("Enter")
    names = await guest.page.eval_on_selector_all("[name=name]", "(all) => all.map((one) => one.value)")
    assert names[:2] == ["Борис", "Анна"]
    assert await guest.focused("ariaLabel") == "Опустить строку 2", "the focus goes along"
    await guest.go("Отправить запрос")
    assert await guest.focused("role") == "alert", "what is wrong comes first"
    await guest.reach("Роль, 1")
    await guest.choose("директор")
    await guest.go("Отправить запрос")
    await expect(guest.page.get_by_text("Запрос отправлен")).to_be_visible()


async def need(guest):
    """What the city wants to learn."""
    await guest.go("Чему учиться")
    await guest.go("Хотим научиться: Ижевск")
    await guest.reach("Своими словами")
    await guest.write("Хотим увидеть")
    await guest.reach("учителя")
    await guest.press("Space")
    await guest.reach("Сколько человек")
    await guest.write("5")
    await guest.reach("Форма")
    await guest.press("ArrowDown")
    # Dates that read alike in every order of day and month.
    for label, date in (("Не раньше", "11112026"), ("Не позже", "12122026")):
        await guest.reach(label)
        await guest.write(date)
    await guest.go("Опубликовать")
    await expect(guest.page.get_by_text("Запрос опубликован")).to_be_visible()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("urls", ["sqlite"], indirect=True)
async def test_a_day_without_a_mouse(world, come):
    await world.settle_cities("moskva", "izhevsk")
    await world.done("registry", "PUT", "/topics/mesh", "moderator", {"name": "Электронная школа"})
    event = await world.announce()
    await world.agreed(event, (0, 0, 0))
    guest, host = await come("izhevsk"), await come("moskva")

    await guest.press("Tab")
    assert await guest.focused("innerText") == "К содержанию"
    await guest.press("Enter", "Tab")
    assert await guest.page.evaluate("document.querySelector('main').contains(document.activeElement)")
    await guest.page.reload()
    await guest.go("Мероприятия")
    await guest.reach("Форма")
    async with guest.page.expect_response("**/events?*mode=in_person*"):
        await guest.press("ArrowDown")
    await guest.page.wait_for_url("**/events?*mode=in_person*")
    assert await guest.focused("name") == "mode", "what was found is swapped, the focus stays"
    await guest.go("Образовательная среда")
    await guest.go("Запросить участие: Ижевск")
    await delegation(guest)

    await host.go("Мой город")
    await host.go("Решить по запросу: Ижевск")
    await host.reach("2. Анна")
    await host.press("Space")
    assert not await host.focused("checked")
    await host.press("Space")
    await host.go("Принять отмеченных")
    await expect(host.page.get_by_text("Решение принято")).to_be_visible()

    await guest.page.reload()
    await guest.reach("Отозвать запрос")
    await guest.press("Enter")
    await guest.reach("Да, точно")
    await guest.press("Escape")
    assert await guest.focused("innerText") == "Отозвать запрос", "closed, and the focus where it was opened"
    assert not await guest.page.get_by_role("button", name="Да, точно").is_visible()
    await guest.go("Подтвердить участие", back=True)
    await expect(guest.page.get_by_text("Участие подтверждено")).to_be_visible()

    await need(guest)
    await guest.go("Входящие")
    await guest.go("Что присылать на почту")
    await guest.reach("Чему города хотят учиться")
    await guest.press("ArrowDown")
    chosen = await guest.focused("value")
    await guest.go("Сохранить")
    await expect(guest.page.get_by_text("Сохранено.")).to_be_visible()
    assert await guest.page.input_value("[name=mail-needs]") == chosen
    await guest.go("Выйти")
    await expect(guest.page.get_by_text("Вы вышли.")).to_be_visible()
    assert await world.seats(event) == (2, 0, 0)
