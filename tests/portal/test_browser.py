"""What scripts add, in a real browser. That every page is accessible and fits is in ``test_every_page``."""

import json

import pytest
from playwright.async_api import expect

from vzaimo.portal.samples import PAST, ROOM
from vzaimo.portal.testing import EVENT, REQUEST, delegate, me, request

PASTE = """([name, text]) => {
    for (const one of document.querySelectorAll('[required]')) one.required = false;
    const into = document.querySelector(`[name=${name}]`);
    into.value = text.repeat(10 * 2 ** 20 / new Blob([text]).size);
    into.dispatchEvent(new Event('input', {bubbles: true}));
    return into.value.length;
}"""
"""Ten megabytes, as from a clipboard: typing them would take an hour."""


async def test_scripts_add_what_they_promise(window, enter, served, gateways):
    gateways.answers["registry", "/me"] = me(("coordinator", "moskva"))
    async with window(locale="ru", viewport={"width": 1280, "height": 800}) as page:
        await page.goto(served + "/events")
        await page.goto(served + f"/events/{EVENT}")
        assert "у вас 19:00" in await page.inner_text("main"), "the reader's zone is known from the second page on"
        await page.goto(served + "/events")
        await page.select_option("[name=mode]", "remote")
        await page.wait_for_url("**/events?*mode=remote*")
        assert [one for one in gateways.asked if one.url.params.get("mode") == "remote"]
        await enter(page)
        await page.goto(served + f"/requests/{REQUEST}")
        assert await page.inner_text("[data-left]") == "8"
        await page.uncheck("[name=delegate] >> nth=0", force=True)
        assert await page.inner_text("[data-left]") == "9"
        assert page.said == []


async def test_lines_are_dragged_and_moved_by_keyboard_and_people_counted_at_the_door(window, enter, served, gateways):
    people = [delegate(no, name) for no, name in enumerate(("Анна", "Борис", "Вера"), 1)]
    gateways.answers["requests", f"/requests/{REQUEST}"] = request(status="draft", delegates=people)
    async with window(locale="ru", viewport={"width": 1280, "height": 1600}) as page:
        await enter(page)
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


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "scripts, path, large, text, other",
    [
        (False, f"/requests/{REQUEST}/edit", "table", "Анна\tучитель\n", "name"),
        (True, "/needs/new?city=izhevsk", "words", "я", "heads"),
    ],
)
async def test_ten_megabytes_are_refused_in_words_and_nothing_is_lost(
    window, enter, served, gateways, scripts, path, large, text, other
):
    async with window(locale="ru", viewport={"width": 360, "height": 800}, java_script_enabled=scripts) as page:
        await enter(page)
        await page.goto(served + path)
        await page.fill(f"[name={other}] >> nth=0", "55")
        size = await page.evaluate(PASTE, [large, text])
        await page.press(f"[name={other}] >> nth=0", "Enter")
        told = "Она не отправлена, введённое на месте" if scripts else "Вернитесь кнопкой «Назад»"
        await expect(page.get_by_text(told)).to_be_visible(timeout=60_000)
        if scripts:
            assert await page.evaluate("document.activeElement.id") == "too-large"
        else:
            await page.go_back(timeout=60_000)
        assert await page.input_value(f"[name={other}] >> nth=0") == "55"
        assert await page.evaluate("(name) => document.querySelector(`[name=${name}]`).value.length", large) == size
        assert not gateways.sent()


async def test_what_is_not_too_large_is_sent(window, enter, served, gateways):
    async with window(locale="ru") as page:
        await enter(page)
        await page.goto(served + f"/requests/{REQUEST}/edit")
        await page.click("details summary")
        await page.fill("[name=table]", "Глеб\tучитель\n")
        await page.click("button[value=paste]")
        await expect(page.locator(".reading")).to_contain_text("Прочитан 1 человек")
        assert await page.evaluate("document.activeElement.className") == "panel reading"


async def test_enter_sends_numbers_and_looks_again_at_names(window, enter, served, gateways):
    async with window(locale="ru") as page:
        await enter(page)
        for mode, field in (("in_person", "[name=name] >> nth=0"), ("remote", "[name=heads-director]")):
            await page.goto(f"{served}/events/{EVENT}/ask?city=tver&mode={mode}")
            await page.fill(field, "5")
            async with page.expect_navigation():
                await page.press(field, "Enter")
            assert len([one for one in gateways.sent() if one.url.path == "/v1/requests"]) == (mode == "remote")
