"""What scripts add, in a real browser. That every page is accessible and fits is in ``test_every_page``."""

from vzaimo.portal.testing import EVENT, REQUEST, me


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
