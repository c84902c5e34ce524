"""Seats by hand, people let go or replaced, redirections and sessions: over HTTP, on both stores."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from vzaimo.contracts.calendar import EventDetailsChanged, Session
from vzaimo.kit.ids import new_id
from vzaimo.kit.testing import eventually
from vzaimo.requests.shapes.requests import Approval


def kind(answer):
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def view(requests, request, who="host"):
    return (await requests.call("GET", f"/requests/{request}", who)).json()


def delegates(shown, *statuses):
    return [one["id"] for one in shown["delegates"] if one["status"] in statuses]


async def test_after_the_freeze_the_host_seats_by_hand_and_nobody_is_promoted(
    requests, announce, ask, decide, seen, make_event, advance
):
    event = await announce(make_event(capacity=6, quota=6))
    first, second = await ask(event, "izhevsk", 6), await ask(event, "tver", 6, min_viable=2)
    for one in (first, second):
        await decide(one)
    await requests.done("POST", f"/requests/{first}/confirm", "anna", {"schedule_revision": 1})

    async def seat(body):
        return await requests.call("POST", f"/requests/{second}/seat", "host", body)

    assert kind(await seat({"count": 1})) == (409, "roster-not-frozen")
    await advance(timedelta(days=6))
    await requests.done("POST", f"/requests/{first}/release", "anna", {"count": 4})
    assert await seen(second) == ("waitlisted", 0, 6, 0)
    assert kind(await seat({"count": 1})) == (409, "below-minimum")
    assert kind(await seat({"count": 5})) == (409, "no-free-seats")
    assert kind(await seat({"count": 7})) == (422, "too-many")
    assert kind(await seat({})) == (422, "invalid-request")
    last = delegates(await view(requests, second), "waitlisted")[-3:]
    assert (await seat({"delegates": last})).is_success
    assert await seen(second) == ("approved", 3, 3, 0)
    assert delegates(await view(requests, second), "granted") == last
    assert kind(await seat({"delegates": last})) == (422, "unknown-delegate")


async def test_people_are_let_go_their_seats_go_on_and_the_claim_to_more_ends(
    requests, announce, ask, decide, seen, make_event
):
    event = await announce(make_event(capacity=5))
    first, second = await ask(event, "izhevsk", 7), await ask(event, "tver", 3)
    for one in (first, second):
        await decide(one)
    shown = await view(requests, first, "anna")
    waiting = delegates(shown, "waitlisted")
    await requests.done("POST", f"/requests/{first}/release", "anna", {"delegates": waiting[:1]})
    assert (await seen(first), await seen(second)) == (("approved", 5, 1, 0), ("waitlisted", 0, 3, 0))
    await requests.done("POST", f"/requests/{first}/release", "anna", {"delegates": delegates(shown, "granted")[:2]})
    assert (await seen(first), await seen(second)) == (("approved", 3, 0, 0), ("approved", 2, 1, 0))
    await requests.done("POST", f"/requests/{first}/release", "anna", {"count": 3})
    assert (await seen(first), await seen(second)) == (("released", 0, 0, 0), ("approved", 3, 0, 0))


async def test_leaving_the_waiting_list_promotes_nobody(requests, announce, ask, decide, seen, make_event):
    event = await announce(make_event(capacity=5))
    first, large, small = [await ask(event, city, count) for city, count in (("izhevsk", 3), ("tver", 4), ("perm", 2))]
    await decide(first)
    await requests.done("POST", f"/requests/{large}/withdraw", "boris")
    body = [{"rank": rank, "name": "Участник", "role": "teacher"} for rank in range(1, 5)]
    again = {"event": event, "city": "tver", "mode": "in_person", "delegates": body, "min_viable": 4}
    large = await requests.done("POST", "/requests", "boris", again)
    await requests.done("POST", f"/requests/{large}/submit", "boris", {"schedule_revision": 1})
    await requests.done("POST", f"/requests/{large}/priority", "host", {"priority": 1})
    for one in (large, small):
        await decide(one)
    queue = (await requests.call("GET", f"/events/{event}/queue?mode=in_person", "host")).json()
    assert [(one["city"], one["why"]) for one in queue["entries"]] == [
        ("tver", "below-min-viable"),
        ("perm", "held-up"),
    ]
    await requests.done("POST", f"/requests/{large}/withdraw", "boris")
    assert await seen(small) == ("waitlisted", 0, 2, 0)
    queue = (await requests.call("GET", f"/events/{event}/queue?mode=in_person", "galina")).json()
    assert [(one["place"], one["why"]) for one in queue["entries"]] == [(1, "next-release")]


async def test_who_sees_what_of_the_queue(requests, foreign, announce, ask, decide, make_event):
    await foreign.role("vera", "viewer", "tver")
    await foreign.role("hvera", "viewer", "moskva")
    await foreign.role("robot", "service", "tver", scopes=("requests",))
    await requests.known("vera", "hvera", "robot")
    event = await announce(make_event(capacity=1))
    for city in ("izhevsk", "perm", "tver"):
        await decide(await ask(event, city, 1))
    whole, own = [("perm", 1), ("tver", 2)], [("tver", 2)]
    for who, wanted in {
        None: [],
        "anna": [],
        "vera": own,
        "boris": own,
        "robot": own,
        "host": whole,
        "hvera": whole,
        "mod": whole,
    }.items():
        answer = await requests.call("GET", f"/events/{event}/queue?mode=in_person", who)
        view = answer.json()
        assert view["length"] == 2, who
        assert [(one["city"], one["place"]) for one in view["entries"]] == wanted, who
        assert "Участник" not in answer.text


async def test_a_person_is_replaced_by_the_city_until_the_freeze_then_by_the_host(
    requests, announce, ask, decide, seen, make_event, advance
):
    event = await announce(make_event())
    request = await ask(event, "tver", 2)
    await decide(request)
    await requests.done("POST", f"/requests/{request}/confirm", "boris", {"schedule_revision": 1})
    old = (await view(requests, request))["delegates"][0]["id"]
    body = {"delegate": old, "name": "Замена", "role": "director", "organisation": "Школа № 1"}
    bad = await requests.call("POST", f"/requests/{request}/replace", "boris", {**body, "role": "authority"})
    assert kind(bad) == (422, "role-not-invited")
    assert kind(await requests.call("POST", f"/requests/{request}/replace", "host", body)) == (403, "not-allowed")
    await requests.done("POST", f"/requests/{request}/replace", "boris", body)
    shown = (await view(requests, request))["delegates"]
    assert [(one["rank"], one["name"], one["status"]) for one in shown] == [
        (1, "Участник 1", "replaced"),
        (1, "Замена", "confirmed"),
        (2, "Участник 2", "confirmed"),
    ]
    assert await seen(request) == ("confirmed", 2, 0, 0)
    await advance(timedelta(days=6))
    late = {**body, "delegate": shown[1]["id"], "name": "Ещё одна"}
    assert kind(await requests.call("POST", f"/requests/{request}/replace", "boris", late)) == (409, "roster-frozen")
    await requests.done("POST", f"/requests/{request}/replace", "host", late)
    told = await requests.facts("DelegateReplaced")
    assert len(told) == 2
    assert "Замена" not in "".join(one.model_dump_json() for one in told)


async def test_a_city_is_sent_to_another_event_with_its_people_and_its_place_in_time(
    requests, announce, ask, seen, make_event, advance
):
    origin, target = await announce(make_event()), await announce(make_event())
    foreign_event = await announce(make_event(host="perm"))
    request = await ask(origin, "tver", 2)
    since = (await view(requests, request))["submitted_at"]
    await advance(timedelta(hours=1))

    async def send(event):
        return await requests.call("POST", f"/requests/{request}/redirect", "host", {"event": event})

    assert kind(await send(foreign_event)) == (422, "foreign-event")
    assert kind(await send(origin)) == (422, "foreign-event")
    assert kind(await send(str(new_id()))) == (404, "unknown-event")
    assert (await send(target)).is_success
    shown = await view(requests, request)
    assert (shown["status"], shown["redirected_to"]) == ("redirected", target)
    (draft,) = (await requests.call("GET", f"/requests?event={target}", "boris")).json()["items"]
    assert (draft["status"], draft["redirected_from"]) == ("draft", request)
    assert [one["name"] for one in draft["delegates"]] == ["Участник 1", "Участник 2"]
    assert (await requests.call("GET", f"/requests/{draft['id']}", "host")).status_code == 404
    await requests.done("POST", f"/requests/{draft['id']}/submit", "boris", {"schedule_revision": 1})
    assert (await view(requests, draft["id"]))["submitted_at"] == since
    assert kind(await send(target)) == (409, "wrong-request-status")


def with_parallel_sessions(make_event, *capacities):
    usual = make_event()
    first, last = usual.sessions
    rooms = [
        Session(id=new_id(), title=f"Зал {n}", starts_at=last.starts_at, ends_at=last.ends_at, capacity=capacity)
        for n, capacity in enumerate(capacities)
    ]
    return usual.model_copy(update={"sessions": (first, *rooms)}), first, rooms


async def test_delegations_sit_together_in_parallel_sessions_as_far_as_there_is_room(
    requests, announce, ask, decide, make_event
):
    event, plenary, (large, small) = with_parallel_sessions(make_event, 5, 3)
    event_id = await announce(event)
    asked = [await ask(event_id, city, count) for city, count in (("izhevsk", 4), ("tver", 3))]
    for one in asked:
        await decide(one)
    path = f"/events/{event_id}/assignments"
    preview = (await requests.call("GET", path, "host")).json()
    assert [one["proposed"] for one in preview["sessions"]] == [7, 4, 3]
    assert {one["sessions"] is None for one in preview["delegates"]} == {True}
    await requests.done("POST", path, "host", {})
    for request, room in zip(asked, (large, small), strict=True):
        sessions = [one["sessions"] for one in (await view(requests, request))["delegates"]]
        assert sessions == [[str(plenary.id), str(room.id)]] * len(sessions)
    one = (await view(requests, asked[0]))["delegates"][0]["id"]

    async def refused(sessions):
        body = {"assignments": [{"delegate": one, "sessions": [str(session) for session in sessions]}]}
        return kind(await requests.call("POST", path, "host", body))

    assert await refused([small.id]) == (409, "session-full")
    assert await refused([large.id, small.id]) == (422, "sessions-overlap")
    assert await refused([new_id()]) == (422, "foreign-session")
    stranger = {"assignments": [{"delegate": str(new_id()), "sessions": None}]}
    assert kind(await requests.call("POST", path, "host", stranger)) == (422, "unknown-delegate")
    told = len(await requests.facts())
    await requests.done("POST", path, "host", {})
    assert len(await requests.facts()) == told


async def test_on_the_second_day_whoever_was_recorded_on_the_first_is_still_assigned(
    requests, announce, ask, decide, make_event, advance
):
    event, plenary, (large, small) = with_parallel_sessions(make_event, 5, 3)
    event_id = await announce(event)
    request = await ask(event_id, "izhevsk", 4)
    await decide(request)
    await requests.done("POST", f"/requests/{request}/confirm", "anna", {"schedule_revision": 1})
    here, away, *_ = delegates(await view(requests, request), "confirmed")
    await advance(plenary.starts_at - event.announced_at)
    roll = f"/events/{event_id}/sessions/{plenary.id}/attendance"
    await requests.done("PUT", roll, "host", {"delegates": {here: 90}})
    path = f"/events/{event_id}/assignments"
    await requests.done("POST", path, "host", {})
    seats = [
        {"delegate": one, "sessions": [str(plenary.id), str(room.id)]} for one, room in ((here, small), (away, large))
    ]
    await requests.done("POST", path, "host", {"assignments": seats})
    shown = (await requests.call("GET", path, "host")).json()
    assert [one["assigned"] for one in shown["sessions"]] == [4, 3, 1]
    assert len(shown["delegates"]) == 4


async def test_sessions_that_cannot_hold_all_are_named(requests, announce, ask, decide, make_event):
    event, _, _ = with_parallel_sessions(make_event, 2, 3)
    event_id = await announce(event)
    await decide(await ask(event_id, "tver", 6))
    answer = await requests.call("POST", f"/events/{event_id}/assignments", "host", {})
    assert kind(answer) == (409, "session-full")


async def test_a_room_that_became_too_small_is_shown_and_takes_nobody_until_it_holds_all(
    requests, foreign, announce, ask, decide, make_event
):
    event, plenary, (large, small) = with_parallel_sessions(make_event, 5, 3)
    event_id = await announce(event)
    request = await ask(event_id, "izhevsk", 5)
    await decide(request)
    path = f"/events/{event_id}/assignments"
    await requests.done("POST", path, "host", {})
    smaller = large.model_copy(update={"capacity": 1})
    cut = event.model_copy(update={"sessions": (plenary, smaller, small)})
    await foreign.tell(EventDetailsChanged(aggregate_version=2, event=cut))

    async def shown():
        found = (await requests.call("GET", path, "host")).json()
        return found if found["sessions"][1]["capacity"] == 1 else None

    found = await eventually(shown, "the smaller room")
    assert [(one["assigned"], one["over"], one["proposed"]) for one in found["sessions"]] == [
        (5, 0, None),
        (5, 4, None),
        (0, 0, None),
    ]
    assert {one["proposed"] is None for one in found["delegates"]} == {True}
    people = [one["delegate"] for one in found["delegates"]]

    async def assign(*rooms):
        seats = [
            {"delegate": one, "sessions": [str(plenary.id), str(room.id)]}
            for one, room in zip(people, rooms, strict=False)
        ]
        return await requests.call("POST", path, "host", {"assignments": seats})

    assert kind(await assign(large, large, small, small, small)) == (409, "session-full")
    await requests.done("POST", f"/requests/{request}/release", "anna", {"delegates": people[4:]})
    assert (await assign(large, small, small, small)).is_success
    rooms = (await requests.call("GET", path, "host")).json()["sessions"]
    assert [(one["assigned"], one["over"], one["proposed"]) for one in rooms] == [(4, 0, 4), (1, 0, 1), (3, 0, 3)]


def test_an_approval_says_whom_or_how_many_and_not_both():
    with pytest.raises(ValidationError, match="not both"):
        Approval(verdict="approve", delegates=(new_id(),), count=2)


PEOPLE = {
    "public": None,
    "stranger": "stranger",
    "viewer": "vera",
    "guest": "boris",
    "other guest": "galina",
    "host": "host",
    "host's viewer": "hvera",
    "moderator": "mod",
    "service": "robot",
}
OF_GUESTS = {
    "public": 401,
    "stranger": 403,
    "viewer": 403,
    "other guest": 404,
    "host": 403,
    "host's viewer": 403,
    "moderator": 403,
}
OF_HOSTS = {
    "public": 401,
    "stranger": 403,
    "viewer": 403,
    "guest": 403,
    "other guest": 404,
    "host's viewer": 403,
    "moderator": 403,
    "service": 403,
}
NOT_PUBLIC = {**OF_HOSTS, "other guest": 403}
CELLS = {
    "reconfirm": OF_GUESTS,
    "release": OF_GUESTS,
    "replace": OF_GUESTS,
    "replace after the freeze": OF_HOSTS,
    "seat": OF_HOSTS,
    "redirect": OF_HOSTS,
    "assign": NOT_PUBLIC,
    "read assignments": {
        who: status for who, status in NOT_PUBLIC.items() if who not in {"host's viewer", "moderator"}
    },
}


@pytest.mark.parametrize("action", CELLS)
async def test_who_may_do_what(requests, foreign, announce, ask, decide, make_event, advance, action):
    await foreign.role("vera", "viewer", "tver")
    await foreign.role("hvera", "viewer", "moskva")
    await foreign.role("robot", "service", "tver", scopes=("requests", "read"))
    await requests.known("vera", "hvera", "robot")
    event, other = await announce(make_event()), await announce(make_event())
    request = await ask(event, "tver", 3)
    if action != "redirect":
        await decide(request)
    delegate = (await view(requests, request))["delegates"][0]["id"]
    replacement = {"delegate": delegate, "name": "Замена", "role": "teacher"}
    if action == "replace after the freeze":
        await requests.done("POST", f"/requests/{request}/confirm", "boris", {"schedule_revision": 1})
        await advance(timedelta(days=6))
    method, path, body = {
        "reconfirm": ("POST", f"/requests/{request}/reconfirm", {"schedule_revision": 1}),
        "release": ("POST", f"/requests/{request}/release", {"count": 1}),
        "replace": ("POST", f"/requests/{request}/replace", replacement),
        "replace after the freeze": ("POST", f"/requests/{request}/replace", replacement),
        "seat": ("POST", f"/requests/{request}/seat", {"count": 1}),
        "redirect": ("POST", f"/requests/{request}/redirect", {"event": other}),
        "assign": ("POST", f"/events/{event}/assignments", {}),
        "read assignments": ("GET", f"/events/{event}/assignments", None),
    }[action]
    found = {}
    for who, subject in PEOPLE.items():
        answer = await requests.call(method, path, subject, body)
        if answer.status_code in {401, 403, 404}:
            found[who] = answer.status_code
        elif who in {"guest", "service"} and action == "replace after the freeze":
            assert kind(answer) == (409, "roster-frozen")
            found[who] = 403
        else:
            assert answer.status_code in {200, 409, 422}
            if answer.is_success and action == "replace":
                replacement["delegate"] = (await view(requests, request))["delegates"][1]["id"]
    assert found == CELLS[action]
