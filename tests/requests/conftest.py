"""Requests at work on each store: Moscow hosts an event of 60 seats; Izhevsk, Tver and Perm may ask."""

from datetime import UTC, datetime, timedelta

import pytest

from vzaimo.contracts.calendar import (
    Admission,
    CapacityRequest,
    Deadlines,
    Event,
    EventAnnounced,
    EventStatus,
    Mode,
    QueueOrder,
    QueuePolicy,
    SeatMode,
    SeatPlan,
    Session,
)
from vzaimo.kit.ids import new_id
from vzaimo.kit.settings import Settings
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.services import running
from vzaimo.requests.main import parts

NOON = datetime(2026, 9, 27, 9, 0, tzinfo=UTC)
GUESTS = {"izhevsk": "anna", "tver": "boris", "perm": "galina"}


def event_of(**changes):
    """An announced event of 60 seats whose first request for capacity is open."""
    start = datetime(2026, 10, 4, 7, 0, tzinfo=UTC)
    capacity = changes.pop("capacity", 60)
    plan = SeatPlan(
        mode=changes.pop("seat_mode", SeatMode.IN_PERSON),
        capacity=capacity,
        quota=changes.pop("quota", None),
        reserves=changes.pop("reserves", {}),
    )
    usual = {
        "id": new_id(),
        "host": "moskva",
        "title": "Визит",
        "mode": Mode.IN_PERSON,
        "audience": ("director", "teacher"),
        "timezone": "Europe/Moscow",
        "starts_at": start,
        "ends_at": start + timedelta(days=1, hours=6),
        "sessions": (
            Session(id=new_id(), title="День 1", starts_at=start, ends_at=start + timedelta(hours=7)),
            Session(
                id=new_id(),
                title="День 2",
                starts_at=start + timedelta(days=1),
                ends_at=start + timedelta(days=1, hours=6),
            ),
        ),
        "deadlines": Deadlines(
            apply_opens=NOON - timedelta(hours=1),
            apply_closes=NOON + timedelta(days=3),
            decide_by=NOON + timedelta(days=4),
            confirm_by=NOON + timedelta(days=5),
            roster_freeze=NOON + timedelta(days=6),
        ),
        "admission": Admission.HOST,
        "queue_policy": QueuePolicy.STRICT,
        "queue_order": QueueOrder.SUBMITTED,
        "status": EventStatus.ANNOUNCED,
        "capacity_requested": CapacityRequest(no=1, seats=(plan,), requested_at=NOON),
        "announced_at": NOON,
    }
    return Event(**(usual | changes))


@pytest.fixture
def make_event():
    return event_of


@pytest.fixture
async def requests(foreign, settings_of, clock):
    await foreign.city("moskva", "host")
    await foreign.role("mod", "moderator")
    for city, person in GUESTS.items():
        await foreign.city(city, person)
    settings = settings_of(Settings)
    async with running(parts(), settings, clock) as service:
        await service.known("host", "mod", *GUESTS.values())
        # Cities come by another consumer than roles: whoever is known may be so before the own city is.
        await eventually(_caught_up_of(service), "the cities")
        yield service


def _caught_up_of(service):
    async def caught_up():
        return service.service.inbound.caught_up

    return caught_up


@pytest.fixture
def advance(requests, clock):
    """Let time pass, and wait until the copies are level: what was on its way would else be late by all of it."""

    async def move(by):
        clock.advance(by)
        await eventually(lambda: not requests.service.inbound.behind_since, "the copies")

    return move


@pytest.fixture
def announce(requests, foreign):
    """Announce an event and wait until its seats are open."""

    async def tell(event, fact=EventAnnounced, version=1):
        await foreign.tell(fact(aggregate_version=version, event=event))

        async def opened():
            answer = await requests.call("GET", f"/events/{event.id}/seats")
            return answer.is_success and answer.json()["seats"]

        await eventually(opened, "the ledger")
        return str(event.id)

    return tell


@pytest.fixture
def ask(requests):
    """A guest submits a request for so many people."""

    async def send(event, city, count, **more):
        delegates = [{"rank": rank, "name": f"Участник {rank}", "role": "teacher"} for rank in range(1, count + 1)]
        body = {"event": event, "city": city, "mode": "in_person", "delegates": delegates, **more}
        request = await requests.done("POST", "/requests", GUESTS[city], body)
        await requests.done("POST", f"/requests/{request}/submit", GUESTS[city], {"schedule_revision": 1})
        return request

    return send


@pytest.fixture
def decide(requests):
    async def send(request, **more):
        return await requests.done("POST", f"/requests/{request}/decision", "host", {"verdict": "approve", **more})

    return send


@pytest.fixture
def seen(requests):
    """A request as its host sees it: status, granted, waiting, and seats held."""

    async def read(request):
        view = (await requests.call("GET", f"/requests/{request}", "host")).json()
        return view["status"], view["granted"], view["waiting"], (view["offer"] or {}).get("seats", 0)

    return read


@pytest.fixture
def moved_to(requests, clock):
    """Move the clock on, once the copies are level: else they would count as behind for all of that time."""

    async def move(moment):
        await eventually(lambda: _level(requests.service.inbound), "level copies")
        clock.advance(moment - clock.now())

    return move


async def _level(inbound):
    return inbound.caught_up and not inbound.behind_since
