"""The inbox as a stream: over a real socket, and an application server that stops."""

import asyncio
import contextlib
import json

import httpx2
import pytest
import uvicorn

from vzaimo.contracts.calendar import EventAnnounced
from vzaimo.contracts.requests import RequestSubmitted
from vzaimo.kit.ids import new_id
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.tokens import token
from vzaimo.notify import feed
from vzaimo.notify.api import stream


@pytest.fixture
async def served(notify):
    """The gateway on a real socket; returns its address, the server, and the application."""
    app = notify.service.app()
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started, "the server")
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", app
    app.state.health.closing = True
    server.should_exit = True
    await task


@contextlib.asynccontextmanager
async def reading(url, who, lives=3600, **headers):
    """Open a stream; yields its status and a function that waits for the next event."""
    sent = {"Authorization": f"Bearer {token(who, lives=lives)}", **headers}
    async with (
        httpx2.AsyncClient(timeout=20) as client,
        client.stream("GET", f"{url}/v1/inbox/stream", headers=sent) as answer,
    ):
        lines = answer.aiter_lines()

        async def following():
            event = {}
            async for line in lines:
                if not line and event:
                    return event
                name, _, value = line.partition(": ")
                if name:
                    event[name] = value
            return None

        yield answer, following


async def test_a_stream_tells_what_comes_and_goes_on_where_it_was(served, notify, foreign, event, request_of, heard):
    url, _ = served
    async with reading(url, "host") as (answer, following):
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        start = await following()
        await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
        await heard("boris", "event-announced")
        await foreign.tell(RequestSubmitted(aggregate_version=1, request=request_of()))
        first = await following()
    assert first["event"] == "notification"
    assert json.loads(first["data"])["title"] == "Запрос на участие: Тверь"
    assert int(first["id"]) > int(start["id"])
    await foreign.tell(RequestSubmitted(aggregate_version=1, request=request_of(id=new_id(), city="izhevsk")))
    await heard("host", "request-submitted", "request-submitted")
    async with reading(url, "host", **{"Last-Event-ID": first["id"], "Accept-Language": "en"}) as (_, following):
        assert (await following())["id"] == first["id"]
        second = await following()
    assert json.loads(second["data"])["title"] == "A request to attend: Ижевск"
    async with reading(url, "boris", **{"Last-Event-ID": "0"}) as (_, following):
        kinds = [json.loads((await following()).get("data", '{"kind": null}'))["kind"] for _ in range(3)]
    assert kinds == [None, "city-activated", "event-announced"]
    # A number from before the store was restored is ahead of all that comes.
    async with reading(url, "boris", **{"Last-Event-ID": "999999999999"}) as (_, following):
        assert int((await following())["id"]) < 1000
        await foreign.tell(EventAnnounced(aggregate_version=1, event=event.model_copy(update={"id": new_id()})))
        assert json.loads((await following())["data"])["kind"] == "event-announced"


async def test_who_may_not_and_how_many(served, monkeypatch):
    url, app = served
    monkeypatch.setattr(feed, "MOST_OF_ONE", 2)
    async with httpx2.AsyncClient() as client:
        assert (await client.get(f"{url}/v1/inbox/stream")).status_code == 401
    async with reading(url, "boris", **{"Last-Event-ID": "x"}) as (answer, _):
        assert answer.status_code == 400
    async with reading(url, "boris"), reading(url, "boris"):
        async with reading(url, "boris") as (answer, _):
            assert answer.status_code == 429
        async with reading(url, "anna") as (answer, _):
            assert answer.status_code == 200
        monkeypatch.setattr(feed, "MOST_OF_ALL", 2)
        async with reading(url, "host") as (answer, _):
            assert answer.status_code == 429
    await eventually(lambda: app.state.gate.extras["feed"].open_streams == 0, "no stream is left")


async def test_a_stream_ends_with_its_token_and_with_the_service(served, monkeypatch):
    url, app = served
    monkeypatch.setattr(stream, "GLANCE", 0.05)
    monkeypatch.setattr(stream, "BEAT", 0.05)
    async with reading(url, "boris", lives=2) as (_, following):
        assert "retry" in await following()
        beats = [await following()]
        while beats[-1] is not None:
            beats.append(await following())
    assert {":": ""} in beats
    async with reading(url, "boris") as (_, following):
        await following()
        app.state.health.closing = True
        while (last := await following()) == {":": ""}:
            pass  # it beat just before
        assert last is None


async def test_a_reader_that_does_not_read_is_left(notify, foreign, event, monkeypatch):
    monkeypatch.setattr(stream, "PATIENCE", 0.1)
    app, stuck = notify.service.app(), []

    async def receive():
        await asyncio.Event().wait()

    async def send(message):
        stuck.append(message)
        if len(stuck) > 1:
            await asyncio.Event().wait()

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/inbox/stream",
        "raw_path": b"/v1/inbox/stream",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {token('boris')}".encode())],
    }
    await app(scope, receive, send)
    assert [message["type"] for message in stuck] == ["http.response.start", "http.response.body"]
    assert app.state.gate.extras["feed"].open_streams == 0


async def test_a_lost_word_is_made_up_for(served, foreign, event, monkeypatch):
    monkeypatch.setattr(feed, "WAKE", "wake.nobody.hears")
    monkeypatch.setattr(feed, "POLL", 0.1)
    url, _ = served
    async with reading(url, "boris") as (_, following):
        await following()
        await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
        assert (await following())["event"] == "notification"
