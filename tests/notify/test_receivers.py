"""The receivers of docs/subscribing.md, word for word, in Python and Node."""

import asyncio
import sys
import time
from pathlib import Path
from uuid import uuid4

import pytest

from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.nats import free_port
from vzaimo.kit.testing.pages import blocks
from vzaimo.notify.courier import Courier
from vzaimo.notify.domain.signing import headers, secret_of
from vzaimo.notify.domain.webhooks import Answer

BODY = (Path(__file__).parents[1] / "contracts" / "golden" / "calendar" / "EventAnnounced.v1.json").read_bytes()
KEY = b"k" * 40


@pytest.mark.parametrize("name, program", [("receiver.py", sys.executable), ("receiver.mjs", "node")])
async def test_a_receiver_takes_what_is_genuine_once(tmp_path, name, program):
    (tmp_path / name).write_text(blocks("subscribing.md")[name], encoding="utf-8")
    secret, other, port, courier = uuid4(), uuid4(), free_port(), Courier(anywhere=True)
    address, now = f"http://127.0.0.1:{port}/", int(time.time())
    process = await asyncio.create_subprocess_exec(
        program,
        name,
        str(port),
        cwd=tmp_path,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "WEBHOOK_SECRET": secret_of(secret, KEY)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:

        async def listens():
            return (await courier.send(address, {}, b"{}")).status is not None

        await eventually(listens, "it listens")
        one = uuid4()
        for message_id, moment, secrets, status in (
            (one, now, [secret], 204),
            (one, now, [other, secret], 204),
            (uuid4(), now, [other], 401),
            (uuid4(), now - 600, [secret], 401),
        ):
            sent = headers(message_id, moment, BODY, secrets, (KEY,))
            assert await courier.send(address, sent, BODY) == Answer(status)
        assert await courier.send(address, {**headers(one, now, BODY, [secret], (KEY,))}, BODY + b" ") == Answer(401)
        # Anybody may send anything, and break off: it goes on.
        good = headers(uuid4(), now, BODY, [secret], (KEY,))
        for nonsense in (
            {"webhook-timestamp": "nan"},
            {"webhook-timestamp": "1e999"},
            {"webhook-timestamp": "9" * 5000},
            {"webhook-timestamp": ""},
            {"webhook-signature": "v1,%%%"},
            {"webhook-signature": "v2"},
            {"webhook-id": ""},
        ):
            assert await courier.send(address, {**good, **nonsense}, BODY) == Answer(401), nonsense
        reader, odd = await asyncio.open_connection("127.0.0.1", port)
        told = f"webhook-timestamp: {now}\r\nwebhook-signature: v1,\xe9\r\nContent-Length: 0"
        odd.write(f"POST / HTTP/1.1\r\nHost: x\r\n{told}\r\n\r\n".encode("latin-1"))
        assert b" 401 " in await reader.readline()
        odd.close()
        reader, broken = await asyncio.open_connection("127.0.0.1", port)
        broken.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        broken.write_eof()
        await reader.read()
        broken.close()
        assert await courier.send(address, good, BODY) == Answer(204)
    finally:
        process.kill()
        await courier.close()
    out, _ = await process.communicate()
    assert len(out.splitlines()) == 2
    assert out.startswith(b"city.vzaimo.calendar.EventAnnounced.v1 ")
