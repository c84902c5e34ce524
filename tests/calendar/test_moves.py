"""Events that move, are held again, wait for the ledger, or lose their host: over HTTP, on both stores."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from vzaimo.calendar.handlers.events import COMPLETE
from vzaimo.calendar.views.sweeps import unanswered_requests_for_seats
from vzaimo.contracts.calendar import SeatMode
from vzaimo.contracts.registry import City, CityStatus, CityWithdrawn
from vzaimo.contracts.requests import Delegate, Request, RequestUpdated
from vzaimo.kit.ids import new_id
from vzaimo.kit.tables import TimerRow, table_of
from vzaimo.kit.testing import eventually

WEEK = timedelta(days=7)


def kind(answer):
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


@pytest.fixture
def schedule(plan):
    """The usual schedule with changes."""
    usual = {name: plan[name] for name in ("mode", "timezone", "sessions", "deadlines")}
    return lambda **changes: {**usual, **changes}


@pytest.fixture
def later(plan, schedule):
    """The usual schedule, a month later."""
    sessions = [
        {**one, "starts": one["starts"].replace("-10-", "-11-"), "ends": one["ends"].replace("-10-", "-11-")}
        for one in plan["sessions"]
    ]
    return schedule(sessions=sessions)


async def test_a_move_is_said_with_its_revision(calendar, announced, later, clock):
    before = (await calendar.call("GET", f"/events/{announced}")).json()
    await calendar.done("POST", f"/events/{announced}/reschedule", "anna", later)
    view = (await calendar.call("GET", f"/events/{announced}")).json()
    assert (view["schedule_revision"], view["starts_at"]) == (2, "2026-11-04T07:00:00Z")
    assert view["reconfirm_by"] == "2026-09-30T09:00:00Z"
    assert [one["id"] for one in view["sessions"]] == [one["id"] for one in before["sessions"]]
    assert [fact.name for fact in await calendar.facts()] == ["EventAnnounced", "EventRescheduled"]
    listed = await calendar.call("GET", "/events?topic=school-environment&starts_from=2026-11-01T00:00:00Z")
    assert [one["id"] for one in listed.json()["items"]] == [announced]

    # It completes by itself two weeks after its new end: the timer has moved along.
    timers = table_of(TimerRow)
    async with calendar.service.works.database.read() as tx:
        rows = await tx.all(select(timers.c.due_at).where(timers.c.kind == COMPLETE))
    assert [row.due_at.isoformat() for row in rows] == ["2026-11-19T13:00:00+00:00"]
    clock.advance(8 * WEEK)

    async def completed():
        return (await calendar.call("GET", f"/events/{announced}")).json()["completed_at"]

    assert await eventually(completed, "the timer") == "2026-11-22T09:00:00Z"


async def test_what_took_place_is_neither_called_off_nor_moved(calendar, announced, later, clock):
    view = (await calendar.call("GET", f"/events/{announced}")).json()
    clock.advance(datetime.fromisoformat(view["ends_at"]) - clock.now())
    for who in ("anna", "mod"):
        answer = await calendar.call("POST", f"/events/{announced}/cancel", who, {"reason": "force-majeure"})
        assert kind(answer) == (409, "event-took-place")
    moved = await calendar.call("POST", f"/events/{announced}/reschedule", "anna", later)
    assert kind(moved) == (409, "event-took-place")
    assert (await calendar.call("GET", f"/events/{announced}")).json()["status"] == "announced"
    assert [fact.name for fact in await calendar.facts()] == ["EventAnnounced"]


async def test_a_session_holds_those_who_are_assigned_to_it(calendar, foreign, announced, plan):
    first, second = [one["id"] for one in (await calendar.call("GET", f"/events/{announced}")).json()["sessions"]]

    async def told(version, *sessions):
        people = [
            Delegate(id=new_id(), rank=rank, role="teacher", status="granted", sessions=where)
            for rank, where in enumerate(sessions, 1)
        ]
        request = Request(
            id=announced,  # one request will do; its id is nobody's business here
            event=announced,
            host="izhevsk",
            city="tver",
            mode=SeatMode.IN_PERSON,
            status="approved",
            delegates=people,
            wanted=len(people),
            granted=len(people),
            schedule_revision=1,
        )
        await foreign.tell(RequestUpdated(aggregate_version=version, request=request))
        await calendar.call("GET", "/events", vzaimo_position=f"request/{announced}/{version}")

    async def holds(capacity):
        sessions = [{**plan["sessions"][0], "capacity": capacity}, plan["sessions"][1]]
        return await calendar.call("PUT", f"/events/{announced}", "anna", {**plan, "sessions": sessions})

    await told(1, [first], [first, second], [second], None)
    refused = await holds(1)
    assert kind(refused) == (409, "session-in-use")
    assert (refused.json()["field"], refused.json()["assigned"]) == ("sessions.0.capacity", 2)
    assert (await holds(2)).is_success
    await told(2, [first], [second], [second], None)
    assert (await holds(1)).is_success
    await told(3, [first], [first], [second], None)
    assert (await holds(1)).is_success, "what is assigned meanwhile is no reason to refuse other details"


async def test_refused_moves_name_the_remedy_and_change_nothing(calendar, announced, settled, schedule, later, plan):
    async def refused(body):
        return kind(await calendar.call("POST", f"/events/{announced}/reschedule", "anna", body))

    await settled(announced, granted=7)
    first, second = plan["sessions"]
    twice = [{**first, "id": announced}, {**second, "id": announced}]
    assert await refused(schedule()) == (409, "nothing-rescheduled")
    assert await refused(schedule(mode="remote")) == (409, "mode-in-use")
    assert await refused({**later, "reconfirm_by": "2026-09-27T09:00:00Z"}) == (422, "too-late")
    assert await refused({**later, "reconfirm_by": "2026-10-04T09:00:00Z"}) == (422, "deadlines-out-of-order")
    assert await refused({**later, "seats": [{"mode": "in_person", "capacity": 99}]}) == (422, "seat-plan-wrong")
    assert await refused({**later, "sessions": twice}) == (422, "invalid-request")
    assert await refused({**later, "sessions": []}) == (422, "invalid-request")
    assert (await calendar.call("GET", f"/events/{announced}")).json()["schedule_revision"] == 1


async def test_a_suspended_host_moves_what_is_open_and_adds_no_mode(
    calendar, foreign, announced, settled, schedule, later
):
    await settled(announced)
    await foreign.city("izhevsk", status="suspended", version=2)
    await calendar.call("GET", "/events", vzaimo_position="city/izhevsk/2")
    hybrid = await calendar.call("POST", f"/events/{announced}/reschedule", "anna", schedule(mode="hybrid"))
    assert kind(hybrid) == (409, "city-not-active")
    await calendar.done("POST", f"/events/{announced}/reschedule", "anna", later)
    again = await calendar.call("POST", f"/events/{announced}/clone", "anna", {"first_day": "2027-02-01"})
    assert kind(again) == (409, "city-not-active")


async def test_a_mode_that_is_added_waits_for_the_ledger(calendar, announced, settled, schedule):
    hybrid = schedule(mode="hybrid", seats=[{"mode": "remote", "capacity": 300}])
    early = await calendar.call("POST", f"/events/{announced}/reschedule", "anna", hybrid)
    assert kind(early) == (409, "capacity-request-open")
    await settled(announced)
    await calendar.done("POST", f"/events/{announced}/reschedule", "anna", hybrid)
    view = (await calendar.call("GET", f"/events/{announced}")).json()
    assert [one["capacity"] for one in view["capacity_requested"]["seats"]] == [60, 300]
    view = await settled(announced, no=2, version=2)
    assert [one["capacity"] for one in view["seats"]] == [60, 300]


async def test_a_request_for_seats_that_nobody_answers_is_shown_and_counted(calendar, announced, settled, clock):
    async def counted():
        async with calendar.service.works.database.read() as tx:
            return await unanswered_requests_for_seats(tx)

    async def overdue():
        return (await calendar.call("GET", f"/events/{announced}")).json()["capacity_overdue"]

    tag = (await calendar.call("GET", f"/events/{announced}")).headers["etag"]
    assert (await overdue(), await counted()) == (False, 0)
    clock.advance(timedelta(minutes=10))
    await eventually(overdue, "the timer")
    assert await counted() == 1
    assert (await calendar.call("GET", f"/events/{announced}", if_none_match=tag)).status_code == 200
    assert not (await settled(announced))["capacity_overdue"]
    assert await counted() == 0


async def test_an_event_is_held_again_on_other_days(calendar, announced, plan):
    await calendar.done("POST", f"/events/{announced}/cancel", "anna", {"reason": "force-majeure"})
    cancelled = (await calendar.call("GET", f"/events/{announced}")).json()
    assert (cancelled["cancelled_for"], cancelled["cancelled_at"]) == ("force-majeure", "2026-09-27T09:00:00Z")
    draft = await calendar.done("POST", f"/events/{announced}/clone", "anna", {"first_day": "2027-02-01"})
    written = (await calendar.call("GET", f"/plans/{draft}", "anna")).json()
    assert [one["starts"] for one in written["plan"]["sessions"]] == ["2027-02-01T10:00:00", "2027-02-02T10:00:00"]
    assert (written["status"], written["plan"]["deadlines"]) == ("draft", None)
    past = await calendar.call("POST", f"/events/{announced}/clone", "anna", {"first_day": "2026-09-26"})
    assert kind(past) == (422, "too-late")
    never = await calendar.call("POST", f"/events/{announced}/clone", "anna", {"first_day": "9999-12-31"})
    assert kind(never) == (422, "invalid-request")
    body = {**plan, "sessions": written["plan"]["sessions"], "deadlines": None, "deadlines_preset": "visit"}
    await calendar.done("PUT", f"/events/{draft}", "anna", body)
    await calendar.done("POST", f"/events/{draft}/announce", "anna")
    view = (await calendar.call("GET", f"/events/{draft}")).json()
    assert (view["cloned_from"], view["deadlines"]["decide_by"]) == (announced, "2026-12-07T07:00:00Z")


async def test_a_preset_is_previewed_for_a_draft(calendar, drafted, plan):
    answer = await calendar.call("GET", f"/events/{drafted}/deadlines?preset=visit", "anna")
    assert answer.json()["promises"] == [
        {"promise": "open-30-days", "kept": False},
        {"promise": "results-8-weeks-ahead", "kept": False},
    ]
    assert answer.json()["deadlines"]["apply_opens"] == "2026-09-27T09:00:00Z"
    assert kind(await calendar.call("GET", f"/events/{drafted}/deadlines?preset=soon", "anna"))[0] == 422
    bare = await calendar.done("POST", "/events", "anna", {**plan, "host": "izhevsk", "sessions": []})
    empty = await calendar.call("GET", f"/events/{bare}/deadlines?preset=visit", "anna")
    assert (kind(empty), empty.json()["missing"]) == ((422, "event-incomplete"), ["sessions"])
    await calendar.done("POST", f"/events/{drafted}/announce", "anna")
    announced = await calendar.call("GET", f"/events/{drafted}/deadlines?preset=visit", "anna")
    assert kind(announced) == (409, "wrong-event-status")


def withdrawn(city, version=2):
    state = City(id=city, name=city, region="—", timezone="Europe/Samara", status=CityStatus.WITHDRAWN)
    return CityWithdrawn(aggregate_version=version, city=state)


async def test_what_a_withdrawn_city_had_ahead_is_called_off_once(calendar, foreign, plan, clock, later):
    past, ahead = [
        await calendar.done("POST", "/events", "anna", {**plan, "host": "izhevsk", **changes})
        for changes in ({}, {"sessions": later["sessions"]})
    ]
    draft = await calendar.done("POST", "/events", "anna", {**plan, "host": "izhevsk"})
    for event in (past, ahead):
        await calendar.done("POST", f"/events/{event}/announce", "anna")
    clock.advance(timedelta(days=8))
    await foreign.tell(withdrawn("izhevsk"), withdrawn("izhevsk"), withdrawn("izhevsk", version=3))
    await calendar.call("GET", "/events", vzaimo_position="city/izhevsk/3")
    view = (await calendar.call("GET", f"/events/{ahead}")).json()
    assert (view["status"], view["cancelled_for"], view["version"]) == ("cancelled", "host-withdrawn", 3)
    assert view["cancelled_at"] == "2026-10-05T09:00:00Z"
    assert (await calendar.call("GET", f"/events/{past}")).json()["status"] == "announced"
    said = await calendar.facts("EventCancelled")
    assert [str(fact.data.event.id) for fact in said] == [ahead]
    listed = await calendar.call("GET", "/events?status=cancelled&topic=school-environment")
    assert [one["id"] for one in listed.json()["items"]] == [ahead]
    assert kind(await calendar.call("POST", f"/events/{draft}/announce", "anna")) == (409, "city-not-active")


async def test_an_event_announced_in_the_moment_of_the_withdrawal_is_not_forgotten(calendar, foreign, plan):
    drafts = [await calendar.done("POST", "/events", "anna", {**plan, "host": "izhevsk"}) for _ in range(12)]

    async def announce(event):
        answer = await calendar.call("POST", f"/events/{event}/announce", "anna")
        assert answer.is_success or kind(answer) == (409, "city-not-active"), answer.text

    first = [announce(event) for event in drafts[:6]]
    await asyncio.gather(*first, foreign.tell(withdrawn("izhevsk")), *(announce(event) for event in drafts[6:]))
    await calendar.call("GET", "/events", vzaimo_position="city/izhevsk/2")
    assert (await calendar.call("GET", "/events")).json()["items"] == []
    states = (await calendar.call("GET", "/plans?host=izhevsk", "anna")).json()["items"]
    assert {one["status"] for one in states} <= {"draft", "cancelled"}


async def test_slots_are_found_for_cities_by_their_own_clocks(calendar, foreign):
    await foreign.city("kaliningrad", timezone="Europe/Kaliningrad")
    await foreign.city("omsk", timezone="Asia/Omsk")
    await calendar.call("GET", "/events", vzaimo_position="city/omsk/1")
    week = "from=2026-10-05T00:00:00Z&until=2026-10-06T00:00:00Z"
    page = await calendar.call("GET", f"/slots?cities=kaliningrad&cities=omsk&{week}&minutes=60&step=60")
    items = page.json()["items"]
    both = [one["starts_at"] for one in items if one["share"] == 1]
    assert both == [f"2026-10-05T{hour:02}:00:00Z" for hour in range(7, 12)]
    assert items[5] == {
        "starts_at": "2026-10-05T03:00:00Z",
        "ends_at": "2026-10-05T04:00:00Z",
        "share": 0.5,
        "cities": ["omsk"],
    }
    assert kind(await calendar.call("GET", f"/slots?cities=atlantis&{week}")) == (422, "unknown-city")
    never = await calendar.call("GET", "/slots?cities=omsk&from=0001-01-01T00:00:00Z&until=0001-01-02T00:00:00Z")
    assert kind(never) == (422, "invalid-request")
    for wrong in ("until=2026-10-04T00:00:00Z", "until=2026-11-06T00:00:00Z"):
        answer = await calendar.call("GET", f"/slots?cities=omsk&from=2026-10-05T00:00:00Z&{wrong}")
        assert kind(answer) == (422, "period-wrong")
