"""A season in numbers: against a recount by hand on both stores, and over HTTP in its three forms."""

import asyncio
import csv
import io
import re
import zipfile
from datetime import timedelta
from statistics import mean, median

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, make_url

from vzaimo.contracts.calendar import AudienceRole, SeatMode
from vzaimo.contracts.requests import Request
from vzaimo.kit.database import StoreUnavailable
from vzaimo.kit.ids import new_id
from vzaimo.kit.testing.fixtures import NOON
from vzaimo.requests.projections import CITY, EVENT
from vzaimo.requests.shapes.statistics import CityLine, SeasonView, Share
from vzaimo.requests.store import FEEDBACK, REQUEST, TURNOUT, Model, packed, request_columns
from vzaimo.requests.views.sheets import as_csv
from vzaimo.requests.views.statistics import Statistics, count

CITIES = {"moskva": "Москва", "izhevsk": "Удмуртия", "tver": "Тверская область", "omsk": None}
TOPICS = ("mesh", "talents", "complexes")
SEASONS = (2025, 2026)


@pytest.fixture
def connection(store_url):
    """The tables of requests, empty; whatever is written goes when the test is over."""
    url = make_url(store_url)
    engine = create_engine(url if url.get_backend_name() == "sqlite" else url.set(drivername="postgresql+psycopg"))
    with engine.connect() as opened:
        Model.metadata.create_all(opened)
        opened.commit()
        opened.execute(
            insert(CITY),
            [
                {"id": city, "status": "active", "name": city.title(), "region": region, "version": 1}
                for city, region in CITIES.items()
                if region is not None  # Omsk is not known here yet
            ],
        )
        opened.commit()
        yield opened
        opened.rollback()
    engine.dispose()


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(tuple(CITIES)),
        st.sets(st.sampled_from(TOPICS)),
        st.sampled_from(("announced", "completed", "cancelled")),
        st.sampled_from(SEASONS),
    ),
    min_size=1,
    max_size=4,
)
REQUESTS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(tuple(CITIES)),
        st.sampled_from(SeatMode),
        st.integers(0, 30),
        st.none() | st.integers(0, 10**6),
        st.dictionaries(st.sampled_from(AudienceRole), st.integers(1, 50), max_size=3),
        st.none() | st.integers(1, 5),
    ),
    max_size=8,
)


def write(connection, events, requests):
    """The states as rows; returns the requests, each with its event's season and topics."""
    ids = [new_id() for _ in events]
    connection.execute(
        insert(EVENT),
        [
            {
                "id": key,
                "host": host,
                "status": status,
                "event": {},
                "topics": packed(sorted(topics)),
                "season": season,
                "version": 1,
            }
            for key, (host, topics, status, season) in zip(ids, events, strict=True)
        ],
    )
    for number, city, mode, granted, took, heads, score in requests:
        host, _, _, season = events[number % len(events)]
        key = new_id()
        request = Request(
            id=key,
            event=ids[number % len(events)],
            host=host,
            city=city,
            mode=mode,
            status="approved" if granted else "withdrawn",
            wanted=granted,
            granted=granted,
            schedule_revision=1,
            submitted_at=NOON,
            decided_at=None if took is None else NOON + timedelta(seconds=took),
        )
        fixed = {"id": key, "event": request.event, "mode": mode, "host": host, "city": city, "season": season}
        columns = request_columns(request) | {"open": False}
        connection.execute(insert(REQUEST), fixed | columns | {"created_at": NOON, "version": 1})
        for role, people in heads.items():
            connection.execute(insert(TURNOUT), {"request": key, "role": role, "people": people})
        if score is not None:
            said = {"request": key, "event": request.event, "score": score, "given_at": NOON, "changed_at": NOON}
            connection.execute(insert(FEEDBACK), said)


def recounted(events, requests, season):
    """The same by hand, from the states."""
    mine = [(one, events[one[0] % len(events)]) for one in requests]
    mine = [(one, event) for one, event in mine if event[3] == season]
    held = [event for event in events if event[3] == season and event[2] != "cancelled"]
    people = [(one, event, sum(one[5].values())) for one, event in mine]
    part = {event[0] for event in held}
    part |= {city for one, event in mine if one[3] for city in (one[1], event[0])}
    part |= {one[1] for one, _, came in people if came}

    def line(city):
        return CityLine(
            city=city,
            name=city.title() if CITIES[city] else None,
            region=CITIES[city],
            events=sum(event[0] == city for event in held),
            seats_hosted=sum(one[3] for one, event in mine if event[0] == city),
            seats_received=sum(one[3] for one, _ in mine if one[1] == city),
            people=sum(came for one, _, came in people if one[1] == city),
        )

    def shares(pairs):
        pairs = [(key, number) for key, number in pairs if number]
        found = {key: sum(number for other, number in pairs if other == key) for key, _ in pairs}
        return [Share(key=key, people=found[key]) for key in sorted(found, key=lambda key: (-found[key], key))]

    hours = [one[4] / 3600 for one, _ in mine if one[4]]
    scores = [one[6] for one, _ in mine if one[6] is not None]
    return SeasonView(
        season=season,
        cities=len(part),
        events=len(held),
        seats=sum(one[3] for one, _ in mine),
        people=sum(came for _, _, came in people),
        decisions=len(hours),
        decision_hours=median(hours) if hours else None,
        feedback=len(scores),
        feedback_mean=mean(scores) if scores else None,
        by_city=[line(city) for city in sorted(part)],
        by_topic=shares((topic, came) for _, event, came in people for topic in event[1]),
        by_role=shares(pair for one, _ in mine for pair in one[5].items()),
        by_region=shares((CITIES[one[1]] or "", came) for one, _, came in people),
        by_mode=shares((one[2], came) for one, _, came in people),
    )


# Each example is rolled back, and none has to be quick: others use the machine as well.
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS, requests=REQUESTS)
def test_a_season_counted_by_the_store_equals_a_recount_of_its_states(connection, events, requests):
    write(connection, events, requests)
    for season in SEASONS:
        counted, wanted = count(connection, season), recounted(events, requests, season)
        rounded = ("decision_hours", "feedback_mean")
        for name in rounded:
            assert getattr(counted, name) == pytest.approx(getattr(wanted, name), abs=0.011)
        assert counted.model_dump(exclude=set(rounded)) == wanted.model_dump(exclude=set(rounded))
    connection.rollback()


async def test_a_season_is_shown_as_json_csv_and_workbook_and_kept_for_a_minute(
    requests, foreign, announce, ask, decide, make_event, moved_to, clock
):
    await foreign.city("perm", version=2, name="=Пермь")
    event = make_event(topics=("mesh",))
    await announce(event)
    request = await ask(str(event.id), "perm", 2)
    await moved_to(clock.now() + timedelta(hours=3))
    await decide(request)
    people = (await requests.call("GET", f"/requests/{request}", "host")).json()["delegates"]
    path = "/statistics/2026"
    before = await requests.call("GET", path)
    assert (before.json()["seats"], before.json()["people"], before.json()["decision_hours"]) == (2, 0, 3.0)
    await moved_to(event.starts_at)
    fresh = await requests.call("GET", path)
    roll = f"/events/{event.id}/sessions/{event.sessions[0].id}/attendance"
    await requests.done("PUT", roll, "host", {"delegates": {people[0]["id"]: 60}})
    kept = await requests.call("GET", path, if_none_match=fresh.headers["etag"])
    assert (kept.status_code, kept.content) == (304, b"")
    clock.advance(timedelta(minutes=1))
    view = (await requests.call("GET", path, if_none_match=fresh.headers["etag"])).json()
    assert (view["cities"], view["events"], view["people"]) == (2, 1, 1)
    assert view["by_role"] == [{"key": "teacher", "people": 1}]
    assert view["by_city"][1] == {
        "city": "perm",
        "name": "=Пермь",
        "region": "—",
        "events": 0,
        "seats_hosted": 0,
        "seats_received": 2,
        "people": 1,
    }
    table = await requests.call("GET", path, accept="text/html, text/csv;q=0.9")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert rows[0] == ["Раздел", "Код", "Название", "Показатель", "Значение"]
    assert ["Города", "perm", "'=Пермь", "Мест получено", "2"] in rows
    assert ["Должности", "teacher", "учитель", "Обучено человек", "1"] in rows
    book = await requests.call("GET", f"{path}?format=xlsx", accept="text/csv", accept_language="en")
    assert book.headers["content-disposition"] == 'attachment; filename="vzaimo-2026.xlsx"'
    with zipfile.ZipFile(io.BytesIO(book.content)) as parts:
        names = re.findall(r'<sheet name="([^"]+)"', parts.read("xl/workbook.xml").decode())
        cells = parts.read("xl/worksheets/sheet2.xml").decode()
        texts = parts.read("xl/sharedStrings.xml").decode()
    assert names == ["Totals", "Cities", "Topics", "Roles", "Regions", "Ways of attending"]
    assert "=Пермь" in texts
    assert "<f>" not in cells
    tags = {(await requests.call("GET", f"{path}?format={form}")).headers["etag"] for form in ("json", "csv", "xlsx")}
    assert len(tags) == 3


async def test_a_season_without_anything_is_empty_and_others_are_refused(requests):
    view = (await requests.call("GET", "/statistics/2031")).json()
    assert (view["cities"], view["decision_hours"], view["by_city"]) == (0, None, [])
    for path in ("/statistics/1999", "/statistics/now", "/statistics/2026?format=pdf"):
        assert (await requests.call("GET", path)).status_code == 422


class Busy:
    """A store whose maintenance thread has something else to do; counts how often it was asked."""

    asked = 0

    async def in_thread(self, _work):
        self.asked += 1
        await asyncio.Event().wait()


async def test_a_season_that_cannot_be_counted_in_time_is_put_off_and_asked_for_again(monkeypatch):
    monkeypatch.setattr("vzaimo.requests.views.statistics.PATIENCE", 0.01)
    statistics, busy = Statistics(), Busy()
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await statistics.season(busy, 2026, NOON)
    assert busy.asked == 2


def test_a_table_has_a_line_for_each_measure():
    season = SeasonView(
        season=2026,
        cities=0,
        events=0,
        seats=0,
        people=0,
        decisions=0,
        decision_hours=None,
        feedback=0,
        feedback_mean=None,
        by_city=[],
        by_topic=[],
        by_role=[],
        by_region=[],
        by_mode=[],
    )
    assert as_csv(season, "en").decode("utf-8-sig").splitlines()[:2] == [
        "Table,Key,Name,Measure,Value",
        "Totals,season,Season from 1 September,Value,2026",
    ]
