"""Somebody publishes into a service's stream: commands stop, an alert says so, and the page's commands mend it."""

import asyncio
import os
import sys
from functools import partial
from pathlib import Path

import pytest

from vzaimo.calendar import main as calendar
from vzaimo.kit.http import Problem
from vzaimo.kit.settings import Settings
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.pages import run
from vzaimo.kit.testing.services import running

ANOTHERS = (Path(__file__).parents[1] / "contracts" / "golden" / "registry" / "TopicChanged.v1.json").read_bytes()
OPERATOR = {"Authorization": f"Bearer {'o' * 40}"}


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_a_stray_message_is_named_and_taken_out(foreign, nats_server, settings_of, clock, monkeypatch):
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    settings = settings_of(Settings, operator_token="o" * 40)
    command = partial(run, "operations.md", STREAM="CALENDAR", VZAIMO_NATS_URL=nats_server.url)
    async with running(calendar.parts(), settings, clock) as service:

        async def told(value):
            text = (await service.client.get("/metrics")).text
            return f"vzaimo_store_older {value}" in text

        await eventually(lambda: service.service.relay.state.leads, "it publishes")
        for number, body in enumerate((b"who am I?", ANOTHERS)):
            headers = {"Nats-Msg-Id": f"stray-{number}"}
            ack = await foreign._js.publish("calendar.pub.event.stray.v1.-.-.x", body, headers=headers)
            service.service.relay.heal_again()
            await eventually(partial(told, "1.0"), "the alert's number")
            refused = await service.call("GET", "/events")
            assert refused.status_code == 200
            with pytest.raises(Problem, match="writes-refused"):
                await service.service.readiness.writes_allowed()
            answer = await service.client.post("/operator/reconcile", headers=OPERATOR)
            assert (answer.status_code, f"`vzaimo bus message CALENDAR {ack.seq}`" in answer.text) == (409, True)
            if number:
                await foreign._js.delete_msg("CALENDAR", ack.seq)
            else:
                place = {"SEQ": str(ack.seq), "VZAIMO_NATS_PASSWORD": "any"}
                said = await asyncio.to_thread(command, "stray-message", **place)
                assert f"subject  calendar.pub.event.stray.v1.-.-.x\nid       stray-{number}\n" in said
                assert body.decode() not in said
                await asyncio.to_thread(command, "drop-stray-message", **place)
            await eventually(partial(told, "0.0"), "commands are taken again")
            await service.service.readiness.writes_allowed()
