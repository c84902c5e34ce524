"""What spans say, to which traces they belong, and what they never say."""

import httpx2
import pytest
from fastapi import FastAPI

from vzaimo.kit import telemetry

FIRST = f"00-{'1' * 32}-{'a' * 16}-01"
SECOND = f"00-{'2' * 32}-{'b' * 16}-01"


def trace_of(one):
    return f"{one.context.trace_id:032x}"


async def test_a_request_says_its_route_and_no_query_and_machines_go_unsaid(spans):
    app = FastAPI(telemetry={"operation_spans": False})

    @app.get("/events/{event}")
    async def event(event: str):
        return {}

    @app.get("/healthz")
    async def healthz():
        return {}

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://x") as http:
        await http.get("/events/1?text=Иванова&secret=s")
        await http.get("/healthz")
    (one,) = spans()
    assert one.name == "GET /events/{event}"
    assert "url.query" not in one.attributes
    assert "secret" not in one.to_json()


def test_an_error_is_told_by_its_type_alone(spans):
    with pytest.raises(ValueError, match="Иванова"), telemetry.span("consume", FIRST):
        raise ValueError("Иванова Анна")
    (one,) = spans()
    assert (one.status.is_ok, one.attributes["error.type"], one.events) == (False, "ValueError", ())
    assert one.status.description is None


def test_a_batch_has_a_span_in_each_trace_that_it_goes_on_with(spans):
    with telemetry.span("consume", FIRST, SECOND, FIRST, None):
        here, there, none = (telemetry.continued(one) for one in (FIRST, SECOND, None))
    assert sorted(trace_of(one) for one in spans()) == ["1" * 32, "2" * 32]
    assert here[3:35] == "1" * 32
    assert here != FIRST, "what follows hangs below the span"
    assert (there, none) == (SECOND, None)


def test_work_that_is_over_is_told_in_its_trace(spans):
    began = telemetry.now()
    telemetry.tell("publish", FIRST, began, kind=telemetry.PRODUCER)
    telemetry.tell("publish", None, began, kind=telemetry.PRODUCER)
    telemetry.tell("publish", SECOND, began, kind=telemetry.PRODUCER, error="Refused")
    fine, refused = spans()
    assert (trace_of(fine), fine.start_time, fine.status.is_ok) == ("1" * 32, began, True)
    assert (trace_of(refused), refused.status.is_ok) == ("2" * 32, False)


def test_the_trace_that_an_answer_names_is_the_one_of_its_span(spans):
    with telemetry.span("GET", FIRST):
        assert telemetry.trace_id({"headers": [(b"traceparent", SECOND.encode())]}) == "1" * 32


def test_where_nobody_looks_a_trace_goes_on_and_nothing_is_spans():
    assert not telemetry.exporting()
    with telemetry.span("consume", FIRST, SECOND):
        assert telemetry.traceparent() == FIRST
        assert telemetry.continued(SECOND) == SECOND
    assert telemetry.trace_id({"headers": [(b"traceparent", SECOND.encode())]}) == "2" * 32
