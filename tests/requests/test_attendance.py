"""Who came, and what cities said afterwards: over HTTP, on both stores, with a real bus."""

from datetime import timedelta

import pytest

from vzaimo.contracts.calendar import EventCancelled, EventStatus, SeatMode
from vzaimo.kit import timers
from vzaimo.kit.ids import new_id
from vzaimo.kit.testing import eventually


@pytest.fixture(autouse=True)
def no_timers(monkeypatch):
    """Time leaps over deadlines here, and what they would do to those who did not confirm has tests of its own."""
    monkeypatch.setattr(timers, "POLL", 3600)


def kind(answer):
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


@pytest.fixture
async def visit(requests, foreign, announce, ask, decide, make_event):
    """Two days; Izhevsk comes with two people, one of them confirmed; Tver with one; Perm waits for an answer."""
    await foreign.role("hvera", "viewer", "moskva")
    await foreign.role("vera", "viewer", "izhevsk")
    await foreign.role("robot", "service", "izhevsk", scopes=("requests",))
    await requests.known("hvera", "vera", "robot")
    event = make_event(practices=(new_id(),))
    await announce(event)
    asked = {city: await ask(str(event.id), city, count) for city, count in (("izhevsk", 2), ("tver", 1), ("perm", 1))}
    for city in ("izhevsk", "tver"):
        await decide(asked[city])
    await requests.done("POST", f"/requests/{asked['izhevsk']}/confirm", "anna", {"schedule_revision": 1})
    return event, asked


@pytest.fixture
def people(requests):
    async def read(request):
        view = (await requests.call("GET", f"/requests/{request}", "host")).json()
        return [one["id"] for one in view["delegates"]]

    return read


@pytest.fixture
def record(requests):
    async def send(event, day, who="host", remote=None, **delegates):
        path = f"/events/{event.id}/sessions/{event.sessions[day].id}/attendance"
        return await requests.call("PUT", path, who, {"delegates": delegates, "remote": remote or {}})

    return send


@pytest.fixture
def came(requests):
    async def read(request):
        view = (await requests.call("GET", f"/requests/{request}", "host")).json()
        return view["attended"], [one["status"] for one in view["delegates"]]

    return read


def recorded(facts):
    return [fact.data.request.attended for fact in facts if fact.name == "AttendanceRecorded"]


async def test_a_session_is_recorded_whole_again_without_effect_and_corrected(
    requests, visit, people, record, came, moved_to
):
    event, asked = visit
    first, second = await people(asked["izhevsk"])
    assert kind(await record(event, 0, **{first: 400})) == (409, "session-not-begun")
    await moved_to(event.starts_at)
    assert kind(await record(event, 0, **{first: 421})) == (422, "longer-than-session")
    assert kind(await record(event, 0, **{(await people(asked["perm"]))[0]: 5})) == (422, "unknown-delegate")
    for _ in range(2):
        assert (await record(event, 0, **{first: 400})).is_success
    assert await came(asked["izhevsk"]) == (1, ["attended", "no_show"])
    assert await came(asked["tver"]) == (0, ["no_show"])
    assert await came(asked["perm"]) == (None, ["proposed"])
    assert recorded(await requests.facts()) == [1, 0]
    assert kind(await record(event, 1, **{second: 1})) == (409, "session-not-begun")
    await moved_to(event.ends_at + timedelta(days=29))
    assert (await record(event, 1, **{second: 45})).is_success
    assert await came(asked["izhevsk"]) == (2, ["attended", "attended"])
    assert (await record(event, 0)).is_success  # a correction: on the first day nobody came
    assert await came(asked["izhevsk"]) == (1, ["no_show", "attended"])
    view = (await requests.call("GET", f"/requests/{asked['izhevsk']}", "anna")).json()
    assert (view["status"], view["granted"], view["confirmed"]) == ("confirmed", 2, 2)
    await moved_to(event.ends_at + timedelta(days=30))
    assert kind(await record(event, 0, **{first: 400})) == (409, "attendance-closed")


async def test_the_host_sees_all_a_guest_its_own_and_the_moderator_no_names(requests, visit, people, record, moved_to):
    event, asked = visit
    await moved_to(event.starts_at)
    first, second = await people(asked["izhevsk"])
    (other,) = await people(asked["tver"])
    assert (await record(event, 0, **{first: 400, second: 30, other: 90})).is_success
    path = f"/events/{event.id}/sessions/{event.sessions[0].id}/attendance"

    async def seen(who):
        items = (await requests.call("GET", path, who)).json()["items"]
        return {(one["delegate"], one["name"], one["minutes"]) for one in items}

    whole = {(first, "Участник 1", 400), (second, "Участник 2", 30), (other, "Участник 1", 90)}
    assert await seen("host") == whole
    assert await seen("hvera") == await seen("mod") == {(delegate, None, minutes) for delegate, _, minutes in whole}
    assert await seen("boris") == {(other, "Участник 1", 90)}
    assert await seen("galina") == set()
    page = (await requests.call("GET", f"{path}?limit=2", "host")).json()
    rest = (await requests.call("GET", f"{path}?limit=2&cursor={page['next']}", "host")).json()
    assert len(page["items"] + rest["items"]) == 3


async def test_a_webinar_counts_people_by_role(requests, announce, record, came, make_event, moved_to):
    event = make_event(mode="remote", seat_mode=SeatMode.REMOTE, capacity=None, admission="automatic", audience=())
    await announce(event)
    body = {"event": str(event.id), "city": "tver", "mode": "remote", "heads": {"teacher": 40, "director": 2}}
    request = await requests.done("POST", "/requests", "boris", body)
    await requests.done("POST", f"/requests/{request}/submit", "boris", {"schedule_revision": 1})
    await moved_to(event.starts_at + timedelta(days=1))
    assert kind(await record(event, 0, remote={str(new_id()): {"teacher": 1}})) == (422, "not-expected")
    assert (await record(event, 0, remote={request: {"teacher": 31, "director": 2}})).is_success
    assert (await record(event, 1, remote={request: {"teacher": 35}})).is_success
    assert await came(request) == (37, [])
    path = f"/events/{event.id}/sessions/{event.sessions[0].id}/attendance"
    items = (await requests.call("GET", path, "boris")).json()["items"]
    assert {(one["role"], one["people"], one["minutes"]) for one in items} == {
        ("teacher", 31, None),
        ("director", 2, None),
    }


async def test_a_cancelled_event_has_no_attendance(requests, foreign, visit, record, moved_to):
    event, asked = visit
    gone = event.model_copy(update={"status": EventStatus.CANCELLED, "cancelled_for": "force-majeure"})
    await foreign.tell(EventCancelled(aggregate_version=2, event=gone))
    await moved_to(event.starts_at)

    async def refused():
        return (await record(event, 0)).status_code == 409

    await eventually(refused, "the cancellation")
    assert kind(await record(event, 0, who="host", remote={asked["tver"]: {"teacher": 1}})) == (409, "event-not-open")
    unknown = f"/events/{event.id}/sessions/{new_id()}/attendance"
    assert kind(await requests.call("PUT", unknown, "host", {})) == (404, "unknown-session")


async def test_feedback_is_given_by_who_came_changed_for_a_fortnight_and_its_words_stay_here(
    requests, visit, people, record, moved_to, clock
):
    event, asked = visit
    path, said = f"/requests/{asked['izhevsk']}/feedback", {"score": 5, "words": "Спасибо Ивану Петровичу!"}
    assert kind(await requests.call("PUT", path, "anna", said)) == (409, "nobody-attended")
    await moved_to(event.starts_at)
    (first, _), (other,) = await people(asked["izhevsk"]), await people(asked["tver"])
    assert (await record(event, 0, **{first: 400, other: 60})).is_success
    strange = await requests.call("PUT", path, "anna", said | {"adopts": [str(new_id())]})
    assert kind(strange) == (422, "practice-not-shown")
    adopts = [str(event.practices[0])]
    for _ in range(2):
        await requests.done("PUT", path, "anna", said | {"adopts": adopts})
    await requests.done("PUT", f"/requests/{asked['tver']}/feedback", "boris", {"score": 2})
    await moved_to(clock.now() + timedelta(days=14) - timedelta(seconds=1))
    await requests.done("PUT", path, "anna", said | {"score": 4, "adopts": adopts})
    clock.advance(timedelta(seconds=1))
    assert kind(await requests.call("PUT", path, "anna", said)) == (409, "feedback-fixed")
    told = [fact.data.request.feedback.score for fact in await requests.facts("FeedbackReceived")]
    assert told == [5, 2, 4]
    assert "Петрович" not in "".join(fact.model_dump_json() for fact in await requests.facts())

    async def shown(who=None):
        view = (await requests.call("GET", f"/events/{event.id}/feedback", who)).json()
        return view["number"], view["mean"], {(one["city"], one["score"], one["words"]) for one in view["entries"]}

    izhevsk, tver = ("izhevsk", 4, said["words"]), ("tver", 2, None)
    assert await shown() == (2, 3.0, set())
    assert await shown("galina") == (2, 3.0, set())
    assert await shown("mod") == (2, 3.0, set())
    assert await shown("anna") == (2, 3.0, {izhevsk})
    assert await shown("hvera") == (2, 3.0, {izhevsk, tver})


WHO = {
    "public": None,
    "stranger": "stranger",
    "viewer": "vera",
    "guest": "anna",
    "other guest": "galina",
    "host": "host",
    "host's viewer": "hvera",
    "moderator": "mod",
    "service": "robot",
}
CELLS = {
    "record": {
        "public": 401,
        "stranger": 403,
        "viewer": 403,
        "guest": 403,
        "other guest": 403,
        "host's viewer": 403,
        "moderator": 403,
        "service": 403,
    },
    "read attendance": {"public": 401, "stranger": 403},
    "give feedback": {
        "public": 401,
        "stranger": 403,
        "viewer": 403,
        "other guest": 404,
        "host": 403,
        "host's viewer": 403,
        "moderator": 403,
    },
    "read feedback": {},
}


async def test_who_may_do_what_afterwards(requests, visit, people, record, moved_to):
    event, asked = visit
    await moved_to(event.starts_at)
    (first, _) = await people(asked["izhevsk"])
    assert (await record(event, 0, **{first: 1})).is_success
    session = f"/events/{event.id}/sessions/{event.sessions[0].id}/attendance"
    calls = {
        "record": ("PUT", session, {"delegates": {first: 400}}),
        "read attendance": ("GET", session, None),
        "give feedback": ("PUT", f"/requests/{asked['izhevsk']}/feedback", {"score": 3}),
        "read feedback": ("GET", f"/events/{event.id}/feedback", None),
    }
    found = {action: {} for action in CELLS}
    for action, (method, path, body) in calls.items():
        for who, subject in WHO.items():
            answer = await requests.call(method, path, subject, body)
            if not answer.is_success:
                found[action][who] = answer.status_code
    assert found == CELLS
