"""A command over HTTP in a running set is one trace: gateway, relay, consumers of other services, the mail."""

import httpx2

from vzaimo.kit.testing import eventually
from vzaimo.local.client import client
from vzaimo.local.story import play

WAY = {
    "POST /v1/requests/{request_id}/decision",
    "publish requests.party.request.request_approved",
    "consume notify-request",
    "mail request-approved",
}
OURS = {"requests", "calendar", "notify"}


async def test_a_decision_is_one_trace_from_the_gateway_to_the_mail(ground):
    made, _ = ground
    calls = client(made)
    async with calls.http:
        await play(calls, lambda _line: None)
    async with httpx2.AsyncClient(base_url=f"{made.desk}/v1") as desk:

        async def whole():
            # Each process tells its spans in batches of its own.
            for found in (await desk.get("/traces", params={"name": "mail request-approved"})).json()["items"]:
                spans = (await desk.get(f"/traces/{found['trace_id']}")).json()["spans"]
                if set(found["services"]) >= OURS and {one["name"] for one in spans} >= WAY:
                    return spans
            return None

        spans = await eventually(whole, "the trace of the decision", patience=60)
    by_name = {one["name"]: one for one in spans}
    root = by_name["POST /v1/requests/{request_id}/decision"]
    consumed, mail = by_name["consume notify-request"], by_name["mail request-approved"]
    published = by_name["publish requests.party.request.request_approved"]
    assert (root["service"], root["kind"], root["parent"]) == ("requests", "server", None)
    assert (published["service"], published["parent"]) == ("requests", root["span_id"])
    assert (consumed["service"], consumed["parent"]) == ("notify", root["span_id"])
    assert mail["service"] == "notify"
    # Below the consumer's span, where its batch was about this trace alone.
    assert mail["parent"] in {consumed["span_id"], root["span_id"]}
    assert [one["name"] for one in spans if one["error"]] == []
    said = {name for one in spans for name in one["attributes"]}
    assert {"url.query", "exception.message"}.isdisjoint(said)
