"""Calendar as its people use it: over HTTP, on both stores, with a real bus."""

from datetime import timedelta

import pytest

from vzaimo.contracts.calendar import SeatMode
from vzaimo.contracts.requests import Ledger, SeatsChanged
from vzaimo.kit.testing import eventually


def kind(answer):
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def test_a_draft_is_its_citys_own_and_an_announcement_is_everyones(calendar, foreign, drafted):
    assert kind(await calendar.call("GET", f"/events/{drafted}")) == (404, "unknown-event")
    assert kind(await calendar.call("GET", f"/plans/{drafted}", "mod")) == (404, "unknown-event")
    assert (await calendar.call("GET", f"/plans/{drafted}", "anna")).json()["status"] == "draft"
    await calendar.done("POST", f"/events/{drafted}/announce", "anna")
    shown = (await calendar.call("GET", "/events?topic=school-environment&host=izhevsk")).json()["items"]
    assert [(one["id"], one["capacity_requested"]["no"]) for one in shown] == [(drafted, 1)]
    assert [event.name for event in await calendar.facts()] == ["EventAnnounced"]


async def test_seats_are_what_the_ledger_says(calendar, foreign, announced, settled):
    view = await settled(announced, granted=7)
    assert view["seats"][0]["quota"] == 40
    assert view["seats_now"] == [
        {"mode": "in_person", "capacity": 60, "granted": 7, "held": 0, "waiting": 0, "free": 53}
    ]
    assert [event.name for event in await calendar.facts()] == ["EventAnnounced", "CapacitySettled"]


async def test_the_entity_tag_follows_the_seats(calendar, foreign, announced, settled):
    await settled(announced)
    first = await calendar.call("GET", f"/events/{announced}")
    same = await calendar.call("GET", f"/events/{announced}", if_none_match=first.headers["etag"])
    assert same.status_code == 304
    ledger = Ledger(event=announced, host="izhevsk", mode=SeatMode.IN_PERSON, capacity=60, granted=9)
    await foreign.tell(SeatsChanged(aggregate_version=2, ledger=ledger))

    async def changed():
        answer = await calendar.call("GET", f"/events/{announced}", if_none_match=first.headers["etag"])
        return answer.status_code == 200

    await eventually(changed, "another tag")


async def test_more_seats_are_asked_for_one_request_at_a_time(calendar, foreign, announced, settled):
    more = {"seats": [{"mode": "in_person", "capacity": 80}]}
    assert kind(await calendar.call("POST", f"/events/{announced}/capacity", "anna", more)) == (
        409,
        "capacity-request-open",
    )
    await settled(announced)
    await calendar.done("POST", f"/events/{announced}/capacity", "anna", more)
    view = await settled(announced, no=2, capacity=80, version=2)
    assert (view["seats"][0]["capacity"], view["capacity_requested"]) == (80, None)


async def test_bad_plans_are_refused_and_change_nothing(calendar, plan):
    async def refused(**changes):
        return kind(await calendar.call("POST", "/events", "anna", {**plan, "host": "izhevsk", **changes}))

    session = plan["sessions"][0]
    gap = {**session, "starts": "2027-03-28T02:30", "ends": "2027-03-28T05:00"}
    assert await refused(timezone="Europe/Tver") == (422, "unknown-timezone")
    assert await refused(timezone="Europe/Berlin", sessions=[gap]) == (422, "wall-clock-missing")
    assert await refused(sessions=[{**session, "ends": session["starts"]}]) == (422, "session-ends-too-early")
    assert await refused(colour="red") == (422, "invalid-request")
    assert await refused(seats=[{"mode": "in_person", "capacity": "60"}]) == (422, "invalid-request")
    assert await refused(sessions=[{**session, "join_link": "http://plain.example"}]) == (422, "invalid-request")
    assert await refused(sessions=[{**session, "starts": "0001-01-01T00:00"}]) == (422, "invalid-request")
    assert await refused(sessions=[{**session, "ends": "9999-12-31T23:59"}]) == (422, "invalid-request")
    early = {**plan["deadlines"], "apply_opens": "0001-01-01T00:00:00Z"}
    assert await refused(deadlines=early) == (422, "invalid-request")
    assert (await calendar.call("GET", "/plans?host=izhevsk", "anna")).json()["items"] == []


async def test_a_stale_if_match_is_refused(calendar, drafted, plan):
    tag = (await calendar.call("GET", f"/plans/{drafted}", "anna")).headers["etag"]
    fresh = await calendar.call("PUT", f"/events/{drafted}", "anna", {**plan, "title": "Новое"}, if_match=tag)
    assert fresh.status_code == 200
    assert kind(await calendar.call("PUT", f"/events/{drafted}", "anna", plan, if_match=tag)) == (412, "stale")


async def test_an_announced_event_changes_in_its_details_alone(calendar, announced, plan):
    await calendar.done("PUT", f"/events/{announced}", "anna", {**plan, "title": "Новое название"})
    assert (await calendar.call("GET", f"/events/{announced}")).json()["title"] == "Новое название"
    moved = {**plan, "timezone": "Europe/Samara"}
    answer = await calendar.call("PUT", f"/events/{announced}", "anna", moved)
    assert (kind(answer), answer.json()["fields"]) == ((409, "material-change"), ["timezone"])


async def test_deadlines_that_are_ahead_are_put_off_and_said(calendar, announced, plan):
    later = {**plan["deadlines"], "apply_closes": "2026-10-01T12:00:00+03:00"}
    await calendar.done("PUT", f"/events/{announced}", "anna", {**plan, "deadlines": later})
    view = (await calendar.call("GET", f"/events/{announced}")).json()
    assert (view["deadlines"]["apply_closes"], view["schedule_revision"]) == ("2026-10-01T12:00:00+03:00", 1)
    back = await calendar.call("PUT", f"/events/{announced}", "anna", plan)
    assert (kind(back), back.json()["field"]) == ((409, "deadline-binds"), "deadlines.apply_closes")
    assert [fact.name for fact in await calendar.facts()] == ["EventAnnounced", "EventDetailsChanged"]


async def test_an_id_that_no_session_has_is_refused(calendar, drafted, announced, plan):
    invented = [{**plan["sessions"][0], "id": announced}, plan["sessions"][1]]
    for method, path, body in (
        ("POST", "/events", {**plan, "host": "izhevsk", "sessions": invented}),
        ("PUT", f"/events/{drafted}", {**plan, "sessions": invented}),
        (
            "POST",
            f"/events/{announced}/reschedule",
            {**{name: plan[name] for name in ("mode", "timezone", "deadlines")}, "sessions": invented},
        ),
    ):
        answer = await calendar.call(method, path, "anna", body)
        assert (kind(answer), answer.json()["field"]) == ((422, "unknown-planned-session"), "sessions.0.id"), path


async def test_a_join_link_is_shown_to_the_hosts_people_alone(calendar, plan):
    session = {**plan["sessions"][0], "site": None, "join_link": "https://join.example/secret"}
    body = {**plan, "host": "izhevsk", "mode": "remote", "sessions": [session], "seats": []}
    event = await calendar.done("POST", "/events", "anna", body)
    await calendar.done("POST", f"/events/{event}/announce", "anna")
    assert "secret" not in (await calendar.call("GET", f"/events/{event}", "anna")).text
    assert "secret" in (await calendar.call("GET", f"/plans/{event}", "anna")).text
    assert "secret" not in "".join(fact.model_dump_json() for fact in await calendar.facts())


async def test_only_an_active_city_announces(calendar, foreign, drafted):
    await foreign.city("izhevsk", status="suspended", version=2)

    seen = await calendar.call("GET", f"/plans/{drafted}", "anna", vzaimo_position="city/izhevsk/2")
    assert seen.is_success
    answer = await calendar.call("POST", f"/events/{drafted}/announce", "anna")
    assert kind(answer) == (409, "city-not-active")
    assert await calendar.facts() == []


async def test_an_event_completes_by_itself_two_weeks_after_its_end(calendar, announced, clock):
    assert kind(await calendar.call("POST", f"/events/{announced}/complete", "anna")) == (409, "too-early")
    clock.advance(timedelta(days=9 + 14))

    async def completed():
        return (await calendar.call("GET", f"/events/{announced}")).json()["status"] == "completed"

    await eventually(completed, "the timer")
    assert [event.name for event in await calendar.facts()] == ["EventAnnounced", "EventCompleted"]


async def test_lists_are_paged_in_the_order_of_the_start(calendar, plan):
    for day in (7, 5, 6):
        session = {**plan["sessions"][0], "starts": f"2026-11-0{day}T10:00", "ends": f"2026-11-0{day}T12:00"}
        event = await calendar.done("POST", "/events", "anna", {**plan, "host": "izhevsk", "sessions": [session]})
        await calendar.done("POST", f"/events/{event}/announce", "anna")
    seen, path = [], "/events?limit=2&starts_from=2026-11-01T00:00:00Z"
    while path:
        page = (await calendar.call("GET", path)).json()
        seen += [one["starts_at"][:10] for one in page["items"]]
        path = page["next"] and f"/events?limit=2&starts_from=2026-11-01T00:00:00Z&cursor={page['next']}"
    assert seen == ["2026-11-05", "2026-11-06", "2026-11-07"]


PEOPLE = {
    "public": None,
    "stranger": "stranger",
    "viewer": "vera",
    "guest": "boris",
    "host": "anna",
    "moderator": "mod",
    "service": "robot",
    "other service": "other-robot",
}
DRAFT_TO_COMPLETE = {"public": 401, "stranger": 403, "viewer": 403, "guest": 404, "moderator": 404}
CELLS = {
    "draft": {"public": 401, "stranger": 403, "viewer": 403, "guest": 403, "moderator": 403, "other service": 403},
    "read own": {"public": 401, "stranger": 403, "guest": 404, "moderator": 404, "other service": 404},
    "revise": {**DRAFT_TO_COMPLETE, "other service": 404},
    "announce": {**DRAFT_TO_COMPLETE, "other service": 404},
    "capacity": {"public": 401, "stranger": 403, "viewer": 403, "guest": 403, "moderator": 403, "other service": 403},
    "cancel": {"public": 401, "stranger": 403, "viewer": 403, "guest": 403, "other service": 403},
    "read": {},
    "reschedule": {"public": 401, "stranger": 403, "viewer": 403, "guest": 403, "moderator": 403, "other service": 403},
    "clone": {"public": 401, "stranger": 403, "viewer": 403, "guest": 403, "moderator": 403, "other service": 403},
    "clone a draft": {**DRAFT_TO_COMPLETE, "other service": 404},
    "preview deadlines": {"public": 401, "stranger": 403, "guest": 404, "moderator": 404, "other service": 404},
    "slots": {},
}
ANNOUNCED = {"capacity", "cancel", "read", "reschedule", "clone"}


@pytest.mark.parametrize("action", CELLS)
async def test_who_may_do_what(calendar, foreign, plan, action, settled):
    await foreign.city("tver", "boris")
    await foreign.role("vera", "viewer", "izhevsk")
    await foreign.role("robot", "service", "izhevsk", scopes=("events",))
    await foreign.role("other-robot", "service", "tver", scopes=("events",))
    await calendar.known("boris", "vera", "robot", "other-robot")
    body = {**plan, "host": "izhevsk"}
    moved = {name: plan[name] for name in ("mode", "sessions", "deadlines")} | {"timezone": "Europe/Minsk"}
    again = {"first_day": "2027-02-01"}
    found = {}
    for who, subject in PEOPLE.items():
        event = await calendar.done("POST", "/events", "anna", body)
        if action in ANNOUNCED:
            await calendar.done("POST", f"/events/{event}/announce", "anna")
        if action == "capacity":
            await settled(event)
        sent = {
            "draft": ("POST", "/events", body),
            "read own": ("GET", f"/plans/{event}", None),
            "revise": ("PUT", f"/events/{event}", plan),
            "announce": ("POST", f"/events/{event}/announce", None),
            "capacity": ("POST", f"/events/{event}/capacity", {"seats": [{"mode": "in_person", "capacity": 50}]}),
            "cancel": ("POST", f"/events/{event}/cancel", {"reason": "host-unavailable"}),
            "read": ("GET", f"/events/{event}", None),
            "reschedule": ("POST", f"/events/{event}/reschedule", moved),
            "clone": ("POST", f"/events/{event}/clone", again),
            "clone a draft": ("POST", f"/events/{event}/clone", again),
            "preview deadlines": ("GET", f"/events/{event}/deadlines?preset=visit", None),
            "slots": ("GET", "/slots?cities=tver&from=2026-10-05T00:00:00Z&until=2026-10-06T00:00:00Z", None),
        }[action]
        answer = await calendar.call(sent[0], sent[1], subject, sent[2])
        if not answer.is_success:
            found[who] = answer.status_code
    assert found == CELLS[action]
