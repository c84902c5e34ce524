"""Requests as its people use it: over HTTP, on both stores, with a real bus."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from vzaimo.contracts.calendar import (
    CapacityRequest,
    CapacityRequested,
    EventCancelled,
    EventStatus,
    QueueOrder,
    SeatMode,
    SeatPlan,
)
from vzaimo.kit.testing import eventually
from vzaimo.requests.store import LEDGER


def kind(answer):
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def seats(requests, event):
    (one,) = (await requests.call("GET", f"/events/{event}/seats")).json()["seats"]
    return one["capacity"], one["granted"], one["held"], one["waiting"]


def names(facts):
    return [fact.name for fact in facts if fact.data.aggregate == "request"]


async def test_sixty_seats_for_seventy_five_people(requests, announce, ask, decide, seen, make_event):
    event = await announce(make_event())
    asked = [await ask(event, city, count) for city, count in (("izhevsk", 30), ("tver", 25), ("perm", 20))]
    await asyncio.gather(*[decide(one) for one in asked])
    assert await seats(requests, event) == (60, 60, 0, 15)
    shown = [await seen(one) for one in asked]
    assert sum(one[1] for one in shown) == 60
    assert sum(one[2] for one in shown) == 15


async def test_whoever_leaves_makes_room_for_the_first_who_waits(requests, announce, ask, decide, seen, make_event):
    event = await announce(make_event(capacity=10))
    first, second, third = [await ask(event, city, 8) for city in ("izhevsk", "tver", "perm")]
    for one in (first, second, third):
        await decide(one)
    assert [await seen(one) for one in (first, second, third)] == [
        ("approved", 8, 0, 0),
        ("approved", 2, 6, 0),
        ("waitlisted", 0, 8, 0),
    ]
    await requests.done("POST", f"/requests/{second}/confirm", "boris", {"schedule_revision": 1})
    await requests.done("POST", f"/requests/{first}/withdraw", "anna")
    assert await seen(second) == ("approved", 8, 0, 0)
    assert await seen(third) == ("approved", 2, 6, 0)
    assert await seats(requests, event) == (10, 10, 0, 6)
    assert names(await requests.facts())[-3:] == ["RequestWithdrawn", "RequestApproved", "RequestApproved"]


async def test_an_offer_holds_its_seats_until_it_is_taken_or_let_go(
    requests, announce, ask, decide, seen, make_event, clock
):
    event = await announce(make_event(capacity=10))
    few, other = await ask(event, "izhevsk", 8, min_viable=5), await ask(event, "tver", 8)
    await decide(few, count=3)
    assert await seen(few) == ("offered", 0, 3, 3)
    await decide(other)
    assert await seen(other) == ("approved", 7, 1, 0)
    assert kind(await requests.call("POST", f"/requests/{few}/confirm", "anna", {"schedule_revision": 1})) == (
        409,
        "wrong-request-status",
    )
    clock.advance(timedelta(hours=48))
    await eventually(lambda: _status(requests, few, "expired"), "the offer's end")
    assert await seen(other) == ("approved", 8, 0, 0)
    assert await seats(requests, event) == (10, 8, 0, 0)


async def _status(requests, request, status):
    return (await requests.call("GET", f"/requests/{request}", "host")).json()["status"] == status


async def test_an_offer_that_is_taken_is_confirmed(requests, announce, ask, decide, seen, make_event):
    event = await announce(make_event())
    few = await ask(event, "izhevsk", 8, min_viable=5)
    await decide(few, count=3)
    stale = await requests.call("POST", f"/requests/{few}/offer/accept", "anna", {"schedule_revision": 2})
    assert kind(stale) == (409, "schedule-changed")
    await requests.done("POST", f"/requests/{few}/offer/accept", "anna", {"schedule_revision": 1})
    assert await seen(few) == ("confirmed", 3, 0, 0)
    assert await seats(requests, event) == (60, 3, 0, 0)


async def test_a_sweep_finds_seats_that_no_ledger_has_counted(requests, announce, ask, decide, make_event):
    sweep = requests.service.parts.sweeps["seats_that_nobody_counted"]

    async def found():
        async with requests.service.works.database.read() as tx:
            return await sweep(tx)

    event = await announce(make_event(capacity=10))
    assert await found() == 0
    for city, count in (("izhevsk", 8), ("tver", 4)):
        await decide(await ask(event, city, count))
    assert await found() == 0
    async with requests.service.works.database.begin() as tx:
        await tx.execute(update(LEDGER).values(granted=9))
    assert await found() == 1


async def test_a_decision_sent_twelve_times_at_once_takes_effect_once(requests, announce, ask, seen, make_event):
    event = await announce(make_event())
    request = await ask(event, "izhevsk", 30)
    body = {"verdict": "approve"}
    answers = await asyncio.gather(
        *[requests.call("POST", f"/requests/{request}/decision", "host", body, idempotency_key="k1") for _ in range(12)]
    )
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}
    again = await asyncio.gather(
        *[requests.call("POST", f"/requests/{request}/decision", "host", body) for _ in range(12)]
    )
    assert {kind(answer) for answer in again} == {(409, "wrong-request-status")}
    assert names(await requests.facts()) == ["RequestSubmitted", "RequestApproved"]
    other = await requests.call(
        "POST", f"/requests/{request}/decision", "host", {**body, "count": 1}, idempotency_key="k1"
    )
    assert kind(other) == (422, "key-reused")


async def test_fifty_cities_at_once_for_ten_seats(requests, announce, foreign, make_event):
    event = await announce(make_event(capacity=10))
    cities = [f"city-{number}" for number in range(50)]
    for city in cities:
        await foreign.city(city, f"of-{city}")
    await requests.known(*[f"of-{city}" for city in cities])

    async def whole(city):
        body = {"event": event, "city": city, "mode": "in_person"}
        body["delegates"] = [{"rank": 1, "name": "Участник", "role": "teacher"}]
        request = await requests.done("POST", "/requests", f"of-{city}", body)
        await requests.done("POST", f"/requests/{request}/submit", f"of-{city}", {"schedule_revision": 1})
        await requests.done("POST", f"/requests/{request}/decision", "host", {"verdict": "approve"})

    await asyncio.gather(*[whole(city) for city in cities])
    assert await seats(requests, event) == (10, 10, 0, 40)
    queue = (await requests.call("GET", f"/events/{event}/queue?mode=in_person", "host")).json()
    assert (queue["length"], [one["place"] for one in queue["entries"]]) == (40, list(range(1, 41)))


async def test_capacity_is_cut_only_down_to_what_is_granted_and_more_serves_the_queue(
    requests, announce, foreign, ask, decide, seen, make_event
):
    event = make_event(capacity=10)
    event_id = await announce(event)
    request = await ask(event_id, "izhevsk", 12)
    await decide(request)

    async def asked(no, capacity):
        plan = SeatPlan(mode=SeatMode.IN_PERSON, capacity=capacity)
        wanted = CapacityRequest(no=no, seats=(plan,), requested_at=event.announced_at)
        changed = event.model_copy(update={"capacity_requested": wanted})
        await foreign.tell(CapacityRequested(aggregate_version=no, event=changed))

        async def answered():
            told = [fact for fact in await requests.facts() if fact.data.aggregate == "capacity"]
            return told[-1] if told[-1].data.answer.no == no else None

        return (await eventually(answered, "an answer")).name

    assert await asked(2, 9) == "CapacityRefused"
    assert await seats(requests, event_id) == (10, 10, 0, 2)
    assert await asked(3, 11) == "CapacityApplied"
    assert await seen(request) == ("approved", 11, 1, 0)


async def test_a_cancelled_event_closes_what_is_open(requests, announce, foreign, ask, decide, seen, make_event):
    event = make_event()
    event_id = await announce(event)
    granted, undecided = await ask(event_id, "izhevsk", 5), await ask(event_id, "tver", 3)
    await decide(granted)
    gone = event.model_copy(update={"status": EventStatus.CANCELLED, "cancelled_for": "force-majeure"})
    await foreign.tell(EventCancelled(aggregate_version=2, event=gone))
    await eventually(lambda: _status(requests, undecided, "closed"), "the end")
    assert await seen(granted) == ("closed", 0, 0, 0)
    assert await seats(requests, event_id) == (60, 0, 0, 0)
    body = {"event": event_id, "city": "perm", "mode": "in_person"}
    body["delegates"] = [{"rank": 1, "name": "Участник", "role": "teacher"}]
    assert kind(await requests.call("POST", "/requests", "galina", body)) == (409, "event-not-open")


async def test_a_webinar_admits_by_itself(requests, announce, make_event):
    event = await announce(
        make_event(mode="remote", seat_mode=SeatMode.REMOTE, capacity=None, admission="automatic", audience=())
    )
    body = {"event": event, "city": "tver", "mode": "remote", "heads": {"teacher": 40, "director": 2}}
    request = await requests.done("POST", "/requests", "boris", body)
    await requests.done("POST", f"/requests/{request}/submit", "boris", {"schedule_revision": 1})
    view = (await requests.call("GET", f"/requests/{request}", "boris")).json()
    assert (view["status"], view["granted"]) == ("approved", 42)
    assert names(await requests.facts()) == ["RequestSubmitted", "RequestApproved"]


async def test_fairness_counts_the_seats_that_a_city_has_confirmed_this_season(
    requests, announce, ask, decide, seen, make_event
):
    before = await announce(make_event())
    earlier = await ask(before, "izhevsk", 5)
    await decide(earlier)
    await requests.done("POST", f"/requests/{earlier}/confirm", "anna", {"schedule_revision": 1})
    event = await announce(make_event(capacity=3, queue_order=QueueOrder.FAIR))
    held = await ask(event, "perm", 3)
    await decide(held)
    rich, poor = await ask(event, "izhevsk", 3), await ask(event, "tver", 3)
    for one in (rich, poor):
        await decide(one)
    queue = (await requests.call("GET", f"/events/{event}/queue?mode=in_person", "boris")).json()
    assert [(one["place"], one["city"], one["seats_this_season"]) for one in queue["entries"]] == [(1, "tver", 0)]
    await requests.done("POST", f"/requests/{held}/withdraw", "galina")
    assert (await seen(poor), await seen(rich)) == (("approved", 3, 0, 0), ("waitlisted", 0, 3, 0))
    placed = [
        fact.data.request for fact in await requests.facts() if fact.name in {"RequestApproved", "RequestWaitlisted"}
    ]
    assert [(one.city, one.status, one.seats_this_season) for one in placed] == [
        ("izhevsk", "approved", None),
        ("perm", "approved", 0),
        ("izhevsk", "waitlisted", 5),
        ("tver", "waitlisted", 0),
        ("tver", "approved", 0),
    ]


async def test_a_reserve_returns_to_the_queue_at_confirm_by(requests, announce, ask, decide, seen, make_event, clock):
    event = await announce(make_event(capacity=10, reserves={"tver": 4}))
    request = await ask(event, "izhevsk", 8)
    await decide(request)
    assert await seen(request) == ("approved", 6, 2, 0)
    await requests.done("POST", f"/requests/{request}/confirm", "anna", {"schedule_revision": 1})
    clock.advance(timedelta(days=5))

    async def whole():
        return await seen(request) == ("approved", 8, 0, 0)

    await eventually(whole, "the reserve")


async def test_bad_requests_are_refused_and_change_nothing(requests, announce, ask, make_event):
    event = await announce(make_event())
    one = {"rank": 1, "name": "Участник", "role": "teacher"}
    usual = {"event": event, "city": "tver", "mode": "in_person", "delegates": [one]}

    async def refused(who="boris", **changes):
        return kind(await requests.call("POST", "/requests", who, {**usual, **changes}))

    assert await refused(delegates=[one, {**one, "rank": 3}]) == (422, "ranks-with-gaps")
    assert await refused(delegates=[{**one, "role": "authority"}]) == (422, "role-not-invited")
    assert await refused(delegates=[{**one, "role": "cook"}]) == (422, "invalid-request")
    assert await refused(delegates=[{**one, "passport": "1"}]) == (422, "invalid-request")
    assert await refused(event="0198b6a0-0000-7000-8000-000000000000") == (404, "unknown-event")
    assert await refused(mode="remote", delegates=[], heads={"teacher": 1}) == (422, "mode-not-offered")
    assert await refused("anna") == (403, "not-allowed")
    assert (await requests.call("GET", "/requests", "boris")).json()["items"] == []
    first = await ask(event, "tver", 2)
    answer = await requests.call("POST", "/requests", "boris", usual)
    assert (kind(answer), answer.json()["request"]) == ((409, "request-exists"), first)
    bad = await requests.call("POST", f"/requests/{first}/decision", "host", {"verdict": "maybe"})
    assert kind(bad) == (422, "invalid-request")


async def test_two_drafts_at_once_leave_one(requests, announce, make_event):
    event = await announce(make_event())
    body = {"event": event, "city": "tver", "mode": "in_person"}
    body["delegates"] = [{"rank": 1, "name": "Участник", "role": "teacher"}]
    answers = await asyncio.gather(*[requests.call("POST", "/requests", "boris", body) for _ in range(6)])
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]


async def test_names_are_for_guest_and_host_alone_and_on_no_bus(requests, foreign, announce, ask, decide, make_event):
    await foreign.role("vera", "viewer", "tver")
    await foreign.role("robot", "service", "tver", scopes=("requests",))
    await foreign.role("hvera", "viewer", "moskva")
    await foreign.role("hrobot", "service", "moskva", scopes=("read", "requests"))
    await requests.known("vera", "robot", "hvera", "hrobot")
    event = await announce(make_event())
    request = await ask(event, "tver", 2)
    await decide(request, remark="Берём всех, Борис.")
    for who in ("boris", "vera", "robot", "host"):
        view = (await requests.call("GET", f"/requests/{request}", who)).json()
        assert [one["name"] for one in view["delegates"]] == ["Участник 1", "Участник 2"]
        assert view["remark"] == "Берём всех, Борис."
    for who in ("hvera", "hrobot", "mod"):
        view = (await requests.call("GET", f"/requests/{request}", who)).json()
        (listed,) = (await requests.call("GET", "/requests", who)).json()["items"]
        for shown in (view, listed):
            assert [one["name"] for one in shown["delegates"]] == [None, None]
            assert shown["remark"] is None
    told = "".join(fact.model_dump_json() for fact in await requests.facts())
    assert "Участник" not in told
    assert "Борис" not in told


@pytest.mark.parametrize("end", ["withdrawn", "closed", "redirected and withdrawn"])
async def test_a_draft_that_ends_was_never_sent_and_stays_its_citys_own(
    requests, foreign, announce, ask, make_event, end
):
    event = make_event()
    event_id = await announce(event)
    if end == "redirected and withdrawn":
        origin = await ask(await announce(make_event()), "tver", 1)
        await requests.done("POST", f"/requests/{origin}/redirect", "host", {"event": event_id})
        (found,) = (await requests.call("GET", f"/requests?event={event_id}", "boris")).json()["items"]
        draft = found["id"]
    else:
        body = {"event": event_id, "city": "tver", "mode": "in_person"}
        body["delegates"] = [{"rank": 1, "name": "Участник", "role": "teacher"}]
        draft = await requests.done("POST", "/requests", "boris", body)
    if end == "closed":
        gone = event.model_copy(update={"status": EventStatus.CANCELLED, "cancelled_for": "force-majeure"})
        await foreign.tell(EventCancelled(aggregate_version=2, event=gone))
    else:
        await requests.done("POST", f"/requests/{draft}/withdraw", "boris")

    async def over():
        return (await requests.call("GET", f"/requests/{draft}", "boris")).json()["status"] != "draft"

    await eventually(over, "the end")
    for who in ("host", "mod"):
        assert (await requests.call("GET", f"/requests/{draft}", who)).status_code == 404
        decided = await requests.call("POST", f"/requests/{draft}/decision", who, {"verdict": "approve"})
        assert decided.status_code == 404
        listed = (await requests.call("GET", f"/requests?event={event_id}", who)).json()["items"]
        assert listed == []


async def test_a_delegation_is_named_anew_until_the_host_has_decided(requests, announce, ask, decide, make_event):
    event = await announce(make_event())
    request = await ask(event, "tver", 2)
    body = {"delegates": [{"rank": 1, "name": "Другой", "role": "director"}]}
    stale = await requests.call("PUT", f"/requests/{request}", "boris", body, if_match='"1"')
    assert kind(stale) == (412, "stale")
    await requests.done("PUT", f"/requests/{request}", "boris", body)
    view = (await requests.call("GET", f"/requests/{request}", "host")).json()
    assert [(one["name"], one["role"]) for one in view["delegates"]] == [("Другой", "director")]
    await decide(request)
    late = await requests.call("PUT", f"/requests/{request}", "boris", body)
    assert kind(late) == (409, "wrong-request-status")


async def test_the_hosts_priority_goes_before_time(requests, announce, ask, decide, seen, make_event):
    event = await announce(make_event(capacity=3))
    first, second, third = [await ask(event, city, 3) for city in ("izhevsk", "tver", "perm")]
    for one in (first, second, third):
        await decide(one)
    await requests.done("POST", f"/requests/{third}/priority", "host", {"priority": 5})
    await requests.done("POST", f"/requests/{first}/withdraw", "anna")
    assert (await seen(second), await seen(third)) == (("waitlisted", 0, 3, 0), ("approved", 3, 0, 0))


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
NOBODY_ELSE = {"public": 401, "stranger": 403, "viewer": 403, "other guest": 404}
CELLS = {
    "draft": {**NOBODY_ELSE, "other guest": 403, "host": 403, "host's viewer": 403, "moderator": 403},
    "read a draft": {
        "public": 401,
        "stranger": 403,
        "other guest": 404,
        "host": 404,
        "host's viewer": 404,
        "moderator": 404,
    },
    "revise a draft": {**NOBODY_ELSE, "host": 404, "host's viewer": 404, "moderator": 404},
    "read": {"public": 401, "stranger": 403, "other guest": 404},
    "withdraw": {**NOBODY_ELSE, "host": 403, "host's viewer": 403, "moderator": 403},
    "decide": {**NOBODY_ELSE, "guest": 403, "host's viewer": 403, "moderator": 403, "service": 403},
    "prioritise": {**NOBODY_ELSE, "guest": 403, "host's viewer": 403, "moderator": 403, "service": 403},
    "seats": {},
}


@pytest.mark.parametrize("action", CELLS)
async def test_who_may_do_what(requests, foreign, announce, make_event, action):
    await foreign.role("vera", "viewer", "tver")
    await foreign.role("hvera", "viewer", "moskva")
    await foreign.role("robot", "service", "tver", scopes=("requests", "read"))
    await requests.known("vera", "hvera", "robot")
    found = {}
    for who, subject in PEOPLE.items():
        event = await announce(make_event())
        body = {"event": event, "city": "tver", "mode": "in_person"}
        body["delegates"] = [{"rank": 1, "name": "Участник", "role": "teacher"}]
        request = None
        if action not in {"draft", "seats"}:
            request = await requests.done("POST", "/requests", "boris", body)
        if action in {"read", "withdraw", "decide", "prioritise"}:
            await requests.done("POST", f"/requests/{request}/submit", "boris", {"schedule_revision": 1})
        sent = {
            "draft": ("POST", "/requests", body),
            "read a draft": ("GET", f"/requests/{request}", None),
            "revise a draft": ("PUT", f"/requests/{request}", {"delegates": body["delegates"]}),
            "read": ("GET", f"/requests/{request}", None),
            "withdraw": ("POST", f"/requests/{request}/withdraw", None),
            "decide": ("POST", f"/requests/{request}/decision", {"verdict": "approve"}),
            "prioritise": ("POST", f"/requests/{request}/priority", {"priority": 1}),
            "seats": ("GET", f"/events/{event}/seats", None),
        }[action]
        answer = await requests.call(sent[0], sent[1], subject, sent[2])
        if not answer.is_success:
            found[who] = answer.status_code
    assert found == CELLS[action]


async def test_a_desk_has_the_citys_own_requests_and_those_it_decides(requests, announce, ask, decide, make_event):
    event = await announce(make_event(title="Визит"))
    own, first, second = [await ask(event, city, 2) for city in ("izhevsk", "tver", "perm")]
    await decide(own)

    async def desk(city, who, more=""):
        page = (await requests.call("GET", f"/requests?desk={city}&embed=events{more}", who)).json()
        assert [(one["id"], one["title"]) for one in page["events"]] == [(event, "Визит")] * bool(page["items"])
        return [one["id"] for one in page["items"]], page["next"]

    assert await desk("moskva", "host") == ([second, first], None)
    newest, more = await desk("moskva", "host", "&limit=1")
    assert (newest, await desk("moskva", "host", f"&limit=1&cursor={more}")) == ([second], ([first], None))
    assert await desk("izhevsk", "anna") == ([own], None)
    assert await desk("tver", "anna") == ([], None)


@pytest.mark.parametrize("who", ["host", "anna"])
async def test_a_list_shows_the_queues_of_its_event(requests, announce, ask, decide, make_event, who):
    event = await announce(make_event(capacity=2))
    for city in ("izhevsk", "tver"):
        await decide(await ask(event, city, 2))
    path = f"/events/{event}/queue?mode=in_person"
    queue = (await requests.call("GET", path, who)).json()
    assert queue["length"] == 1
    page = (await requests.call("GET", f"/requests?event={event}&embed=queues", who)).json()
    assert (page["queues"], page["events"]) == ([queue], None)
    unsaid = await requests.call("GET", "/requests?embed=queues", who)
    assert kind(unsaid) == (422, "invalid-request")
    assert [(one["in"], one["field"]) for one in unsaid.json()["errors"]] == [("query", "event")]
    assert kind(await requests.call("GET", "/requests?embed=delegates", who)) == (422, "invalid-request")
