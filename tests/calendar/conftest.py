"""Calendar at work on each store, with an active city whose coordinator is ``anna``."""

import pytest

from vzaimo.calendar.main import parts
from vzaimo.calendar.shapes.events import PlanBody
from vzaimo.contracts.calendar import SeatMode
from vzaimo.contracts.requests import (
    CapacityAnswer,
    CapacityApplied,
    Ledger,
    Request,
    RequestConfirmed,
    SeatsChanged,
)
from vzaimo.kit.ids import new_id
from vzaimo.kit.settings import Settings
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.services import running

PLAN = {
    "title": "Образовательная среда московской школы",
    "summary": "Двухдневный визит.",
    "mode": "in_person",
    "audience": ["director", "teacher"],
    "topics": ["school-environment"],
    "timezone": "Europe/Moscow",
    "academic_hours": 16,
    "sessions": [
        {
            "title": "Школа № 1560",
            "starts": "2026-10-04T10:00",
            "ends": "2026-10-04T17:00",
            "site": {"name": "Школа № 1560", "address": "Москва"},
        },
        {
            "title": "Школа № 1474",
            "starts": "2026-10-05T10:00",
            "ends": "2026-10-05T16:00",
            "site": {"name": "Школа № 1474"},
        },
    ],
    "deadlines": {
        "apply_opens": "2026-09-27T12:00:00+03:00",
        "apply_closes": "2026-09-30T18:00:00+03:00",
        "decide_by": "2026-10-01T18:00:00+03:00",
        "confirm_by": "2026-10-02T18:00:00+03:00",
        "roster_freeze": "2026-10-03T18:00:00+03:00",
    },
    "seats": [{"mode": "in_person", "capacity": 60, "quota": 40, "reserves": {"tver": 10}}],
}


@pytest.fixture(scope="session")
def plan():
    """A plan that can be announced."""
    return PLAN


@pytest.fixture(scope="session")
def planned():
    """The usual plan with changes, as the domain has it."""
    return lambda **changes: PlanBody.model_validate({**PLAN, **changes}).plan()


@pytest.fixture
async def calendar(foreign, settings_of, clock):
    await foreign.city("izhevsk", "anna")
    await foreign.role("mod", "moderator")
    settings = settings_of(Settings)
    async with running(parts(), settings, clock) as service:
        await service.known("anna", "mod")
        await service.call("GET", "/events", vzaimo_position="city/izhevsk/1")
        yield service


@pytest.fixture
def remote(plan):
    """A webinar that can be announced; its link is secret."""
    session = {**plan["sessions"][0], "site": None, "join_link": "https://join.example/hidden"}
    return {**plan, "host": "izhevsk", "mode": "remote", "sessions": [session], "seats": []}


@pytest.fixture
def announce(calendar):
    """Announce a plan; returns the event's id."""

    async def done(body):
        event = await calendar.done("POST", "/events", "anna", {"host": "izhevsk", **body})
        return await calendar.done("POST", f"/events/{event}/announce", "anna")

    return done


@pytest.fixture
def grant(calendar, foreign):
    """Tell calendar of a city's request, and wait until it knows."""

    async def told(event, city="tver", *, mode=SeatMode.REMOTE, granted=2, version=1, of=None, status="confirmed"):
        request = Request(
            id=of or new_id(),
            event=event,
            host="izhevsk",
            city=city,
            mode=mode,
            status=status,
            wanted=2,
            granted=granted,
            confirmed=granted,
            schedule_revision=1,
        )
        await foreign.tell(RequestConfirmed(aggregate_version=version, request=request))
        await calendar.call("GET", "/events", vzaimo_position=f"request/{request.id}/{version}")
        return request.id

    return told


@pytest.fixture
async def drafted(calendar, plan):
    return await calendar.done("POST", "/events", "anna", {**plan, "host": "izhevsk"})


@pytest.fixture
async def announced(calendar, drafted):
    return await calendar.done("POST", f"/events/{drafted}/announce", "anna")


@pytest.fixture
def settled(calendar, foreign):
    """Let the ledger agree to a request for seats in person, and count what is granted."""

    async def settle(event, *, no=1, capacity=60, granted=0, version=1):
        answer = CapacityAnswer(event=event, host="izhevsk", no=no, applied=True)
        ledger = Ledger(event=event, host="izhevsk", mode=SeatMode.IN_PERSON, capacity=capacity, granted=granted)
        await foreign.tell(
            CapacityApplied(aggregate_version=no, answer=answer), SeatsChanged(aggregate_version=version, ledger=ledger)
        )

        async def shown():
            view = (await calendar.call("GET", f"/events/{event}")).json()
            return view["capacity_no"] == no and view["seats_now"] and view

        return await eventually(shown, "the ledger's answer")

    return settle
