"""``vzaimo status`` is the first look of whoever is called at night: it must tell what is away from what goes on."""

import httpx2
import pytest

from vzaimo.local import ground as grounds
from vzaimo.local.status import rows

METRICS = 'vzaimo_outbox_facts 3.0\nvzaimo_consumer_lag_facts{consumer="calendar-city"} 2.0\n'
CHECK = {"name": "bus", "ok": True, "degraded": True, "detail": "away; facts wait in the outbox"}


@pytest.fixture
def ask(monkeypatch, tmp_path):
    """The rows, when gateways answer so."""
    usual = httpx2.AsyncClient

    async def asked(answer):
        transport = httpx2.MockTransport(answer)
        monkeypatch.setattr(httpx2, "AsyncClient", lambda **more: usual(transport=transport, **more))
        return await rows(grounds.prepared(tmp_path, None))

    return asked


async def test_a_service_goes_on_while_nobody_can_count_its_dead_letters(ask):
    def answer(request):
        if request.url.path == "/readyz":
            return httpx2.Response(200, json={"ready": True, "checks": [CHECK]})
        if request.url.path == "/metrics":
            return httpx2.Response(200, text=METRICS)
        raise httpx2.ReadTimeout("the bus is away", request=request)

    found = await ask(answer)
    assert [one.service for one in found] == ["registry", "calendar", "requests", "notify"]
    assert {(one.state, one.outbox, one.lag, one.dead) for one in found} == {("ready", 3, 2, -1)}
    assert found[0].detail == "bus: away; facts wait in the outbox"


async def test_a_service_that_is_away_is_said_to_be(ask):
    def answer(request):
        raise httpx2.ConnectError("refused", request=request)

    assert {one.state for one in await ask(answer)} == {"does not answer"}
