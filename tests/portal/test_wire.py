"""The way to the gateways over real connections, as they are and as they break."""

import asyncio
import contextlib
import json

import pytest

from vzaimo.portal.house import wire
from vzaimo.portal.house.wire import Connections, Unreachable


class Server:
    """Answers by a call's path, and remembers what arrived."""

    def __init__(self):
        self.heard, self.open, self.times = [], 0, 0

    async def talk(self, reader, writer):
        self.open += 1
        self.times += 1
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                length = next((int(one[15:]) for one in head.split("\r\n") if one.startswith("Content-Length:")), 0)
                self.heard.append((head, await reader.readexactly(length)))
                await self.answer(head.split(" ")[1].partition("?")[0], writer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def answer(self, path, writer):
        if path == "/silent":
            await asyncio.sleep(30)
        if path == "/broken":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            raise ConnectionError
        if path in {"/stream", "/endless"}:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                writer.write(b"3\r\nnew\r\n")
                await writer.drain()
                await asyncio.sleep(0.01)
        writer.write(b"HTTP/1.1 303 See Other\r\nlocation: /silent\r\nContent-Length: 4\r\n\r\nthis")
        if path == "/last":
            raise ConnectionError


@pytest.fixture
async def server():
    return Server()


@pytest.fixture
async def url(server):
    async with await asyncio.start_server(server.talk, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


@pytest.fixture
async def connections(url):
    async with Connections(0.3) as opened:
        yield opened


async def test_a_call_is_sent_as_it_is_and_its_answer_given_as_it_came(server, url, connections):
    path, body = "/a?text=%2B%26%25+%D0%81&id=1&id=2", json.dumps({"name": "ё"}, ensure_ascii=False).encode()
    answer = await connections.ask("PUT", url + path, {"Authorization": "Bearer t", "If-Match": '"3"'}, body)
    assert (answer.status, answer.body, answer.headers["Location"]) == (303, b"this", "/silent")
    ((head, sent),) = server.heard
    assert head.startswith(f"PUT {path} HTTP/1.1\r\n")
    assert {'If-Match: "3"', "Authorization: Bearer t"} <= set(head.split("\r\n"))
    assert sent == body
    assert not [one for one in ("User-Agent", "Accept-Encoding", "Cookie") if one in head]


async def test_connections_are_kept_and_one_that_was_closed_meanwhile_is_opened_again(server, url, connections):
    for path in ("/a", "/a", "/last", "/a"):
        assert (await connections.ask("GET", url + path, {})).status == 303
    assert server.times == 2


@pytest.mark.parametrize("path, late", [("/silent", True), ("/broken", False)])
async def test_an_answer_that_does_not_come_is_told_apart_from_one_that_is_late(url, connections, path, late):
    with pytest.raises(Unreachable) as caught:
        await connections.ask("GET", url + path, {})
    assert caught.value.late == late


async def test_nobody_listens(connections):
    with pytest.raises(Unreachable) as caught:
        await connections.ask("GET", "http://127.0.0.1:1/", {})
    assert not caught.value.late


async def test_more_calls_than_connections_wait_for_their_turn_and_no_longer(url, monkeypatch):
    monkeypatch.setattr(wire, "MOST_CALLS", 1)
    async with Connections(0.3) as narrow:
        waiting = [narrow.ask("GET", f"{url}/{path}", {}) for path in ("a", "a", "a")]
        assert [one.status for one in await asyncio.gather(*waiting)] == [303, 303, 303]
        endless = asyncio.create_task(narrow.ask("GET", f"{url}/endless", {}))
        await asyncio.sleep(0.05)
        for call in (narrow.ask("GET", f"{url}/a", {}), endless):
            with pytest.raises(Unreachable) as caught:
                await call
            assert caught.value.late


async def test_streams_keep_no_call_waiting_and_end_with_their_reader(server, url, monkeypatch):
    monkeypatch.setattr(wire, "MOST_CALLS", 1)
    async with Connections(0.3) as narrow:
        async with contextlib.AsyncExitStack() as watched:
            for _ in range(3):
                stream = await watched.enter_async_context(contextlib.aclosing(narrow.stream(f"{url}/stream", {})))
                assert await anext(stream) == b"new"
            assert (await narrow.ask("GET", f"{url}/a", {})).status == 303
            assert server.open == 4
        async with asyncio.timeout(5):
            while server.open > 1:
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("path, pieces", [("/broken", [b"half"]), ("/a", [])])
async def test_a_stream_that_breaks_off_or_is_refused_ends(url, connections, path, pieces):
    assert [piece async for piece in connections.stream(url + path, {})] == pieces


async def test_whoever_leaves_gives_the_connection_back(server, url, monkeypatch):
    monkeypatch.setattr(wire, "MOST_CALLS", 1)
    async with Connections(5) as narrow:
        asking = asyncio.create_task(narrow.ask("GET", f"{url}/silent", {}))
        await asyncio.sleep(0.05)
        asking.cancel()
        await asyncio.wait([asking])
        assert (await narrow.ask("GET", f"{url}/a", {})).status == 303
