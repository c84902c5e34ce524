"""A visit in four browsers at once: each inbox counts what is new without being loaded again."""

import httpx2
import pytest
from playwright.async_api import expect

from vzaimo.kit.testing import eventually
from vzaimo.portal.testing import Browser


class Person:
    """Somebody with a window of their own, whose inbox stays open in another one."""

    def __init__(self, page, inbox):
        self.page = page
        self._inbox = inbox
        self._heard = None

    @classmethod
    async def come(cls, browser, url, name):
        context = await browser.new_context(base_url=url, locale="ru")
        async with httpx2.AsyncClient(base_url=url, timeout=30) as http:
            await Browser(http).sign_in(code=name)
            cookies = [{"name": key, "value": value, "url": url} for key, value in http.cookies.items()]
        await context.add_cookies(cookies)
        person = cls(await context.new_page(), await context.new_page())
        await person._inbox.goto("/inbox")
        await person._inbox.evaluate("window.sameDocument = true")
        person._heard = await person._count()
        return person

    async def hears(self):
        """The inbox counts more than before, in the window that was never loaded again."""

        async def more():
            return await self._count() > self._heard

        await eventually(more, "news", patience=40)
        assert await self._inbox.evaluate("window.sameDocument")
        await expect(self._inbox.locator("#more-news")).to_be_visible()
        self._heard = await self._count()

    async def _count(self):
        return int(await self._inbox.get_attribute("#unread", "data-unread"))

    async def press(self, text):
        await self.page.get_by_role("button", name=text, exact=True).click()

    async def sees(self, text):
        """Loading the page anew until it says so: another service tells it."""

        async def said():
            if text in await self.page.inner_text("main"):
                return True
            await self.page.reload()
            return False

        await eventually(said, text, patience=40)


@pytest.fixture
def windows(doors):
    """Opens windows at the portal, for several people at once."""
    browser, url = doors

    async def come(*names):
        return [await Person.come(browser, url, name) for name in names]

    return come


async def asks(guest, event, city, people):
    """A city asks for these people to attend."""
    await guest.page.goto(f"/events/{event}")
    await guest.page.get_by_role("link", name=f"Запросить участие: {city}").click()
    for no, name in enumerate(people, 1):
        await guest.page.get_by_label(f"Имя и фамилия, {no}", exact=True).fill(name)
        await guest.page.get_by_label(f"Роль, {no}", exact=True).select_option("teacher")
    await guest.press("Отправить запрос")
    await expect(guest.page.get_by_text("Запрос отправлен")).to_be_visible()
    return guest.page.url


@pytest.mark.timeout(180)
@pytest.mark.parametrize("urls", ["sqlite"], indirect=True)
async def test_a_visit_in_four_browsers_that_is_moved_and_passed_on(world, windows):
    await world.settle_cities("moskva", "izhevsk", "tver")
    host, first, second, moderator = await windows("moskva", "izhevsk", "tver", "moderator")

    await host.page.goto("/plans/new?host=moskva")
    for name, value in {"title": "Визит", "session-title": "Школа", "session-site": "Школа № 1560"}.items():
        await host.page.fill(f"[name={name}] >> nth=0", value)
    await host.page.fill("[name=session-starts] >> nth=0", "2026-10-20T10:00")
    await host.page.fill("[name=session-ends] >> nth=0", "2026-10-20T17:00")
    await host.page.check("[name=audience][value=teacher]")
    await host.page.fill("[name=capacity-in_person]", "2")
    await host.press("Объявить")
    await expect(host.page.get_by_text("Мероприятие объявлено")).to_be_visible()
    event = host.page.url.rpartition("/")[2]
    await world.agreed(event, (0, 0, 0))

    asked = [
        await asks(first, event, "Ижевск", ["Анна", "Борис"]),
        await asks(second, event, "Тверь", ["Вера"]),
    ]
    await host.hears()
    for request, guest in zip(asked, (first, second), strict=True):
        await host.page.goto(request)
        for box in await host.page.locator("[name=delegate]").all():
            await box.check()
        await host.press("Принять отмеченных")
        await guest.hears()
    await second.sees("В очереди")
    await first.sees("Одобрен")
    await first.press("Подтвердить участие")
    await first.sees("Подтверждён")

    await host.page.goto(f"/events/{event}/manage")
    await host.page.get_by_role("link", name="Перенести, сменить место или форму").click()
    await host.page.fill("[name=session-starts] >> nth=0", "2026-10-27T10:00")
    await host.page.fill("[name=session-ends] >> nth=0", "2026-10-27T17:00")
    await host.press("Сдвинуть сроки вместе с началом")
    await host.page.locator(".actions").get_by_role("button", name="Посмотреть, что изменится").click()
    touched = host.page.locator("tr", has_text="С местами")
    assert [await cell.inner_text() for cell in await touched.locator("td").all()][:3] == ["С местами", "1", "2"]
    await host.press("Перенести и сообщить городам")
    await expect(host.page.get_by_text("Мероприятие перенесено")).to_be_visible()

    await first.hears()
    await second.hears()
    await first.sees("Подтвердите заново")
    await first.press("Подтвердить заново")
    await first.sees("Подтверждён")
    await first.page.get_by_text("Отозвать запрос").click()
    await first.press("Да, точно")
    await first.sees("Отозван")
    await second.hears()
    await second.sees("Одобрен")
    await host.hears()
    await moderator.page.goto("/moderation/audit?service=requests")
    await moderator.sees("Места даны")
    assert await world.seats(event) == (1, 0, 0)
