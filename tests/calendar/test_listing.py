"""The list of events: what it is filtered and searched by, on both stores, and the keys that it walks."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from vzaimo.calendar.main import parts
from vzaimo.calendar.shapes.events import EventFilter
from vzaimo.calendar.views.listing import listing
from vzaimo.contracts.calendar import AudienceRole, Mode, SeatMode
from vzaimo.contracts.requests import Ledger, SeatsChanged
from vzaimo.kit import lemmas
from vzaimo.kit.database import open_database
from vzaimo.kit.http import CursorValue
from vzaimo.kit.ids import new_id
from vzaimo.kit.migrations import migrate
from vzaimo.kit.testing import eventually


@pytest.fixture
async def held(calendar, plan):
    """Announce the usual event with changes."""

    async def hold(**changes):
        event = await calendar.done("POST", "/events", "anna", {**plan, "host": "izhevsk", **changes})
        return await calendar.done("POST", f"/events/{event}/announce", "anna")

    return hold


@pytest.fixture
def found(calendar):
    """The ids of a list."""

    async def find(query):
        answer = await calendar.call("GET", f"/events?{query}")
        assert answer.status_code == 200, answer.text
        return {one["id"] for one in answer.json()["items"]}

    return find


async def test_events_are_listed_by_their_ids_wherever_they_stand_but_no_draft(calendar, drafted, held, found):
    off = await held()
    await calendar.done("POST", f"/events/{off}/cancel", "anna", {"reason": "host-unavailable"})
    assert await found(f"id={drafted}&id={off}") == {off}
    too_many = "&".join([f"id={off}"] * 101)
    assert (await calendar.call("GET", f"/events?{too_many}")).status_code == 422


async def test_each_filter_finds_what_it_says(held, found, plan):
    webinar = [{**plan["sessions"][0], "site": None, "join_link": "https://join.example/1"}]
    usual = await held()
    remote = await held(mode="remote", sessions=webinar, seats=[], topics=["mesh", "quality"], audience=["deputy"])
    hybrid = await held(mode="hybrid", topics=["quality"], audience=["deputy", "authority"])
    assert await found("mode=in_person") == {usual, hybrid}
    assert await found("mode=remote") == {remote, hybrid}
    assert await found("mode=hybrid") == {hybrid}
    assert await found("topic=quality") == {remote, hybrid}
    assert await found("audience=deputy&topic=quality&mode=in_person&host=izhevsk") == {hybrid}
    assert await found("audience=deputy&topic=mesh&mode=in_person") == set()
    assert await found("host=tver&topic=quality") == set()
    assert await found("topic=quality&starts_before=2026-10-01T00:00:00Z") == set()
    assert await found("status=cancelled") == set()
    assert await found(f"id={usual}&id={remote}&id={usual}") == {usual, remote}
    assert await found(f"id={usual}&id={remote}&mode=remote&topic=mesh&host=izhevsk") == {remote}


async def test_an_event_is_found_under_what_it_is_now(calendar, held, found, plan):
    event = await held(topics=["quality"])
    await calendar.done("PUT", f"/events/{event}", "anna", {**plan, "topics": ["mesh"]})
    assert (await found("topic=quality"), await found("topic=mesh")) == (set(), {event})
    await calendar.done("POST", f"/events/{event}/cancel", "anna", {"reason": "host-unavailable"})
    assert (await found("topic=mesh"), await found("topic=mesh&status=cancelled")) == (set(), {event})


async def test_lists_by_a_facet_are_paged_in_the_order_of_the_start(calendar, held, plan):
    for day in (7, 5, 6):
        session = {**plan["sessions"][0], "starts": f"2026-11-0{day}T10:00", "ends": f"2026-11-0{day}T12:00"}
        await held(sessions=[session])
    seen, path = [], "/events?topic=school-environment&limit=2"
    while path:
        page = (await calendar.call("GET", path)).json()
        seen += [one["starts_at"][:10] for one in page["items"]]
        path = page["next"] and f"/events?topic=school-environment&limit=2&cursor={page['next']}"
    assert seen == ["2026-11-05", "2026-11-06", "2026-11-07"]


async def test_free_seats_are_those_of_the_modes_that_the_event_has(calendar, foreign, held, found):
    full, free, silent = await held(), await held(), await held()

    async def counted(event, mode, granted, version=1):
        ledger = Ledger(event=event, host="izhevsk", mode=mode, capacity=60, granted=granted)
        await foreign.tell(SeatsChanged(aggregate_version=version, ledger=ledger))

    await counted(full, SeatMode.IN_PERSON, 60)
    await counted(full, SeatMode.REMOTE, 0)  # of a mode that it has no longer
    await counted(free, SeatMode.IN_PERSON, 59)

    async def arrived():
        return await found("free_seats=true") == {free}

    await eventually(arrived, "the counts")
    assert await found("free_seats=true&mode=in_person") == {free}
    assert await found("free_seats=true&mode=remote") == set()
    assert await found("") == {full, free, silent}
    shown = (await calendar.call("GET", f"/events/{full}")).json()["seats_now"]
    assert [one["mode"] for one in shown] == ["in_person"]


async def test_words_are_found_in_any_form(calendar, foreign, held, found, plan):
    site = {**plan["sessions"][0], "site": {"name": "Дворец творчества", "address": "улица Королёва, 1"}}
    fest = await held(title="Фестиваль педагогических идей", summary="Ёлки и STEM", sessions=[site])
    other = await held(title="Стажировка директоров школ", summary="")
    assert await found("text=фестивали") == {fest}
    assert await found("text=идея+фестиваля") == {fest}
    assert await found("text=елка+stem") == {fest}
    assert await found("text=дворцы+королева") == {fest}
    assert await found("text=фестиваль+директоров") == set()
    assert await found("text=дире") == {other}
    assert await found("text=дире+школа") == set()  # only the last word may be unfinished
    assert await found("text=в+для") == set()
    assert await found("text=izhevsk&topic=school-environment") == {fest, other}
    assert await found("text=%22)+OR+%27*") == set()
    await calendar.done("PUT", f"/events/{other}", "anna", {**plan, "title": "Семинар", "summary": ""})
    assert (await found("text=стажировки"), await found("text=семинары")) == (set(), {other})
    await foreign.city("izhevsk", version=2, name="Ижевск")

    async def renamed():
        return await found("text=ижевском") == {fest, other}

    await eventually(renamed, "the city's new name")
    assert await found("text=izhevsk") == set()


async def test_times_are_shown_by_the_readers_clock_beside_the_venues(calendar, held):
    event = await held()
    assert (await calendar.call("GET", f"/events/{event}")).json()["local"] is None
    for view in (
        (await calendar.call("GET", f"/events/{event}?zone=Asia/Yekaterinburg")).json(),
        (await calendar.call("GET", "/events?zone=Asia/Yekaterinburg")).json()["items"][0],
    ):
        times = {name: view["local"][name]["sessions"][0]["starts_at"] for name in ("venue", "reader")}
        assert times == {"venue": "2026-10-04T10:00:00+03:00", "reader": "2026-10-04T12:00:00+05:00"}
        assert view["local"]["reader"]["deadlines"]["apply_closes"] == "2026-09-30T20:00:00+05:00"
        assert view["starts_at"] == "2026-10-04T07:00:00Z"
    answer = await calendar.call("GET", "/events?zone=Asia/Izhevsk")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (422, "unknown-timezone")


NOW = datetime(2026, 10, 1, tzinfo=UTC)
LISTS = {
    "all": EventFilter(),
    "period": EventFilter(starts_from=NOW, starts_before=NOW),
    "host": EventFilter(host="moskva"),
    "host and topic": EventFilter(host="moskva", topic="mesh"),
    "topic": EventFilter(topic="mesh", starts_from=NOW),
    "mode": EventFilter(mode=Mode.REMOTE),
    "everything": EventFilter(topic="mesh", mode=Mode.REMOTE, audience=AudienceRole.DEPUTY, free_seats=True),
}


@pytest.fixture
async def explained(tmp_path):
    """How SQLite walks a query on calendar's tables."""
    database = await open_database(f"sqlite:///{tmp_path / 'store.db'}")
    await migrate(database, parts().schemas)

    async def explain(wanted, cursor):
        query = listing("sqlite", wanted, cursor).compile(
            dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True}
        )
        names = re.sub(r"\?", "NULL", str(query))
        async with database.read() as tx:
            return [row.detail for row in await tx.all(text(f"EXPLAIN QUERY PLAN {names}"))]

    yield explain
    await database.close()


@pytest.mark.parametrize("after", [(), (NOW.isoformat(), str(new_id()))], ids=["first page", "next page"])
@pytest.mark.parametrize("wanted", LISTS)
async def test_a_page_walks_a_key_in_its_order(explained, wanted, after):
    steps = await explained(LISTS[wanted], CursorValue(50, after))
    assert not [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE" in step], steps
    walked = {"all": "ix_event_status_starts_at", "period": "ix_event_status_starts_at"}
    key = walked.get(wanted, "ix_event_host_starts_at" if "host" in wanted else "event_facet")
    assert key in steps[0]


async def test_a_text_is_looked_up_in_the_index_of_words(explained):
    await lemmas.ready()
    steps = await explained(EventFilter(text="фестиваль"), CursorValue(50))
    assert any("VIRTUAL TABLE INDEX" in step for step in steps)
    assert not {"SCAN event_text", "SCAN event"} & set(steps), steps
