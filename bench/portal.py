"""The portal's pages, each beside the slowest gateway call that it needs; and what a browser loads for one."""

import asyncio
import os
import re
import subprocess
import sys
import time
from urllib.parse import urlsplit

import httpx2
from bench.common import Row, exchange, load, percentiles

from vzaimo.kit.testing.nats import free_port
from vzaimo.local.client import client
from vzaimo.local.ground import known
from vzaimo.portal.house.session import Seal, Session
from vzaimo.portal.house.settings import PortalSettings
from vzaimo.portal.house.wire import Connections
from vzaimo.portal.main import portal

WARM, TIMES = 20, 300
MOST = 100_000
"""Bytes of a page with its assets."""
GOAL = 3.0


async def measure(kind, folder, _make):
    """Pages over the demo of one machine, which is on SQLite."""
    if kind != "sqlite":
        return []
    var = folder / "portal"
    command = (sys.executable, "-m", "vzaimo.local.cli", "up", "--var", str(var))
    base = free_port() // 2 + 10_000
    environment = {**os.environ, "VZAIMO_CALLS_PER_PERSON": "0", "VZAIMO_LOG_LEVEL": "warning"}
    process = subprocess.Popen((*command, "--port", str(base)), stdout=subprocess.PIPE, text=True, env=environment)
    try:
        for line in process.stdout:
            if line.startswith("Ready."):
                break
        else:
            raise RuntimeError(f"the set did not become ready: see {var / 'log'}")
        return [row async for row in _rows(kind, known(var))]
    finally:
        process.terminate()
        process.wait(40)


async def _rows(kind, ground):
    calls = client(ground)
    async with calls.http:
        event = (await calls.get("calendar", "/events", host="moskva", mode="in_person"))["items"][0]["id"]
        pages = {
            "agenda": (None, "/events"),
            "event": ("izhevsk", f"/events/{event}"),
            "my city": ("izhevsk", "/my"),
            "hosting": ("moskva", f"/events/{event}/requests"),
            "managing": ("moskva", f"/events/{event}/manage"),
        }
        for name, (who, path) in pages.items():
            token = await calls.token(who) if who else None
            cookie = _cookie(ground, token) if token else ""
            page = _get(path, **({"Cookie": cookie} if cookie else {}))
            asked = await _asked(ground, path, cookie)
            ours, *calls_of_it = await _in_turn([(ground.portal_port, page), *asked])
            slowest, bytes_ = max(calls_of_it), await _bytes(ground.portal_port, page)
            ratio, said = ours / slowest, f"p50 {ours:.1f} ms, {bytes_ / 1000:.0f} KB"
            good = ratio <= GOAL and bytes_ <= MOST
            yield Row(f"page: {name}", kind, said, f"p50 {slowest:.1f} ms", ratio, "≤ 3 ×, ≤ 100 KB", good)
            if not who:
                yield await _anew(kind, name, ground.portal_port, path, asked[0])


def _cookie(ground, token):
    """A session of somebody who has signed in."""
    session = Session(token=token, expires_at=time.time() + 3600)
    cookies = Seal((ground.session_key.encode(),), secure=False).close(session, {})
    return "; ".join(one.partition(";")[0] for one in cookies)


async def _asked(ground, path, cookie):
    """What a page asks the gateways once it knows the names of cities: seen by a portal in this process."""
    asked = []

    class Seen(Connections):
        async def ask(self, method, url, headers, body=None):
            asked.append((urlsplit(url), headers))
            return await super().ask(method, url, headers, body)

    told = {name.removeprefix("VZAIMO_PORTAL_").lower(): value for name, value in ground.portal_environment.items()}
    settings = PortalSettings(**{name: value for name, value in told.items() if name in PortalSettings.model_fields})
    async with Seen(settings.patience) as wire:
        app = httpx2.ASGITransport(app=portal(settings, wire))
        async with httpx2.AsyncClient(transport=app, base_url=ground.portal, headers={"Cookie": cookie}) as browser:
            (await browser.get(path)).raise_for_status()
            asked.clear()
            (await browser.get(f"{path}?again")).raise_for_status()  # the same page would be kept for a stranger
    return [(url.port, _get(f"{url.path}?{url.query}", **_passed_on(headers))) for url, headers in asked]


def _passed_on(headers):
    return {name: headers[name] for name in ("Authorization", "Accept-Language") if name in headers}


def _get(path, **headers):
    lines = [f"GET {path} HTTP/1.1", "Host: bench", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


async def _in_turn(several):
    """The p50 of each in milliseconds, asked for in turn: so the machine is as busy and as cold for one as for all."""
    lines = [await asyncio.open_connection("127.0.0.1", port) for port, _ in several]
    latencies = [[] for _ in several]
    for no in range(WARM + TIMES):
        for (reader, writer), (_, message), found in zip(lines, several, latencies, strict=True):
            began = time.perf_counter()
            status, _ = await exchange(reader, writer, message)
            if status != 200:
                raise RuntimeError(f"status {status} of {message.splitlines()[0]}")
            if no >= WARM:
                found.append((time.perf_counter() - began) * 1000)
    for _, writer in lines:
        writer.close()
    return [percentiles(found)[0] for found in latencies]


async def _anew(kind, name, port, path, call):
    """A stranger's page that nobody has opened, beside its call when nobody has asked: both are kept for a moment."""
    theirs, message = call
    unkept = message.replace(b"\r\n\r\n", b'\r\nIf-None-Match: "none"\r\n\r\n')
    page, slowest = [
        percentiles((await load(where, messages, 1))[1])[0]
        for where, messages in ((port, [_get(f"{path}?{no}") for no in range(TIMES)]), (theirs, [unkept] * TIMES))
    ]
    ratio = page / slowest
    return Row(
        f"page: {name}, made anew", kind, f"p50 {page:.1f} ms", f"p50 {slowest:.1f} ms", ratio, "≤ 3 ×", ratio <= GOAL
    )


async def _bytes(port, page):
    """The page and everything that it loads, unpacked."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    _, body = await exchange(reader, writer, page)
    total = len(body)
    for address in re.findall(r'(?:src|href)="(/assets/[^"]+)"', body.decode()):
        _, asset = await exchange(reader, writer, _get(urlsplit(address).path))
        total += len(asset)
    writer.close()
    return total
