"""The desk takes spans as services send them, keeps the newest, and answers what the portal asks."""

import httpx2
import pytest
from fastapi import FastAPI
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from vzaimo.local.traces.api import LONGEST_BODY, traces_routes
from vzaimo.local.traces.otlp import Span
from vzaimo.local.traces.store import Traces, Wanted

SECOND = 1_000_000_000
BEGAN = 1_790_000_000 * SECOND
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def store(tmp_path):
    made = Traces(tmp_path / "traces.db")
    yield made
    made.close()


@pytest.fixture
async def desk(store):
    app = FastAPI()
    app.include_router(traces_routes(store))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://desk") as http:
        yield http


def exported(service, *spans):
    sent = ExportTraceServiceRequest()
    resource = sent.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = f"vzaimo-{service}"
    for span_id, parent, name, kind, start, took, error in spans:
        one = resource.scope_spans.add().spans.add()
        one.trace_id, one.span_id = bytes.fromhex(TRACE), bytes.fromhex(span_id)
        one.parent_span_id = bytes.fromhex(parent)
        one.name, one.kind = name, kind
        one.start_time_unix_nano, one.end_time_unix_nano = BEGAN + start, BEGAN + start + took
        one.attributes.add(key="facts").value.int_value = 2
        if error:
            one.status.code = 2
            one.attributes.add(key="error.type").value.string_value = error
    return sent.SerializeToString()


def span(no, *, trace=None, name="GET /v1/events", service="calendar", took=SECOND, error=None):
    trace_id, began = f"{no if trace is None else trace:032x}", BEGAN + no * SECOND
    return Span(trace_id, f"{no:016x}", None, service, name, "server", began, began + took, error, {})


async def test_what_services_send_is_what_is_read(desk):
    asked = ("aaaaaaaaaaaaaaaa", "", "POST /v1/requests", 2, 0, 5_000_000, "")
    consumed = ("bbbbbbbbbbbbbbbb", "aaaaaaaaaaaaaaaa", "consume notify-request", 5, 9_000_000, 1_500_000, "Conflict")
    for body in (exported("notify", consumed), exported("requests", asked), exported("requests", asked)):
        assert (await desk.post("/v1/traces", content=body)).status_code == 200
    (line,) = (await desk.get("/v1/traces")).json()["items"]
    began = line.pop("began_at")
    assert began.startswith("2026-09-21")
    assert line == {
        "trace_id": TRACE,
        "name": "POST /v1/requests",
        "services": ["notify", "requests"],
        "duration_ms": 10.5,
        "spans": 2,
        "errors": 1,
    }
    first, second = (await desk.get(f"/v1/traces/{TRACE}")).json()["spans"]
    assert (first["parent"], first["service"], first["kind"], first["start_ms"]) == (None, "requests", "server", 0.0)
    assert (second["parent"], second["start_ms"], second["duration_ms"]) == ("aaaaaaaaaaaaaaaa", 9.0, 1.5)
    assert (second["error"], second["attributes"]) == ("Conflict", {"facts": 2, "error.type": "Conflict"})


@pytest.mark.parametrize(
    "body, headers, status",
    [
        (b"\xff\xff", {}, 400),
        (b"", {"Content-Encoding": "gzip"}, 415),
        (b"x" * (LONGEST_BODY + 1), {}, 413),
        (b"", {}, 200),
    ],
)
async def test_what_is_no_export_is_refused(desk, body, headers, status):
    assert (await desk.post("/v1/traces", content=body, headers=headers)).status_code == status
    assert (await desk.get("/v1/traces")).json() == {"items": [], "next": None}


async def test_a_trace_that_is_not_kept_is_a_problem(desk):
    answer = await desk.get(f"/v1/traces/{TRACE}")
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("/not-found")


async def test_pages_hold_every_trace_once_the_newest_first(desk, store):
    store.add([span(no) for no in range(7)] + [span(70, trace=3)])
    seen, cursor = [], None
    while True:
        page = (await desk.get("/v1/traces", params={"limit": 3, **({"cursor": cursor} if cursor else {})})).json()
        seen += [int(one["trace_id"], 16) for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [6, 5, 4, 3, 2, 1, 0]
    assert (await desk.get("/v1/traces?cursor=7")).status_code == 422


@pytest.mark.parametrize(
    "wanted, found",
    [
        (Wanted(), {0, 1, 2}),
        (Wanted(service="notify"), {1}),
        (Wanted(name="MAIL"), {1}),
        (Wanted(name="%"), set()),
        (Wanted(errors=True), {2}),
        (Wanted(least_ms=1500), {1}),
        (Wanted(service="notify", errors=True), set()),
    ],
)
def test_filters(store, wanted, found):
    mail = span(11, trace=1, name="mail event-announced", service="notify", took=0)
    store.add([span(0), span(1), mail, span(2, error="Conflict")])
    assert {int(one.trace_id, 16) for one in store.newest(wanted, 10)} == found


def test_the_oldest_traces_make_room_whole(tmp_path):
    for begin in range(0, 300, 50):
        store = Traces(tmp_path / "traces.db", kept=100)
        store.add([span(no * 2 + part, trace=no) for no in range(begin, begin + 50) for part in (0, 1)])
        store.close()
    store = Traces(tmp_path / "traces.db", kept=100)
    kept = store.newest(Wanted(), 200)
    assert 90 <= sum(one.spans for one in kept) <= 100
    assert [int(one.trace_id, 16) for one in kept] == list(range(299, 299 - len(kept), -1))
    assert all(len(store.spans(one.trace_id)) == 2 for one in kept)
    assert store.spans(f"{0:032x}") == []
    store.close()
