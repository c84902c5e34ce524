"""The way to a join link: who is led there, and that the link and the secrets that lead to it stay where they are."""

import logging
from datetime import timedelta

import pytest
from opentelemetry import trace
from prometheus_client import generate_latest

from vzaimo.contracts.calendar import SeatMode
from vzaimo.kit.ids import new_id

LINK = "https://join.example/hidden"


def kind(answer):
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


@pytest.fixture
async def people(calendar, foreign):
    await foreign.city("tver", "boris", name="Тверь")
    await foreign.city("perm", "galina")
    await foreign.role("vera", "viewer", "izhevsk")
    await foreign.role("robot", "service", "izhevsk", scopes=("events",))
    await foreign.role("other-robot", "service", "tver", scopes=("events",))
    await calendar.known("boris", "galina", "vera", "robot", "other-robot")


@pytest.fixture
async def webinar(announce, remote, people):
    return await announce(remote)


async def share(calendar, event, who="boris", city="tver"):
    return await calendar.call("POST", f"/events/{event}/share-links", who, {"city": city})


async def led(calendar, path, who=None):
    answer = await calendar.call("GET", path, who)
    if answer.status_code != 303:
        return kind(answer)
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.headers["referrer-policy"].split(", ")) == {"no-referrer"}
    return answer.headers["location"]


async def test_a_city_joins_while_it_has_a_remote_seat(calendar, webinar, grant):
    path = f"/events/{webinar}/join"
    of = await grant(webinar, granted=0, status="submitted")
    assert await led(calendar, path, "boris") == (403, "no-remote-seat")
    await grant(webinar, of=of, version=2)
    assert await led(calendar, path, "boris") == LINK
    await grant(webinar, of=of, version=3, granted=0, status="withdrawn")
    assert await led(calendar, path, "boris") == (403, "no-remote-seat")
    await grant(webinar, "perm", mode=SeatMode.IN_PERSON)
    assert await led(calendar, path, "galina") == (403, "no-remote-seat")


async def test_without_a_session_the_present_or_the_next_is_joined(calendar, announce, remote, clock):
    first = remote["sessions"][0]
    second = {**first, "starts": "2026-10-05T10:00", "ends": "2026-10-05T12:00", "join_link": f"{LINK}-2"}
    event = await announce({**remote, "sessions": [first, second]})
    sessions = (await calendar.call("GET", f"/events/{event}")).json()["sessions"]
    path = f"/events/{event}/join"
    assert await led(calendar, path, "anna") == LINK
    assert await led(calendar, f"{path}?session={sessions[1]['id']}", "anna") == f"{LINK}-2"
    assert await led(calendar, f"{path}?session={new_id()}", "anna") == (404, "unknown-session")
    clock.advance(timedelta(days=7, hours=6))
    assert await led(calendar, path, "anna") == f"{LINK}-2"
    clock.advance(timedelta(days=1))
    assert await led(calendar, path, "anna") == (410, "event-over")


async def test_what_is_not_joined_says_so(calendar, announce, plan, remote, people):
    draft = await calendar.done("POST", "/events", "anna", remote)
    assert await led(calendar, f"/events/{draft}/join", "anna") == (404, "unknown-event")
    visit = await announce(plan)
    assert await led(calendar, f"/events/{visit}/join", "anna") == (404, "no-join-link")
    webinar = await announce(remote)
    await calendar.done("POST", f"/events/{webinar}/cancel", "anna", {"reason": "force-majeure"})
    assert await led(calendar, f"/events/{webinar}/join", "boris") == (410, "event-called-off")
    assert kind(await share(calendar, webinar)) == (410, "event-called-off")


async def test_a_delegation_joins_by_its_citys_share_link_until_it_is_revoked_or_over(calendar, webinar, grant, clock):
    assert kind(await share(calendar, webinar)) == (403, "no-remote-seat")
    of = await grant(webinar)
    kept, revoked = [(await share(calendar, webinar)).json() for _ in range(2)]
    path = kept["url"].removeprefix("http://service/v1")
    assert await led(calendar, path) == LINK
    assert await led(calendar, "/join/made-up") == (404, "unknown-share-link")
    listed = await calendar.call("GET", f"/events/{webinar}/share-links", "boris")
    assert {one["id"] for one in listed.json()["items"]} == {kept["id"], revoked["id"]}
    assert path.rpartition("/")[2] not in listed.text
    assert (await calendar.call("GET", f"/events/{webinar}/share-links", "galina")).json()["items"] == []
    for _ in range(2):
        await calendar.done("DELETE", f"/events/{webinar}/share-links/{revoked['id']}", "boris")
    assert await led(calendar, revoked["url"].removeprefix("http://service/v1")) == (410, "share-link-revoked")
    await grant(webinar, of=of, version=2, granted=0, status="withdrawn")
    assert await led(calendar, path) == (403, "no-remote-seat")
    await grant(webinar, of=of, version=3)
    assert await led(calendar, path) == LINK
    clock.advance(timedelta(days=8))
    assert await led(calendar, path) == (410, "event-over")


@pytest.fixture
def spans(monkeypatch):
    """Spans of this test alone, as a tracing backend would get them."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    provider, exporter = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    return exporter.get_finished_spans


async def test_secrets_in_paths_reach_no_log_no_metric_no_span_and_no_fact(calendar, webinar, grant, caplog, spans):
    await grant(webinar)
    caplog.set_level(logging.DEBUG, "vzaimo")
    secret = (await share(calendar, webinar)).json()["url"].rpartition("/")[2]
    token = (await calendar.call("POST", "/feeds/private", "boris")).json()["token"]
    assert await led(calendar, f"/join/{secret}") == LINK
    assert (await calendar.call("GET", f"/feeds/private/{token}.ics")).is_success
    assert (await calendar.call("GET", f"/join/{secret}/more")).status_code == 404
    metrics = generate_latest(calendar.service.metrics.registry).decode()
    told = "".join(span.to_json() for span in spans())
    facts = "".join(fact.model_dump_json() for fact in await calendar.facts())
    assert "GET /join/{secret} 303" in caplog.text
    assert 'route="/join/{secret}"' in metrics
    assert "/v1/feeds/private" in told
    for hidden in (secret, token, LINK):
        assert not [name for name, text in (("log", caplog.text), ("metric", metrics)) if hidden in text]
        assert hidden not in told + facts


PEOPLE = {
    "public": None,
    "stranger": "stranger",
    "viewer": "vera",
    "guest": "boris",
    "other guest": "galina",
    "host": "anna",
    "moderator": "mod",
    "service": "robot",
    "other service": "other-robot",
}
NOBODY = {"public": 401, "stranger": 403}
GUESTS_OWN = {**NOBODY, "viewer": 403, "other guest": 403, "host": 403, "moderator": 403, "service": 403}
CELLS = {
    "feed": {},
    "one event's feed": {},
    "announcements": {},
    "private feed": {},
    "look for a private feed": NOBODY,
    "make a private feed": NOBODY,
    "stop a private feed": NOBODY,
    "join": {**NOBODY, "other guest": 403, "moderator": 403, "other service": 403},
    "join by link": {},
    "share": {**GUESTS_OWN, "other service": 403},
    "list share links": NOBODY,
    "revoke": {**dict.fromkeys(GUESTS_OWN, 404), **NOBODY, "other service": 404},
}


async def test_who_may_do_what(calendar, webinar, grant):
    await grant(webinar)
    token = (await calendar.call("POST", "/feeds/private", "boris")).json()["token"]
    link = (await share(calendar, webinar)).json()
    sent = {
        "feed": ("GET", "/feeds/events.ics"),
        "one event's feed": ("GET", f"/feeds/events/{webinar}.ics"),
        "announcements": ("GET", "/feeds/events.atom"),
        "private feed": ("GET", f"/feeds/private/{token}.ics"),
        "look for a private feed": ("GET", "/feeds/private"),
        "make a private feed": ("POST", "/feeds/private"),
        "stop a private feed": ("DELETE", "/feeds/private"),
        "join": ("GET", f"/events/{webinar}/join"),
        "join by link": ("GET", link["url"].removeprefix("http://service/v1")),
        "share": ("POST", f"/events/{webinar}/share-links", {"city": "tver"}),
        "list share links": ("GET", f"/events/{webinar}/share-links"),
        "revoke": ("DELETE", f"/events/{webinar}/share-links/{link['id']}"),
    }
    found = {action: {} for action in sent}
    for action, (method, path, *body) in sent.items():
        for who, subject in PEOPLE.items():
            status = (await calendar.call(method, path, subject, *body)).status_code
            if status >= 400:
                found[action][who] = status
    assert found == CELLS
