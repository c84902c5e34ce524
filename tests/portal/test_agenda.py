"""The month: on which days an event stands."""

import re

import pytest

from vzaimo.portal.testing import event

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
