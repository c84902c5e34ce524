"""New schedules, deadlines, and cities that come and go: over HTTP, on both stores, with a real bus."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from vzaimo.contracts.calendar import (
    CapacityRequest,
    EventDetailsChanged,
    EventRescheduled,
    EventStatus,
    Mode,
    SeatMode,
    SeatPlan,
)
from vzaimo.kit.tables import TimerRow, table_of
from vzaimo.kit.testing import eventually
from vzaimo.requests.handlers import halls
from vzaimo.requests.handlers.deadlines import CONFIRM, DECISIONS
from vzaimo.requests.projections import CITY


def kind(answer):
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


@pytest.fixture
def view(requests):
    async def read(request, who="host"):
        return (await requests.call("GET", f"/requests/{request}", who)).json()

    return read


@pytest.fixture
def becomes(requests, view):
    """Wait until a request is in this state."""

    async def wait(request, status):
        async def is_so():
            return (await view(request))["status"] == status

        await eventually(is_so, status)

    return wait


@pytest.fixture
def reschedule(foreign):
    """A later schedule; cities answer within so many hours."""

    async def tell(event, version, hours=24, **changes):
        later = timedelta(days=7)
        deadlines = event.deadlines.model_copy(
            update={
                name: getattr(event.deadlines, name) + later for name in ("decide_by", "confirm_by", "roster_freeze")
            }
        )
        usual = {
            "deadlines": deadlines,
            "starts_at": event.starts_at + later,
            "ends_at": event.ends_at + later,
            "schedule_revision": version,
            "reconfirm_by": event.announced_at + timedelta(hours=hours),
        }
        new = event.model_copy(update=usual | changes)
        await foreign.tell(EventRescheduled(aggregate_version=version, event=new))
        return new

    return tell


async def confirmed(requests, request, who, revision=1):
    await requests.done("POST", f"/requests/{request}/confirm", who, {"schedule_revision": revision})


async def test_a_city_that_is_silent_after_a_new_schedule_gives_its_seats_to_the_queue(
    requests, announce, ask, decide, make_event, reschedule, becomes, view, advance
):
    event = make_event(capacity=10)
    event_id = await announce(event)
    keen, silent, waiting = [await ask(event_id, city, 5) for city in ("izhevsk", "tver", "perm")]
    for one in (keen, silent, waiting):
        await decide(one)
    await confirmed(requests, keen, "anna")
    await reschedule(event, 2)
    for one in (keen, silent):
        await becomes(one, "reconfirm_pending")
    assert ((await view(keen))["granted"], (await view(waiting))["status"]) == (5, "waitlisted")
    stale = await requests.call("POST", f"/requests/{keen}/reconfirm", "anna", {"schedule_revision": 1})
    assert (kind(stale), stale.json()["actual"]) == ((409, "schedule-changed"), 2)
    await requests.done("POST", f"/requests/{keen}/reconfirm", "anna", {"schedule_revision": 2})
    await advance(timedelta(hours=24))
    await becomes(silent, "released")
    await becomes(waiting, "approved")
    assert ((await view(keen))["status"], (await view(keen))["schedule_revision"]) == ("confirmed", 2)
    names = [fact.name for fact in await requests.facts() if fact.data.aggregate == "request"]
    assert names[-5:] == [
        "ReconfirmationRequested",
        "ReconfirmationRequested",
        "RequestConfirmed",
        "RequestReleased",
        "RequestApproved",
    ]


async def test_a_second_new_schedule_replaces_the_firsts_deadline_and_leaving_goes_throughout(
    requests, announce, ask, decide, make_event, reschedule, becomes, view, advance
):
    event = make_event()
    event_id = await announce(event)
    stays, leaves = [await ask(event_id, city, 5) for city in ("izhevsk", "tver")]
    for one in (stays, leaves):
        await decide(one)
    await reschedule(event, 2)
    await becomes(leaves, "reconfirm_pending")
    await requests.done("POST", f"/requests/{leaves}/withdraw", "boris")
    await reschedule(event, 3, hours=60)

    async def asked_again():
        return (await view(stays))["reconfirm_by"] == "2026-09-29T21:00:00Z"

    await eventually(asked_again, "the second question")
    await advance(timedelta(hours=30))
    await requests.done("POST", f"/requests/{stays}/reconfirm", "anna", {"schedule_revision": 3})
    assert (await view(stays))["status"] == "confirmed"


async def test_seats_count_in_the_season_that_their_event_has_moved_to(
    requests, announce, ask, decide, make_event, reschedule, becomes
):
    event = make_event()
    event_id = await announce(event)
    asked = await ask(event_id, "izhevsk", 5)
    await decide(asked)
    later = timedelta(days=365)
    start, deadlines = event.starts_at + later, event.deadlines.model_copy(update={"roster_freeze": event.starts_at})
    await reschedule(event, 2, starts_at=start, ends_at=start + timedelta(days=1), deadlines=deadlines)
    await becomes(asked, "reconfirm_pending")
    await requests.done("POST", f"/requests/{asked}/reconfirm", "anna", {"schedule_revision": 2})
    seasons = [(await requests.call("GET", f"/statistics/{year}")).json() for year in (2026, 2027)]
    assert [(one["events"], one["seats"]) for one in seasons] == [(0, 0), (1, 5)]


async def test_an_offer_of_the_old_schedule_is_void_and_its_seats_are_offered_for_the_new_one(
    requests, announce, ask, decide, make_event, reschedule, view, clock
):
    event = make_event()
    event_id = await announce(event)
    few = await ask(event_id, "izhevsk", 8, min_viable=5)
    await decide(few, count=3)
    await reschedule(event, 2)

    async def asked():
        return (await view(few))["offer"]["expires_at"] == "2026-09-28T09:00:00Z"

    await eventually(asked, "the offer's new deadline")
    old = await requests.call("POST", f"/requests/{few}/offer/accept", "anna", {"schedule_revision": 1})
    assert kind(old) == (409, "schedule-changed")
    await requests.done("POST", f"/requests/{few}/offer/accept", "anna", {"schedule_revision": 2})
    assert (await view(few))["status"] == "confirmed"
    assert [one.name for one in await requests.facts("OfferAccepted")] == ["OfferAccepted"]


async def test_a_mode_that_is_taken_away_closes_its_hall_and_may_come_back(
    requests, announce, foreign, ask, make_event, reschedule, becomes
):
    event = make_event()
    event_id = await announce(event)
    request = await ask(event_id, "tver", 2)
    remote = await reschedule(event, 2, mode=Mode.REMOTE)
    await becomes(request, "closed")
    assert [one.data.request.reason for one in await requests.facts("RequestClosed")] == ["mode-removed"]
    plan = SeatPlan(mode=SeatMode.IN_PERSON, capacity=7)
    asked = CapacityRequest(no=2, seats=(plan,), requested_at=event.announced_at)
    await reschedule(remote, 3, mode=Mode.HYBRID, capacity_requested=asked)

    async def reopened():
        (one,) = (await requests.call("GET", f"/events/{event_id}/seats")).json()["seats"]
        return one["capacity"] == 7

    await eventually(reopened, "the new seats")


async def test_a_deadline_that_is_put_off_acts_at_its_new_time(
    requests, announce, ask, decide, foreign, make_event, view, becomes, advance
):
    event = make_event()
    request = await ask(await announce(event), "tver", 2)
    await decide(request)
    old = event.deadlines.confirm_by
    deadlines = event.deadlines.model_copy(update={"confirm_by": old + timedelta(hours=1)})
    await foreign.tell(
        EventDetailsChanged(aggregate_version=2, event=event.model_copy(update={"deadlines": deadlines}))
    )
    timers = table_of(TimerRow)

    async def moved():
        async with requests.service.works.database.read() as tx:
            due = await tx.scalar(select(timers.c.due_at).where(timers.c.kind == CONFIRM))
        return due == deadlines.confirm_by

    await eventually(moved, "the timer at its new time")
    await advance(old - event.announced_at + timedelta(minutes=30))
    shown = await view(request)
    assert (shown["status"], datetime.fromisoformat(shown["confirm_by"])) == ("approved", deadlines.confirm_by)
    await advance(timedelta(hours=1))
    await becomes(request, "released")


async def test_a_host_that_does_not_decide_is_overdue_then_the_moderators_then_it_is_too_late(
    requests, announce, ask, make_event, becomes, view, advance, monkeypatch
):
    monkeypatch.setattr(halls, "PAGE", 1)
    event = await announce(make_event())
    asked = [await ask(event, city, 2) for city in ("izhevsk", "tver", "perm")]
    await advance(timedelta(days=4))

    async def all_are(name):
        return all([(await view(one))[name] is not None for one in asked])

    await eventually(lambda: all_are("overdue_at"), "the first deadline")
    approve = {"verdict": "approve"}
    early = await requests.call("POST", f"/requests/{asked[0]}/decision", "mod", approve)
    assert kind(early) == (403, "not-allowed")

    async def late(wanted):
        page = (await requests.call("GET", f"/requests?status=submitted&escalated={wanted}", "mod")).json()
        return [one["id"] for one in page["items"]]

    assert (await late("true"), await late("false")) == ([], asked)
    await advance(timedelta(hours=24))
    await eventually(lambda: all_are("escalated_at"), "the second deadline")
    assert (await late("true"), await late("false")) == (asked, [])
    await requests.done("POST", f"/requests/{asked[0]}/priority", "mod", {"priority": 3})
    await requests.done("POST", f"/requests/{asked[0]}/decision", "mod", approve)
    await requests.done("POST", f"/events/{event}/assignments", "mod", {})
    await confirmed(requests, asked[0], "anna")
    await requests.done("POST", f"/requests/{asked[1]}/decision", "host", {"verdict": "reject", "reason": "no-seats"})
    await advance(timedelta(hours=48))
    await becomes(asked[2], "expired")
    assert ((await view(asked[0]))["granted"], (await view(asked[1]))["status"]) == (2, "rejected")
    for name, count in (("DecisionOverdue", 3), ("DecisionEscalated", 3), ("RequestExpired", 1)):
        assert len(await requests.facts(name)) == count


async def test_a_request_that_comes_when_others_were_looked_at_is_overdue_a_day_later(
    requests, announce, ask, make_event, view, advance
):
    usual = make_event()
    late = usual.deadlines.model_copy(update={"apply_closes": usual.deadlines.decide_by})
    event = await announce(make_event(deadlines=late))
    timers = table_of(TimerRow)
    await advance(late.decide_by - usual.announced_at)

    async def looked():
        async with requests.service.works.database.read() as tx:
            due = await tx.scalar(select(timers.c.due_at).where(timers.c.kind == DECISIONS))
        return due != late.decide_by

    await eventually(looked, "the first deadline")
    await advance(-timedelta(seconds=1))  # by the clock of another replica, requests are still taken
    request = await ask(event, "tver", 1)
    await advance(timedelta(hours=24, seconds=1))

    async def overdue():
        return (await view(request))["overdue_at"] is not None

    await eventually(overdue, "the host is late")


async def test_what_nobody_confirmed_goes_to_the_queue_and_what_was_confirmed_stays(
    requests, announce, ask, decide, make_event, becomes, view, advance
):
    usual = make_event(capacity=8)
    event = await announce(usual)
    partly, silent, waiting = [await ask(event, city, 4) for city in ("izhevsk", "tver", "perm")]
    for one in (partly, silent, waiting):
        await decide(one)
    await confirmed(requests, partly, "anna")
    await advance(timedelta(days=5))
    await becomes(silent, "released")
    await becomes(waiting, "approved")
    assert ((await view(partly))["status"], (await view(partly))["granted"]) == ("confirmed", 4)
    # Who was served late has its own time, which here ends with the freeze.
    freeze = usual.deadlines.roster_freeze
    assert datetime.fromisoformat((await view(waiting))["confirm_by"]) == freeze
    await advance(freeze - usual.deadlines.confirm_by)
    await becomes(waiting, "released")


async def test_a_suspended_city_is_passed_over_and_served_when_it_is_back_and_one_that_left_gives_back(
    requests, announce, foreign, ask, decide, make_event, becomes, view
):
    event = await announce(make_event(capacity=6))
    first, second, third = [await ask(event, city, 3) for city in ("izhevsk", "tver", "perm")]
    for one in (first, second):
        await decide(one)
    await foreign.city("perm", version=2, status="suspended")
    await eventually(lambda: _status_of(requests, "perm", "suspended"), "the suspension")
    await decide(third)
    await foreign.city("izhevsk", version=2, status="withdrawn")
    await becomes(first, "withdrawn")
    queue = (await requests.call("GET", f"/events/{event}/queue?mode=in_person", "galina")).json()
    assert [(one["place"], one["why"]) for one in queue["entries"]] == [(1, "suspended")]
    refused = await requests.call("POST", "/requests", "galina", {"event": event, "city": "perm", "mode": "remote"})
    assert refused.status_code in {409, 422}
    await foreign.city("perm", version=3, status="active")
    await becomes(third, "approved")
    assert (await view(second))["granted"] == 3


async def test_the_moderator_acts_for_a_suspended_host(requests, announce, foreign, ask, make_event, view, advance):
    known = make_event()
    event = await announce(known)
    request = await ask(event, "tver", 2)
    await foreign.city("moskva", version=2, status="suspended")
    await eventually(lambda: _status_of(requests, "moskva", "suspended"), "the suspension")
    await requests.done("POST", f"/requests/{request}/priority", "mod", {"priority": 3})
    await requests.done("POST", f"/requests/{request}/decision", "mod", {"verdict": "approve"})
    shown = await view(request)
    assert (shown["granted"], shown["priority"]) == (2, 3)
    await confirmed(requests, request, "boris")
    await requests.done("POST", f"/events/{event}/assignments", "mod", {})
    await advance(known.starts_at - known.announced_at)
    came = {"delegates": {shown["delegates"][0]["id"]: 60}}
    await requests.done("PUT", f"/events/{event}/sessions/{known.sessions[0].id}/attendance", "mod", came)
    assert (await view(request))["attended"] == 1


async def test_an_event_that_is_over_moves_no_seats(requests, announce, foreign, ask, decide, make_event, view):
    event = make_event(capacity=2)
    event_id = await announce(event)
    first, second = await ask(event_id, "izhevsk", 2), await ask(event_id, "tver", 2)
    for one in (first, second):
        await decide(one)
    over = event.model_copy(update={"status": EventStatus.COMPLETED})
    await foreign.tell(EventRescheduled(aggregate_version=2, event=over))

    async def closed():
        queue = (await requests.call("GET", f"/events/{event_id}/queue?mode=in_person", "host")).json()
        return [one["why"] for one in queue["entries"]] == ["closed"]

    await eventually(closed, "the end")
    await requests.done("POST", f"/requests/{first}/withdraw", "anna")
    assert (await view(second))["status"] == "waitlisted"


async def _status_of(requests, city, status):
    async with requests.service.works.database.read() as tx:
        return any(row.status == status for row in await tx.all(CITY.select().where(CITY.c.id == city)))
