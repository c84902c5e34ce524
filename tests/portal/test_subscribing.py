"""Feeds to subscribe to, and links that are shown once."""

import json

import httpx2
import pytest

from vzaimo.portal.testing import EVENT, REQUEST, event, me, problem, request

SECRET = "http://calendar.example/v1/feeds/private/s3cret.ics"
LINKS = f"/events/{EVENT}/links"


async def test_public_feeds_are_there_for_everybody(browser, gateways):
    gateways.answers["registry", "/topics"] = [{"id": "mesh", "name": "Электронная школа", "version": 1}]
    text = (await browser.get("/subscribe")).text
    for path in ("events", "modes/remote", "topics/mesh", "cities/izhevsk"):
        assert f'href="webcal://calendar.example/v1/feeds/{path}.ics"' in text
        assert f'href="http://calendar.example/v1/feeds/{path}.ics"' in text
    assert "/feeds/events.atom" in text
    assert 'action="/subscribe/private"' not in text
    assert not [one for one in gateways.asked if one.url.path.endswith("/feeds/private")]


async def test_a_private_feed_is_shown_once(member, gateways):
    gateways.answers["calendar", "/feeds/private"] = {"made_at": None}
    page = await member.get("/subscribe")
    assert "/revoke" not in page.text
    made = {"token": "s3cret", "url": SECRET, "version": 1}
    gateways.answers["POST", "/feeds/private"] = httpx2.Response(201, json=made)
    answer = await member.send(page, "/subscribe/private")
    assert f'value="{SECRET}"' in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert gateways.sent()[0].headers["idempotency-key"]
    gateways.answers["POST", "/feeds/private"] = httpx2.Response(
        201, json={"id": "x", "version": 1}, headers={"Idempotency-Replayed": "true"}
    )
    assert "уже был показан" in (await member.send(page, "/subscribe/private")).text
    gateways.answers["calendar", "/feeds/private"] = {"made_at": "2026-10-01T00:00:00Z"}
    page = await member.get("/subscribe")
    assert "s3cret" not in page.text
    assert (await member.send(page, "/subscribe/private/revoke")).headers["location"] == "/subscribe"
    assert gateways.sent("DELETE")[0].url.path == "/v1/feeds/private"


@pytest.mark.parametrize("path", ["/subscribe/private", "/subscribe/private/revoke"])
async def test_a_refusal_about_the_private_feed_is_said(member, gateways, path):
    for method in ("POST", "DELETE"):
        gateways.answers[method, "/feeds/private"] = problem(404, "unknown-feed", "Такого личного календаря нет")
    answer = await member.post(path, {"_key": "k"})
    assert answer.status_code == 404
    assert "Такого личного календаря нет" in answer.text


@pytest.fixture
def webinar(gateways):
    sessions = [{**event()["sessions"][0], "joinable": True}]
    gateways.answers["calendar", f"/events/{EVENT}"] = event(mode="remote", sessions=sessions)
    old = {"id": EVENT, "event": EVENT, "city": "izhevsk", "made_at": "2026-09-01T00:00:00Z"}
    links = [{**old, "id": REQUEST}, {**old, "revoked_at": "2026-09-02T00:00:00Z"}]
    gateways.answers["calendar", f"/events/{EVENT}/share-links"] = links
    gateways.answers["requests", "/requests"] = [request(mode="remote", status="confirmed")]


@pytest.mark.usefixtures("webinar")
async def test_a_city_shares_a_link_and_takes_it_back(member, gateways):
    page = await member.get(LINKS)
    assert f'action="{LINKS}/{REQUEST}/revoke"' in page.text
    assert f'action="{LINKS}/{EVENT}/revoke"' not in page.text, "it was taken back"
    url = "http://calendar.example/v1/join/s3cret"
    gateways.answers["POST", f"/events/{EVENT}/share-links"] = httpx2.Response(201, json={"id": REQUEST, "url": url})
    answer = await member.send(page, LINKS)
    assert f'value="{url}"' in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert json.loads(gateways.sent()[0].content) == {"city": "izhevsk"}
    answer = await member.send(page, f"{LINKS}/{REQUEST}/revoke")
    assert answer.headers["location"] == LINKS
    assert gateways.sent("DELETE")[0].url.path == f"/v1/events/{EVENT}/share-links/{REQUEST}"


@pytest.mark.usefixtures("webinar")
@pytest.mark.parametrize(
    "role, granted, joins, shares",
    [("coordinator", 2, True, True), ("coordinator", 0, False, False), ("viewer", 2, True, False)],
)
async def test_links_are_for_those_with_a_remote_seat(member, gateways, role, granted, joins, shares):
    gateways.answers["registry", "/me"] = me((role, "izhevsk"))
    gateways.answers["requests", "/requests"] = [request(mode="remote", granted=granted)]
    text = (await member.get(LINKS)).text
    assert (f'href="/v1/events/{EVENT}/join"' in text) is joins
    assert (f'action="{LINKS}"' in text) is shares


async def test_there_is_nothing_to_join_in_person(member):
    text = (await member.get(LINKS)).text
    assert "Подключаться пока не к чему" in text
    assert f"/feeds/events/{EVENT}.ics" in text
    assert 'action="/events' not in text
