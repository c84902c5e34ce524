"""Traces: who sees them, what is asked of their store, and where spans stand in the drawing."""

import re
from itertools import pairwise

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaimo.portal.house.traces import Trace, waterfall
from vzaimo.portal.testing import EVENT, PORTAL, TRACE, Browser, me, problem, settings, span, stubbed, trace

STORE = "http://traces.example"
LINE = {
    "trace_id": TRACE,
    "name": "POST /v1/requests",
    "services": ["notify", "requests"],
    "began_at": "2026-10-01T00:00:00Z",
    "duration_ms": 1234.5,
    "spans": 3,
    "errors": 1,
}


@pytest.fixture
async def watched(gateways):
    """The portal where traces are kept, visited by a moderator."""
    gateways.answers["registry", "/me"] = me(("moderator", None))
    gateways.answers["traces", "/traces"] = [LINE]
    app = stubbed(settings(traces_url=STORE), httpx2.MockTransport(gateways))
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=PORTAL) as http:
        browser = Browser(http)
        await browser.sign_in()
        yield browser


def asked_of_the_store(gateways):
    return [one for one in gateways.asked if one.url.host == "traces.example"]


@pytest.mark.parametrize("path", ["/traces", f"/traces/{TRACE}"])
async def test_without_a_store_there_is_no_such_page(member, gateways, path):
    gateways.answers["registry", "/me"] = me(("moderator", None))
    assert (await member.get(path)).status_code == 404
    assert "/traces" not in (await member.get("/moderation")).text


@pytest.mark.parametrize("path", ["/traces", f"/traces/{TRACE}"])
async def test_only_a_moderator_sees_them(watched, gateways, path):
    gateways.answers["registry", "/me"] = me(("coordinator", "izhevsk"))
    assert (await watched.get(path)).status_code == 404
    await watched.post("/logout")
    assert (await watched.get(path)).status_code == 303
    assert asked_of_the_store(gateways) == []


async def test_the_list_is_filtered_by_the_store_which_gets_nobodys_token(watched, gateways):
    answer = await watched.get("/traces?service=notify&name=mail&least=10,5&errors=1")
    assert f'href="/traces/{TRACE}"' in answer.text
    assert "1 ошибка" in answer.text
    (asked,) = asked_of_the_store(gateways)
    told = dict(asked.url.params)
    assert told == {"limit": "50", "service": "notify", "name": "mail", "least_ms": "10.5", "errors": "true"}
    assert "authorization" not in asked.headers
    assert 'href="/traces"' in (await watched.get("/moderation")).text


async def test_nonsense_filters_nothing(watched, gateways):
    assert (await watched.get("/traces?service=me&least=nan&errors=")).status_code == 200
    assert dict(asked_of_the_store(gateways)[0].url.params) == {"limit": "50"}


async def test_a_trace_says_what_follows_from_what(watched, gateways):
    followed = span("b" * 16, "a" * 16, 5, 2, service="notify", name="consume notify-request", attributes={"x": "<b>"})
    failed = span("c" * 16, "b" * 16, 8, 1, service="notify", name="mail request-approved", error="MailDeferred")
    gateways.answers["traces", f"/traces/{TRACE}"] = trace(span("a" * 16, None, 0, 4), followed, failed)
    text = (await watched.get(f"/traces/{TRACE}")).text
    names = ("POST /v1/requests", "consume notify-request", "mail request-approved")
    assert [text.index(f"<span>{name}") for name in names] == sorted(text.index(f"<span>{name}") for name in names)
    assert re.findall(r'class="level(\d)"', text) == ["0", "1", "2"]
    assert "MailDeferred" in text
    assert "<dd>&lt;b&gt;</dd>" in text


async def test_a_trace_that_is_not_kept_and_a_store_that_is_away(watched, gateways):
    assert (await watched.get(f"/traces/{TRACE}")).status_code == 404
    assert (await watched.get("/traces/nothing")).status_code == 404
    gateways.away.add("traces")
    assert (await watched.get(f"/traces/{TRACE}")).status_code == 503
    assert "Хранилище трасс" in (await watched.get("/traces")).text


@pytest.mark.parametrize("moderates", [True, False])
async def test_a_gateways_mistake_names_its_trace_and_leads_moderators_there(watched, gateways, moderates):
    gateways.answers["registry", "/me"] = me(("moderator", None) if moderates else ("coordinator", "izhevsk"))
    broken = problem(500, "internal-error", "Ошибка", trace=TRACE)
    gateways.answers["calendar", f"/events/{EVENT}"] = broken
    gateways.answers["notify", "/preferences"] = broken
    for path, status in ((f"/events/{EVENT}", 500), ("/preferences", 200)):
        answer = await watched.get(path)
        assert answer.status_code == status
        assert TRACE in answer.text
        assert (f'href="/traces/{TRACE}"' in answer.text) == moderates


@pytest.mark.parametrize("sent", ["../../me", "x" * 32, 5])
async def test_what_is_no_trace_is_not_shown(watched, gateways, sent):
    gateways.answers["notify", "/preferences"] = problem(500, "internal-error", "Ошибка", trace=sent)
    assert "Номер ошибки" not in (await watched.get("/preferences")).text


def test_a_span_whose_origin_is_not_kept_begins_anew():
    fall = waterfall(Trace.model_validate(trace(span("b" * 16, "a" * 16, 0, 1), span("c" * 16, "b" * 16, 1, 1))))
    assert [step.level for step in fall.steps] == [0, 1]


def test_a_pause_is_cut_to_a_notch():
    minutes = 15 * 60_000
    fall = waterfall(Trace.model_validate(trace(span("a" * 16, None, 0, 60), span("b" * 16, "a" * 16, minutes, 40))))
    first, mail = fall.steps
    assert [round(one.length_ms) for one in fall.pauses] == [minutes - 60]
    assert first.width == pytest.approx(57.6)
    assert mail.x == pytest.approx(61.6)
    assert mail.width == pytest.approx(38.4)


spans = st.lists(
    st.tuples(st.integers(0, 30), st.floats(0, 1e7, width=32), st.floats(0, 1e6, width=32)), min_size=1, max_size=30
)


@given(spans)
def test_every_span_stands_once_within_the_drawing_and_later_ones_not_before(told):
    sent = [
        span(f"{no:016x}", f"{parent:016x}" if parent != no else None, start, took)
        for no, (parent, start, took) in enumerate(told)
    ]
    # A circle of parents is nobody's trace: what stands in one is not drawn.
    rooted = {one["span_id"] for one in sent if one["parent"] is None or int(one["parent"], 16) >= len(sent)}
    while more := {one["span_id"] for one in sent if one["parent"] in rooted} - rooted:
        rooted |= more
    fall = waterfall(Trace.model_validate(trace(*sent)))
    assert sorted(step.span.span_id for step in fall.steps) == sorted(rooted)
    assert all(step.x >= 0 and step.x + step.width <= 100.7 and step.width >= 0.6 for step in fall.steps)
    by_time = sorted(fall.steps, key=lambda step: step.span.start_ms)
    assert all(one.x <= after.x + 0.02 for one, after in pairwise(by_time))
