"""Personal data: asked for a reason, seen by those concerned, and ended for good; on both stores, with a real bus."""

import logging
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from vzaimo.contracts.calendar import EventCancelled, EventCompleted, EventRescheduled, EventStatus
from vzaimo.kit.cause import Cause
from vzaimo.kit.testing import eventually
from vzaimo.requests.handlers.adopt import adopt
from vzaimo.requests.store import DELEGATE, ERASURE_ACT

NAME, SCHOOL, DIET = "Аристарх Поликарпов", "Школа № 1560", "Без глютена"
REMARK = "Берём только Поликарпова."
PURGE_AFTER = timedelta(days=180)


def kind(answer):
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


@pytest.fixture
async def visit(requests, foreign, announce, decide, make_event):
    """Izhevsk sends two named people, one of them granted a seat; Tver one."""
    await foreign.role("hvera", "viewer", "moskva")
    await foreign.role("vera", "viewer", "izhevsk")
    await foreign.role("robot", "service", "izhevsk", scopes=("requests",))
    await foreign.role("hrobot", "service", "moskva", scopes=("read", "requests"))
    await requests.known("hvera", "vera", "robot", "hrobot")
    event = make_event()
    await announce(event)
    asked = {}
    for city, who, count in (("izhevsk", "anna", 2), ("tver", "boris", 1)):
        people = [
            {"rank": rank, "name": f"{NAME} {rank}", "role": "teacher", "organisation": SCHOOL}
            for rank in range(1, count + 1)
        ]
        body = {"event": str(event.id), "city": city, "mode": "in_person", "delegates": people}
        # Sent with a key: what is kept of a command has no names either.
        asked[city] = (await requests.call("POST", "/requests", who, body, idempotency_key=f"of-{city}")).json()["id"]
        await requests.done("POST", f"/requests/{asked[city]}/submit", who, {"schedule_revision": 1})
    await decide(asked["izhevsk"], count=1, remark=REMARK)
    view = (await requests.call("GET", f"/requests/{asked['izhevsk']}", "anna")).json()
    return event, asked, [one["id"] for one in view["delegates"]]


async def holding(requests, *texts):
    """The tables in which these texts are, in whatever form a row has."""
    found = set()
    async with requests.service.works.database.read() as tx:
        for schema in requests.service.parts.schemas:
            for table in schema.metadata.sorted_tables:
                for row in await tx.all(select(table)):
                    shown = " ".join(
                        bytes(value).decode() if isinstance(value, bytes | memoryview) else str(value) for value in row
                    )
                    escaped = [text.encode("unicode_escape").decode() for text in texts]
                    if any(text in shown for text in (*texts, *escaped)):
                        found.add(table.name)
    return found


async def test_needs_are_asked_of_those_who_come_and_seen_by_guest_and_host_alone(requests, visit):
    _, asked, (granted, declined) = visit
    path, body = f"/requests/{asked['izhevsk']}/delegates", {"dietary": DIET, "access": "Пандус"}
    await requests.done("PUT", f"{path}/{granted}/needs", "anna", body)
    late = await requests.call("PUT", f"{path}/{declined}/needs", "anna", body)
    assert kind(late) == (409, "not-granted")
    strange = await requests.call("PUT", f"{path}/{asked['tver']}/needs", "anna", body)
    assert kind(strange) == (404, "delegate-not-found")
    for who in ("anna", "vera", "robot", "host"):
        (one,) = (await requests.call("GET", f"{path}/needs", who)).json()["items"]
        assert (one["delegate"], one["name"], one["dietary"], one["access"]) == (granted, f"{NAME} 1", DIET, "Пандус")
    assert await holding(requests, DIET) == {"delegate"}
    await requests.done("POST", f"/requests/{asked['izhevsk']}/withdraw", "anna")
    assert (await requests.call("GET", f"{path}/needs", "host")).json()["items"] == []


async def test_an_erased_person_is_nowhere_and_counts_stay(requests, visit, caplog):
    caplog.set_level(logging.DEBUG)
    _, asked, (granted, other) = visit
    path = f"/requests/{asked['izhevsk']}/delegates"
    await requests.done("PUT", f"{path}/{granted}/needs", "anna", {"dietary": DIET})
    before = (await requests.call("GET", f"/requests/{asked['izhevsk']}", "anna")).json()
    for one in (granted, other):
        await requests.done("POST", f"{path}/{one}/erasure", "anna", None)
    again = await requests.call("POST", f"{path}/{granted}/erasure", "anna")
    assert kind(again) == (409, "already-erased")
    assert kind(await requests.call("PUT", f"{path}/{granted}/needs", "anna", {"dietary": DIET})) == (
        409,
        "already-erased",
    )
    after = (await requests.call("GET", f"/requests/{asked['izhevsk']}", "host")).json()
    assert [(one["name"], one["organisation"]) for one in after["delegates"]] == [("удалено", None)] * 2
    same = ("status", "wanted", "granted", "confirmed", "waiting", "version")
    assert [after[name] for name in same] == [before[name] for name in same]
    (boris,) = (await requests.call("GET", f"/requests/{asked['tver']}", "boris")).json()["delegates"]
    assert boris["name"] == f"{NAME} 1"
    await requests.done("POST", f"/requests/{asked['tver']}/delegates/{boris['id']}/erasure", "mod")
    assert await holding(requests, NAME, NAME.split(maxsplit=1)[0], SCHOOL, DIET) == set()
    assert NAME not in caplog.text
    assert SCHOOL not in caplog.text
    acts = [fact.data.erasure for fact in await requests.facts("PersonalDataErased")]
    assert [(one.number, one.city, one.people, one.cause) for one in acts] == [
        (1, "izhevsk", 1, "erasure"),
        (2, "izhevsk", 1, "erasure"),
        (3, "tver", 1, "erasure"),
    ]


async def test_who_has_read_a_name_reads_that_it_was_erased(requests, visit):
    _, asked, (granted, _) = visit
    path = f"/requests/{asked['izhevsk']}"
    read = await requests.call("GET", path, "host")
    assert (await requests.call("GET", path, "host", if_none_match=read.headers["etag"])).status_code == 304
    await requests.done("POST", f"{path}/delegates/{granted}/erasure", "anna")
    again = await requests.call("GET", path, "host", if_none_match=read.headers["etag"])
    assert again.status_code == 200
    assert [one["name"] for one in again.json()["delegates"]] == ["удалено", f"{NAME} 2"]


async def test_an_act_is_listed_printed_kept_for_three_years_and_then_gone(requests, visit, moved_to, clock):
    _, asked, (granted, other) = visit
    path = f"/requests/{asked['izhevsk']}/delegates"
    act = await requests.done("POST", f"{path}/{granted}/erasure", "anna")
    await requests.done("POST", f"{path}/{other}/erasure", "mod")
    (first, second) = (await requests.call("GET", "/erasure-acts", "anna")).json()["items"]
    assert (first["id"], first["number"], first["people"], first["delegates"]) == (act, 1, 1, [granted])
    assert first["journal"] == [
        {
            "table": "delegate",
            "operation": "overwritten",
            "columns": ["name", "organisation", "dietary", "access"],
            "rows": 1,
        }
    ]
    page = (await requests.call("GET", "/erasure-acts?limit=1", "mod")).json()
    rest = (await requests.call("GET", f"/erasure-acts?limit=1&cursor={page['next']}", "mod")).json()
    assert (page["items"], rest["items"], rest["next"]) == ([first], [second], None)
    assert (await requests.call("GET", "/erasure-acts", "boris")).json()["items"] == []
    printed = await requests.call("GET", f"/erasure-acts/{act}?format=text", "anna")
    assert printed.headers["content-type"] == "text/plain; charset=utf-8"
    for part in ("АКТ № 1\n", granted, "27.09.2026 09:00:00", first["actor"], "перезаписано строк 1"):
        assert part in printed.text
    english = await requests.call("GET", f"/erasure-acts/{act}?format=text", "anna", accept_language="en")
    assert "ACT No. 1\n" in english.text
    await moved_to(clock.now() + timedelta(days=3 * 365 + 1))

    async def gone():
        return (await requests.call("GET", f"/erasure-acts/{act}", "anna")).status_code == 404

    await eventually(gone, "the end of the act")


async def test_names_end_with_their_event_an_act_a_request(requests, foreign, visit, moved_to):
    event, asked, (granted, _) = visit
    await requests.done("POST", f"/requests/{asked['izhevsk']}/delegates/{granted}/erasure", "anna")
    later = event.model_copy(update={"ends_at": event.ends_at + timedelta(days=7), "schedule_revision": 2})
    done = later.model_copy(update={"status": EventStatus.COMPLETED})
    await foreign.tell(EventRescheduled(aggregate_version=2, event=later))
    await foreign.tell(EventCompleted(aggregate_version=3, event=done))

    body = {"delegates": [{"rank": 1, "name": f"{NAME} 1", "role": "teacher"}]}

    async def completed():
        return (await requests.call("PUT", f"/requests/{asked['tver']}", "boris", body)).status_code == 409

    await eventually(completed, "the end of the event: nobody is named any more")
    await moved_to(event.ends_at + PURGE_AFTER)
    assert await holding(requests, NAME, REMARK) == {"delegate", "request"}
    await moved_to(later.ends_at + PURGE_AFTER)

    async def nowhere():
        return not await holding(requests, NAME, SCHOOL, REMARK)

    await eventually(nowhere, "the purge")
    acts = [fact.data.erasure for fact in await requests.facts("PersonalDataErased")]
    assert sorted((one.number, one.city, one.people, one.cause) for one in acts) == [
        (1, "izhevsk", 1, "erasure"),
        (2, "izhevsk", 1, "purge"),
        (3, "tver", 1, "purge"),
    ]
    view = (await requests.call("GET", f"/requests/{asked['tver']}", "boris")).json()
    assert (view["wanted"], [one["name"] for one in view["delegates"]]) == (1, ["удалено"])
    (of_tver,) = (await requests.call("GET", "/erasure-acts", "boris")).json()["items"]
    of_izhevsk = (await requests.call("GET", "/erasure-acts", "anna")).json()["items"][-1]
    assert of_tver["actor"] == of_izhevsk["actor"] == "timer"
    assert [line["table"] for line in of_tver["journal"]] == ["delegate"]
    assert of_izhevsk["journal"][1:] == [
        {"table": "request", "operation": "overwritten", "columns": ["remark"], "rows": 1}
    ]


async def test_names_end_thirty_days_after_their_event_was_called_off(requests, foreign, visit, moved_to, clock):
    event, asked, _ = visit
    gone = {"status": EventStatus.CANCELLED, "cancelled_for": "force-majeure", "cancelled_at": clock.now()}
    await foreign.tell(EventCancelled(aggregate_version=2, event=event.model_copy(update=gone)))

    async def closed():
        view = (await requests.call("GET", f"/requests/{asked['tver']}", "boris")).json()
        return view["status"] == "closed"

    await eventually(closed, "the end of the request")
    await moved_to(gone["cancelled_at"] + timedelta(days=30) - timedelta(seconds=1))
    assert await holding(requests, NAME, REMARK) == {"delegate", "request"}
    await moved_to(gone["cancelled_at"] + timedelta(days=30))

    async def nowhere():
        return not await holding(requests, NAME, SCHOOL, REMARK)

    await eventually(nowhere, "the purge")
    acts = [fact.data.erasure for fact in await requests.facts("PersonalDataErased")]
    assert sorted((one.city, one.people, one.cause) for one in acts) == [("izhevsk", 2, "purge"), ("tver", 1, "purge")]


async def test_what_was_destroyed_stays_so_where_the_city_is_sent_to_another_event(
    requests, announce, visit, make_event
):
    _, asked, _ = visit
    target = await announce(make_event())
    origin = asked["tver"]
    (person,) = (await requests.call("GET", f"/requests/{origin}", "boris")).json()["delegates"]
    await requests.done("POST", f"/requests/{origin}/delegates/{person['id']}/erasure", "boris")
    await requests.done("POST", f"/requests/{origin}/redirect", "host", {"event": target})
    (draft,) = (await requests.call("GET", f"/requests?event={target}", "boris")).json()["items"]
    path = f"/requests/{draft['id']}/delegates/{draft['delegates'][0]['id']}"
    data = (await requests.call("GET", f"{path}/data", "boris")).json()
    assert (data["name"], data["erased_at"]) == ("удалено", "2026-09-27T09:00:00Z")
    assert kind(await requests.call("POST", f"{path}/erasure", "boris")) == (409, "already-erased")


async def test_a_restored_store_destroys_again_what_was_destroyed_since(requests, visit):
    _, asked, (granted, other) = visit
    path = f"/requests/{asked['izhevsk']}/delegates/{granted}/erasure"
    await requests.done("POST", path, "anna")
    facts = [fact.data for fact in await requests.facts()]
    works = requests.service.works
    async with works.begin(Cause(actor="restore")) as work:  # as in the older copy
        await work.execute(
            update(DELEGATE)
            .where(DELEGATE.c.id == UUID(granted))
            .values(name=NAME, organisation=SCHOOL, erased_at=None)
        )
        await work.execute(delete(ERASURE_ACT))
    for _ in range(2):
        async with works.begin(Cause(actor="reconcile")) as work:
            await adopt(work, facts)
    view = (await requests.call("GET", f"/requests/{asked['izhevsk']}", "anna")).json()
    assert [one["name"] for one in view["delegates"]] == ["удалено", f"{NAME} 2"]
    (act,) = (await requests.call("GET", "/erasure-acts", "anna")).json()["items"]
    assert (act["number"], act["actor"], act["delegates"]) == (1, "reconcile", [granted])
    await requests.done("POST", f"/requests/{asked['izhevsk']}/delegates/{other}/erasure", "anna")
    numbers = [one["number"] for one in (await requests.call("GET", "/erasure-acts", "anna")).json()["items"]]
    assert sorted(numbers) == [1, 2]


async def test_all_that_is_stored_about_a_person_is_given_out(requests, visit, moved_to):
    event, asked, (granted, _) = visit
    path = f"/requests/{asked['izhevsk']}/delegates/{granted}"
    await requests.done("PUT", f"{path}/needs", "anna", {"dietary": DIET})
    await moved_to(event.starts_at)
    roll = f"/events/{event.id}/sessions/{event.sessions[0].id}/attendance"
    await requests.done("PUT", roll, "host", {"delegates": {granted: 95}})
    answer = await requests.call("GET", f"{path}/data", "anna")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "delegate": granted,
        "name": f"{NAME} 1",
        "organisation": SCHOOL,
        "dietary": DIET,
        "access": None,
        "erased_at": None,
        "request": asked["izhevsk"],
        "city": "izhevsk",
        "host": "moskva",
        "event": str(event.id),
        "event_title": "Визит",
        "rank": 1,
        "role": "teacher",
        "status": "attended",
        "sessions": None,
        "attendance": [{"session": str(event.sessions[0].id), "minutes": 95}],
    }


WHO = {
    "public": None,
    "stranger": "stranger",
    "viewer": "vera",
    "guest": "anna",
    "other guest": "boris",
    "host": "host",
    "host's viewer": "hvera",
    "moderator": "mod",
    "service": "robot",
    "host's service": "hrobot",
}
CLOSED = {"public": 401, "stranger": 403, "other guest": 404}
CELLS = {
    "state needs": CLOSED | {"viewer": 403, "host": 403, "host's viewer": 403, "host's service": 403, "moderator": 403},
    "read needs": CLOSED | {"host's viewer": 403, "host's service": 403, "moderator": 403},
    "export": CLOSED
    | dict.fromkeys(("viewer", "host", "host's viewer", "moderator", "service", "host's service"), 403),
    "erase": CLOSED | dict.fromkeys(("viewer", "host", "host's viewer", "service", "host's service"), 403),
    "list acts": {"public": 401}
    | dict.fromkeys(("stranger", "viewer", "host's viewer", "service", "host's service"), 403),
    "read an act": CLOSED | dict.fromkeys(("viewer", "host", "host's viewer", "service", "host's service"), 404),
}


async def test_who_may_do_what_with_personal_data(requests, visit):
    _, asked, (granted, other) = visit
    people = f"/requests/{asked['izhevsk']}/delegates"
    act = await requests.done("POST", f"{people}/{other}/erasure", "anna")
    calls = {
        "state needs": ("PUT", f"{people}/{granted}/needs", {"dietary": DIET}),
        "read needs": ("GET", f"{people}/needs", None),
        "export": ("GET", f"{people}/{granted}/data", None),
        "erase": ("POST", f"{people}/{granted}/erasure", None),
        "list acts": ("GET", "/erasure-acts", None),
        "read an act": ("GET", f"/erasure-acts/{act}", None),
    }
    found = {action: {} for action in CELLS}
    for action, (method, path, body) in calls.items():
        for who, subject in WHO.items():
            answer = await requests.call(method, path, subject, body)
            if not answer.is_success and answer.status_code != 409:  # erased by the one before
                found[action][who] = answer.status_code
    assert found == CELLS
