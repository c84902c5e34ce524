"""The month: on which days an event stands."""

import re

import pytest

from vzaimo.portal.testing import EVENT, event, me

LATE = {"starts_at": "2040-10-04T07:00:00Z", "ends_at": "2040-10-05T14:00:00Z"}


@pytest.mark.parametrize(
    "mode, days",
    [("in_person", ["4", "5"]), ("hybrid", ["4", "5"]), ("remote", ["4", "5", "6"])],
)
async def test_whoever_travels_reads_the_venues_days_and_whoever_connects_their_own(browser, gateways, mode, days):
    gateways.answers["calendar", "/events"] = [event(mode=mode, **LATE)]
    browser.http.cookies.set("zone", "Asia/Kamchatka")
    page = (await browser.get("/events/month?of=2040-10")).text
    busy = [cell for cell in re.findall(r"<td.*?</td>", page, re.DOTALL) if 'class="entry' in cell]
    assert [re.search(r'class="no">\D*(\d+)', cell)[1] for cell in busy] == days
    (asked,) = [one for one in gateways.asked if one.url.path == "/v1/events"]
    assert asked.url.params["starts_from"] == "2040-09-30T00:00:00+12:00", "a venue's day may begin earlier"


@pytest.mark.parametrize("status, open_still", [("announced", True), ("completed", False)])
async def test_what_is_over_offers_no_seats_and_asks_for_no_decision(member, gateways, status, open_still):
    gateways.answers["registry", "/me"] = me(("coordinator", "moskva"))
    gateways.answers["calendar", f"/events/{EVENT}"] = event(status=status)
    gateways.answers["calendar", "/events"] = [event(status=status)]
    page = (await member.get(f"/events/{EVENT}")).text
    assert ("мест свободно" in page, "Мероприятие прошло" in page) == (open_still, not open_still)
    assert ("мест свободно" in (await member.get("/events")).text) is open_still
    assert ("Решите до" in (await member.get(f"/events/{EVENT}/requests")).text) is open_still
