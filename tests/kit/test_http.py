"""A gateway over both stores: problems, pages, tags, keys, positions, bounds."""

import asyncio
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Annotated
from uuid import uuid4

import httpx2
import pytest
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from prometheus_client.parser import text_string_to_metric_families
from pydantic import BaseModel, Field
from sqlalchemy import func, insert, select, update

from vzaimo.contracts.refusal import Refusal
from vzaimo.kit import identity
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import StoreUnavailable
from vzaimo.kit.http import (
    Body,
    Command,
    Cursor,
    CursorValue,
    Gate,
    Health,
    Int,
    Member,
    Page,
    Problem,
    Receipt,
    Visitor,
    Words,
    complete,
    create_app,
    kept,
    keyset,
    page_of,
)
from vzaimo.kit.http.health import Check
from vzaimo.kit.http.limits import Limits
from vzaimo.kit.http.pages import decode
from vzaimo.kit.identity import Tokens, check_version
from vzaimo.kit.metrics import Metrics
from vzaimo.kit.roles import RoleName, RoleRow, person_ref
from vzaimo.kit.tables import MarkRow, OutboxRow, table_of
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.tokens import AUDIENCE, ISSUER, token, write_jwks

MARK, OUTBOX, ROLE = table_of(MarkRow), table_of(OutboxRow), table_of(RoleRow)


@dataclass
class TooMany(Refusal):
    """Toy."""

    most: int


class PutMark(Body):
    name: Annotated[str, Field(min_length=1, max_length=10)]
    count: Int
    more: tuple[str, ...] = ()


class MarkView(BaseModel):
    name: str
    value: str


router = APIRouter()


@router.post("/marks", status_code=201, response_model=Receipt)
async def put_mark(body: PutMark, call: Command):
    if body.count > 5:
        raise TooMany(5)
    async with call.works.begin(call.cause) as work:
        await work.execute(insert(MARK), {"name": body.name, "value": str(body.count)})
        return call.receipt(work.done("mark", body.name, 1))


@router.get("/marks", response_model=Page[MarkView])
async def marks(call: Visitor, cursor: Cursor):
    async with call.gate.database.read() as tx:
        rows = await tx.all(
            select(MARK).where(keyset([MARK.c.name], cursor)).order_by(MARK.c.name).limit(cursor.limit + 1)
        )
    return call.listed(page_of(rows, cursor, [MARK.c.name], lambda row: MarkView(name=row.name, value=row.value)))


@router.get("/marks/{name}", response_model=MarkView)
async def one(name: str, call: Visitor):
    return call.shown(MarkView(name=name, value="x"), 7, "copied")


@router.put("/marks/{name}", response_model=Receipt)
async def change(name: str, body: PutMark, call: Command):
    check_version(7, call.expected_version)
    async with call.works.begin(call.cause) as work:
        return call.receipt(work.done("mark", name, 8))


@router.get("/mine")
async def mine(call: Member) -> MarkView:
    return MarkView(name=call.actor.person, value="")


@router.get("/away")
async def away(call: Visitor) -> MarkView:
    raise StoreUnavailable("gone")


@router.get("/stream")
async def stream(request: Request) -> StreamingResponse:
    async def slowly():
        await request.app.state.end_of_stream.wait()
        yield "data: x\n\n"

    return StreamingResponse(slowly(), media_type="text/event-stream")


@router.get("/bug")
async def bug(call: Visitor) -> MarkView:
    raise RuntimeError("a secret: anna@tver.example")


WORDING = complete(
    {"too-many": Words(409, ("Слишком много", "Не больше {most}."), ("Too many", "At most {most}."))}, []
)


@pytest.fixture
async def app(works, tmp_path):
    async def version_of(tx, key):
        return await tx.scalar(select(func.count()).where(MARK.c.name == key))

    tokens = Tokens(issuer=ISSUER, audience=AUDIENCE, jwks=write_jwks(tmp_path))
    gate = Gate(works=works, tokens=tokens, positions={"mark": version_of})
    async with works.database.begin() as tx:
        await tx.execute(
            insert(ROLE),
            {
                "id": uuid4(),
                "person": person_ref(ISSUER, "anna"),
                "city": "tver",
                "role": RoleName.COORDINATOR,
                "scopes": [],
                "granted_at": works.clock.now(),
                "version": 1,
            },
        )
    return create_app(
        service="toy",
        title="Toy",
        version="1",
        routers=[router],
        wording=WORDING,
        gate=gate,
        health=Health(),
        metrics=Metrics(),
    )


@pytest.fixture
async def client(app):
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://toy", timeout=10) as client:
        yield client


@pytest.fixture
def anna():
    return {"Authorization": f"Bearer {token('anna')}"}


def kind_of(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return answer.json()["type"].rpartition("/")[2]


async def test_whose_role_has_ended_here_acts_no_more_and_elsewhere_within_a_second(client, anna, works, monkeypatch):
    ended = update(ROLE).values(ended_at=works.clock.now())
    assert (await client.get("/v1/mine", headers=anna)).is_success
    async with works.begin(Cause(actor="here")) as work:
        await work.execute(ended)
    assert kind_of(await client.get("/v1/mine", headers=anna)) == "actor-not-yet-known"
    async with works.begin(Cause(actor="here")) as work:
        await work.execute(update(ROLE).values(ended_at=None))
    assert (await client.get("/v1/mine", headers=anna)).is_success
    async with works.database.begin() as tx:
        await tx.execute(ended)  # as another replica does
    assert (await client.get("/v1/mine", headers=anna)).is_success
    monkeypatch.setattr(identity, "ROLES_KEPT", 0.0)
    assert kind_of(await client.get("/v1/mine", headers=anna)) == "actor-not-yet-known"


async def test_a_command_answers_with_a_receipt_a_tag_a_place_and_a_position(client, anna):
    answer = await client.post("/v1/marks", json={"name": "a", "count": 1}, headers=anna)
    assert answer.status_code == 201
    assert answer.json() == {"id": "a", "version": 1}
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == "/v1/marks/a"
    assert answer.headers["vzaimo-position"] == "mark/a/1"


async def test_a_refusal_is_told_in_the_callers_language(client, anna):
    body = {"name": "a", "count": 6}
    russian = await client.post("/v1/marks", json=body, headers=anna)
    english = await client.post("/v1/marks", json=body, headers=anna | {"Accept-Language": "en, ru;q=0.5"})
    assert kind_of(russian) == kind_of(english) == "too-many"
    assert (russian.json()["detail"], english.json()["detail"]) == ("Не больше 5.", "At most 5.")
    assert russian.json()["most"] == 5
    assert english.headers["content-language"] == "en"


@pytest.mark.parametrize(
    "body, field",
    [
        ({"count": 1}, "name"),
        ({"name": "a", "count": 1, "extra": 1}, "extra"),
        ({"name": "a", "count": "1"}, "count"),
        ({"name": "a", "count": True}, "count"),
        ({"name": "", "count": 1}, "name"),
        ({"name": "secret-secret", "count": 1}, "name"),
        ({"name": 3, "count": 1}, "name"),
        ({"name": "secret\u0000", "count": 1}, "name"),
        ({"name": "a", "count": 1, "more": ["b", "secret\u0000"]}, "more"),
    ],
)
async def test_a_bad_field_is_named_and_its_value_is_not_repeated(client, anna, body, field):
    answer = await client.post("/v1/marks", json=body, headers=anna)
    assert answer.status_code == 422
    assert kind_of(answer) == "invalid-request"
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "content, content_type, status",
    [
        (b"{no json", "application/json", 400),
        (b"a=1", "application/x-www-form-urlencoded", 415),
        (b'{"name":"' + b"x" * 300_000 + b'"}', "application/json", 413),
    ],
)
async def test_what_is_no_good_body_is_refused(client, anna, content, content_type, status):
    answer = await client.post("/v1/marks", content=content, headers=anna | {"Content-Type": content_type})
    assert answer.status_code == status
    kind_of(answer)


async def test_a_body_that_does_not_tell_its_length_is_counted(client, anna):
    async def endless():
        for _ in range(40):
            yield b" " * 10_000

    answer = await client.post("/v1/marks", content=endless(), headers=anna | {"Content-Type": "application/json"})
    assert answer.status_code == 413


async def test_who_is_nobody_is_told_what_to_do(client):
    body = {"name": "a", "count": 1}
    none = await client.post("/v1/marks", json=body)
    assert (none.status_code, kind_of(none)) == (401, "token-missing")
    bad = await client.get("/v1/marks", headers={"Authorization": f"Bearer {token('anna', lives=-100)}"})
    assert (bad.status_code, bad.json()["reason"]) == (401, "expired")
    assert "invalid_token" in bad.headers["www-authenticate"]
    new = await client.post("/v1/marks", json=body, headers={"Authorization": f"Bearer {token('new')}"})
    assert (new.status_code, kind_of(new), new.headers["retry-after"]) == (403, "actor-not-yet-known", "2")


async def test_a_command_sent_twelve_times_at_once_takes_effect_once(client, anna, works):
    headers = anna | {"Idempotency-Key": "k1"}
    answers = await asyncio.gather(
        *(client.post("/v1/marks", json={"name": "a", "count": 1}, headers=headers) for _ in range(12))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert {answer.headers["location"] for answer in answers} == {"/v1/marks/a"}
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 11


async def test_a_key_is_bound_to_its_body_and_its_form(client, anna):
    headers = anna | {"Idempotency-Key": "k1"}
    await client.post("/v1/marks", json={"name": "a", "count": 1}, headers=headers)
    other = await client.post("/v1/marks", json={"name": "b", "count": 1}, headers=headers)
    assert (other.status_code, kind_of(other)) == (422, "key-reused")
    ugly = await client.post("/v1/marks", json={"name": "b", "count": 1}, headers=anna | {"Idempotency-Key": "x" * 300})
    assert (ugly.status_code, kind_of(ugly)) == (400, "bad-header")


async def test_a_stale_version_is_refused_and_shown(client, anna):
    body = {"name": "a", "count": 1}
    stale = await client.put("/v1/marks/a", json=body, headers=anna | {"If-Match": '"6-abcdef"'})
    assert (stale.status_code, kind_of(stale)) == (412, "stale")
    assert (stale.json()["expected"], stale.json()["actual"]) == (6, 7)
    for fresh in ('"7"', 'W/"7-aa"', "*"):
        assert (await client.put("/v1/marks/a", json=body, headers=anna | {"If-Match": fresh})).status_code == 200
    for wrong in ("seven", f'"{"9" * 5_000}"'):
        assert (await client.put("/v1/marks/a", json=body, headers=anna | {"If-Match": wrong})).status_code == 400


async def test_a_view_that_the_caller_has_is_not_sent_again(client):
    first = await client.get("/v1/marks/a")
    again = await client.get("/v1/marks/a", headers={"If-None-Match": f'"x", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    english = await client.get("/v1/marks/a", headers={"If-None-Match": first.headers["etag"], "Accept-Language": "en"})
    assert english.status_code == 200


async def test_a_list_is_walked_page_by_page(client, anna):
    for name in "cab":
        await client.post("/v1/marks", json={"name": name, "count": 1}, headers=anna)
    first = await client.get("/v1/marks?limit=2")
    assert [item["name"] for item in first.json()["items"]] == ["a", "b"]
    following = first.headers["link"].partition(">")[0].lstrip("<")
    last = await client.get(following)
    assert [item["name"] for item in last.json()["items"]] == ["c"]
    assert last.json()["next"] is None
    assert "link" not in last.headers


async def test_a_crowd_that_reads_the_same_page_costs_one_look_into_the_store(client, anna, works, monkeypatch):
    looks = []
    read = works.database.read

    def counted():
        looks.append(1)
        return read()

    monkeypatch.setattr(works.database, "read", counted)

    async def seen(query="", **headers):
        before = len(looks)
        names = [item["name"] for item in (await client.get(f"/v1/marks{query}", headers=headers)).json()["items"]]
        return names, len(looks) > before

    assert [await seen() for _ in range(3)] == [([], True), ([], False), ([], False)]
    assert [await seen(**{"Accept-Language": "en"}) for _ in range(2)] == [([], True), ([], False)]
    await client.post("/v1/marks", json={"name": "a", "count": 1}, headers=anna)
    assert [await seen() for _ in range(2)] == [(["a"], True), (["a"], False)]
    assert await seen("?limit=1") == (["a"], True)
    for own in (anna, {"Vzaimo-Position": "mark/a/1"}, {"If-None-Match": "*"}):
        assert [await seen(**own) for _ in range(2)] == [(["a"], True)] * 2
    monkeypatch.setattr(kept, "MOMENT", 0.0)  # as when time passes: another replica may have committed
    await seen("?limit=3")
    assert await seen("?limit=3") == (["a"], True)


async def test_who_names_two_languages_leaves_others_the_page_in_theirs(client):
    """A header that comes twice: the route reads the first one, and what it answers is kept for nobody else."""
    await client.get("/v1/marks/a", headers=[("accept-language", "en"), ("accept-language", "ru")])
    kept_for_russians = (await client.get("/v1/marks/a", headers={"accept-language": "ru"})).headers["etag"]
    assert kept_for_russians == (await client.get("/v1/marks/a")).headers["etag"]


async def test_what_is_kept_is_no_way_around_a_limit(app, client):
    app.state.gate.limits = Limits(per_person=0, per_address=2)
    assert [(await client.get("/v1/marks")).status_code for _ in range(3)] == [200, 200, 429]


async def test_what_is_kept_is_bounded(app, monkeypatch):
    layer = kept.Kept(app, gate=app.state.gate)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(layer), base_url="http://toy") as client:
        page = (await client.get("/v1/marks")).content
        one = kept.ASIDE + len("/v1/marks") + len("limit=1") + len(page)
        monkeypatch.setattr(kept, "BYTES", 2 * one)
        for limit in (1, 2, 3, 3, 4):
            await client.get(f"/v1/marks?limit={limit}")
        assert [query for _, query, _ in layer._pages] == [b"limit=3", b"limit=4"]
        monkeypatch.setattr(kept, "BYTES", one - 1)
        assert (await client.get("/v1/marks?limit=5")).content == page
    assert not layer._pages


@pytest.mark.parametrize("query", ["cursor=%21%21", "cursor=e30", "cursor=WzFd", "cursor=WyJhIiwiYiJd"])
async def test_a_made_up_cursor_is_refused(client, query):
    answer = await client.get(f"/v1/marks?{query}")
    assert (answer.status_code, kind_of(answer)) == (400, "bad-cursor")


NO_TEXTS = ('"\\u0000"', '"\\ud800"', "[[[[[1]]]]]")
NO_NUMBERS = ("true", "1.5", "1e999", "9" * 30, "-" + "9" * 19)
NO_KEYS = ("1", '"x"', "true", "1e999")
NO_MOMENTS = ('"2026-10-04T07:00:00"', '"9999-12-31T23:59:59-12:00"', '"0001-01-01T00:00:00+14:00"', "5")


@pytest.mark.parametrize(
    "column, value",
    [
        (column, value)
        for column, values in (
            (MARK.c.name, NO_TEXTS),
            (OUTBOX.c.id, NO_NUMBERS),
            (OUTBOX.c.event_id, NO_KEYS),
            (OUTBOX.c.created_at, NO_MOMENTS),
        )
        for value in values
    ],
)
def test_a_cursor_has_only_values_that_a_store_can_compare_with_its_column(column, value):
    word = urlsafe_b64encode(f"[{value}]".encode()).decode()
    with pytest.raises(Problem, match="bad-cursor"):
        keyset([column], CursorValue(after=decode(word)))


def test_a_cursor_that_is_nested_without_end_is_refused():
    with pytest.raises(Problem, match="bad-cursor"):
        decode(urlsafe_b64encode(b"[" * 5_000).decode())


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x"])
async def test_a_page_has_its_bounds(client, query):
    assert (await client.get(f"/v1/marks?{query}")).json()["errors"][0]["field"] == "limit"


async def test_a_reader_waits_for_the_own_write_to_arrive(client, anna):
    async def later():
        await asyncio.sleep(0.05)
        await client.post("/v1/marks", json={"name": "late", "count": 1}, headers=anna)

    task = asyncio.create_task(later())
    seen = await client.get("/v1/marks", headers={"Vzaimo-Position": "mark/late/1, unknown/x/9"})
    await task
    assert [item["name"] for item in seen.json()["items"]] == ["late"]
    bad = await client.get("/v1/marks", headers={"Vzaimo-Position": "mark/late/one"})
    assert (bad.status_code, kind_of(bad)) == (400, "bad-header")


async def test_a_reader_does_not_wait_forever(client, monkeypatch):
    monkeypatch.setattr("vzaimo.kit.http.position.PATIENCE", 0.05)
    assert (await client.get("/v1/marks", headers={"Vzaimo-Position": "mark/never/1"})).status_code == 200


async def test_an_issuer_that_has_not_answered_yet_is_an_outage(app, client, anna):
    app.state.gate.tokens = Tokens(issuer=ISSUER, audience=AUDIENCE, jwks="http://127.0.0.1:9/jwks")
    answer = await client.get("/v1/mine", headers=anna)
    assert (answer.status_code, kind_of(answer), answer.headers["retry-after"]) == (503, "unavailable", "2")


async def test_outages_and_bugs_tell_no_secrets(client):
    away = await client.get("/v1/away")
    assert (away.status_code, kind_of(away), away.headers["retry-after"]) == (503, "unavailable", "2")
    bug = await client.get("/v1/bug", headers={"Accept-Language": "en"})
    assert (bug.status_code, kind_of(bug)) == (500, "internal-error")
    assert len(bug.json()["trace"]) == 32
    assert "anna" not in bug.text
    assert "Error" not in bug.text


async def test_unknown_addresses_and_methods_are_problems_too(client):
    assert kind_of(await client.get("/v1/nowhere")) == "not-found"
    wrong = await client.delete("/v1/marks")
    assert (wrong.status_code, kind_of(wrong)) == (405, "method-not-allowed")
    assert wrong.headers["allow"]


async def test_who_calls_too_often_is_told_when_to_come_back(app, client, anna):
    app.state.gate.limits = Limits(per_person=3, per_address=0)
    codes = [(await client.get("/v1/mine", headers=anna)).status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]
    assert int((await client.get("/v1/mine", headers=anna)).headers["retry-after"]) > 0


@pytest.mark.parametrize("proxies, codes", [(["127.0.0.0/8"], [200, 200]), ([], [200, 429])])
async def test_a_forwarded_address_counts_only_from_a_trusted_proxy(app, client, proxies, codes):
    app.state.gate.limits = Limits(per_person=0, per_address=1, trusted_proxies=proxies)
    found = [
        (await client.get("/v1/marks", headers={"X-Forwarded-For": address})).status_code
        for address in ("10.0.0.1", "10.0.0.2")
    ]
    assert found == codes


async def test_readiness_names_what_is_missing(app, client, works):
    health = Health()

    async def broken():
        raise StoreUnavailable("x")

    async def degraded():
        return Check(name="bus", ok=True, degraded=True, detail="away")

    health.checks |= {"store": broken, "bus": degraded}
    readiness = await health.readiness()
    assert not readiness.ready
    assert [(check.name, check.ok) for check in readiness.checks] == [("store", False), ("bus", True)]
    assert (await client.get("/healthz")).status_code == 200
    assert (await client.get("/readyz")).json() == {"ready": True, "checks": []}


async def counted(client):
    """How many requests Prometheus sees, by (method, route, class of the status)."""
    families = text_string_to_metric_families((await client.get("/metrics")).text)
    samples = [one for family in families for one in family.samples if one.name == "vzaimo_http_request_seconds_count"]
    return {tuple(one.labels[name] for name in ("method", "route", "status")): one.value for one in samples}


async def test_requests_are_counted_by_the_template_of_their_route_and_the_class_of_their_status(client, anna):
    await client.get("/v1/marks")
    for name in ("a", "b", "c"):
        await client.get(f"/v1/marks/{name}", headers=anna)
    await client.get("/v1/mine")
    await client.get("/v1/bug")
    await client.get("/v1/away")
    assert await counted(client) == {
        ("GET", "/marks", "2xx"): 1,
        ("GET", "/marks/{name}", "2xx"): 3,
        ("GET", "/mine", "4xx"): 1,
        ("GET", "/bug", "5xx"): 1,
        ("GET", "/away", "5xx"): 1,
    }


async def test_what_callers_invent_makes_no_numbers_of_its_own(client):
    for number in range(20):
        await client.get(f"/v1/nothing/{number}")
        await client.request(f"METHOD{number}", "/v1/marks")
    assert await counted(client) == {("GET", "unmatched", "4xx"): 20, ("other", "/marks", "4xx"): 20}


async def test_the_questions_of_orchestrators_are_not_counted_as_requests(app, client):
    async def broken():
        raise StoreUnavailable("x")

    app.state.health.checks["store"] = broken
    assert (await client.get("/readyz")).status_code == 503
    await client.get("/healthz")
    assert await counted(client) == {}


async def test_a_stream_is_counted_when_it_begins(app, client):
    app.state.end_of_stream = asyncio.Event()
    stream = asyncio.create_task(client.get("/v1/stream"))
    await eventually(lambda: counted(client), "the stream is counted")
    app.state.end_of_stream.set()
    assert (await stream).text == "data: x\n\n"
    assert await counted(client) == {("GET", "/stream", "2xx"): 1}


async def test_who_leaves_tells_its_callers_to_come_to_another(app, client):
    assert "connection" not in (await client.get("/v1/marks")).headers
    app.state.health.closing = True
    assert (await client.get("/v1/marks")).headers["connection"] == "close"


def test_a_refusal_without_words_is_found_at_the_start():
    with pytest.raises(LookupError, match="too-many"):
        complete({}, [TooMany.__module__])


def test_a_body_cannot_take_strings_for_numbers():
    with pytest.raises(TypeError, match=r"Loose\.count"):

        class Loose(Body):
            count: int
