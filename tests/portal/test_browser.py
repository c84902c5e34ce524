"""What scripts add, in a real browser. That every page is accessible and fits is in ``test_every_page``."""

import json

from vzaimo.portal.samples import PAST, ROOM
from vzaimo.portal.testing import EVENT, REQUEST, delegate, me, request


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


async def test_what_was_typed_is_still_there_when_it_was_too_much_at_once(window, enter, served, gateways, monkeypatch):
    monkeypatch.setattr("vzaimo.portal.house.guard.LONGEST_BODY", 20_000)
    async with window(locale="ru", viewport={"width": 360, "height": 800}) as page:
        await enter(page)
        await page.goto(served + f"/requests/{REQUEST}/edit")
        await page.fill("[name=name] >> nth=0", "Софья Ёлкина")
        await page.click("details summary")
        await page.fill("[name=table]", "Анна\tучитель\n" * 1000)
        await page.click("button[value=paste]")
        assert "Слишком много сразу" in await page.inner_text("main")
        await page.go_back()
        assert await page.input_value("[name=name] >> nth=0") == "Софья Ёлкина"
