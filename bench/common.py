"""What the benches share: servers, services as processes, a load that costs little, one table."""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles

os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="vzaimo-bench-"))

import httpx2
from rich.console import Console
from rich.table import Table

from vzaimo.contracts.calendar import (
    Admission,
    CapacityRequest,
    Deadlines,
    Event,
    EventStatus,
    Mode,
    QueueOrder,
    QueuePolicy,
    SeatMode,
    SeatPlan,
    Session,
)
from vzaimo.contracts.event import envelope
from vzaimo.contracts.registry import City, CityActivated, CityStatus, PersonRole, RoleGranted
from vzaimo.kit.bus import Access, Stream, connect, ensure_stream
from vzaimo.kit.ids import new_id
from vzaimo.kit.publisher import Message, Publisher
from vzaimo.kit.roles import person_ref
from vzaimo.kit.testing import postgres
from vzaimo.kit.testing.nats import NatsServer, free_port
from vzaimo.kit.testing.tokens import AUDIENCE, ISSUER, token, write_jwks

LONG_AGO = datetime.now(UTC) - timedelta(days=30)
STREAMS = {
    "REGISTRY": ("registry.pub.>", "registry.party.>", "registry.int.role.>", "registry.int.practice.>"),
    "CONTACTS": ("registry.int.contact.>",),
    "CALENDAR": ("calendar.>",),
    "REQUESTS": ("requests.>",),
    "NOTIFY": ("notify.>",),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A figure beside the limit that was measured in the same run."""

    figure: str
    store: str
    ours: str
    limit: str
    ratio: float | None
    goal: str
    good: bool


def show(rows):
    """Print the table, as Markdown too where ``BENCH_MARKDOWN`` names a file."""
    table = Table("figure", "store", "ours", "limit beside it", "ratio", "goal", "")
    lines = ["| figure | store | ours | limit beside it | ratio | goal | |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        ratio = "–" if row.ratio is None else f"{row.ratio:.2f}"
        cells = (row.figure, row.store, row.ours, row.limit, ratio, row.goal, "✓" if row.good else "misses")
        table.add_row(*cells)
        lines.append(f"| {' | '.join(cells)} |")
    Console(width=170).print(table)
    if path := os.environ.get("BENCH_MARKDOWN"):
        Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


@contextlib.contextmanager
def stores():
    """One run's folder, and a maker of empty stores of each kind."""
    with tempfile.TemporaryDirectory(prefix="vzaimo-bench-") as folder, contextlib.ExitStack() as stack:
        uri = stack.enter_context(postgres.server(Path(folder) / "postgres"))

        def make(kind, name):
            if kind == "sqlite":
                return f"sqlite:///{folder}/{name}-{time.monotonic_ns()}/store.db"
            return stack.enter_context(postgres.fresh_database(uri))

        yield Path(folder), make


@contextlib.contextmanager
def bus(folder):
    """A nats-server of its own, as it is configured by default: it syncs every two minutes."""
    server = NatsServer(folder / f"nats-{time.monotonic_ns()}", sync="2m")
    server.start()
    try:
        yield server
    finally:
        server.stop()


async def publish(server, facts):
    """Put facts into their streams."""
    client = await connect(Access(server.url), "bench")
    for name, subjects in STREAMS.items():
        await ensure_stream(client.jetstream(), Stream(name, subjects, last_only=name == "CONTACTS"))
    publisher = Publisher(client)
    for start in range(0, len(facts), 500):
        batch = []
        for fact in facts[start : start + 500]:
            event = envelope(fact, event_id=new_id(), time=datetime.now(UTC))
            body = event.model_dump_json(exclude_none=True).encode()
            batch.append(Message(str(event.id), fact.stream, fact.subject, body))
        answers = await publisher.publish(batch, patience=30)
        if None in answers:
            raise RuntimeError("the bus did not answer")
    await client.close()


def city_facts(city, *people):
    """An active city and its coordinators."""
    state = City(id=city, name=city.title(), region="—", timezone="Europe/Moscow", status=CityStatus.ACTIVE)
    return [CityActivated(aggregate_version=1, city=state), *(role_fact(person, city) for person in people)]


def role_fact(person, city):
    """A coordinator's role."""
    role = PersonRole(
        id=new_id(), person=person_ref(ISSUER, person), city=city, role="coordinator", granted_at=LONG_AGO
    )
    return RoleGranted(aggregate_version=1, role=role)


def event_of(number=0, **changes):
    """An announced event of 60 seats."""
    start = datetime.now(UTC) + timedelta(days=60, minutes=number)
    now = datetime.now(UTC)
    sessions = tuple(
        Session(
            id=new_id(),
            title=f"День {day}",
            starts_at=start + timedelta(days=day),
            ends_at=start + timedelta(days=day, hours=6),
        )
        for day in (0, 1)
    )
    plan = SeatPlan(mode=SeatMode.IN_PERSON, capacity=60)
    usual = {
        "id": new_id(),
        "host": "moskva",
        "title": f"Образовательная среда московской школы, {number}",
        "mode": Mode.IN_PERSON,
        "audience": ("director", "teacher"),
        "topics": ("school-environment",),
        "timezone": "Europe/Moscow",
        "starts_at": start,
        "ends_at": start + timedelta(days=1, hours=6),
        "sessions": sessions,
        "deadlines": Deadlines(
            apply_opens=now - timedelta(hours=1),
            apply_closes=start - timedelta(days=30),
            decide_by=start - timedelta(days=20),
            confirm_by=start - timedelta(days=10),
            roster_freeze=start - timedelta(days=5),
        ),
        "admission": Admission.HOST,
        "queue_policy": QueuePolicy.STRICT,
        "queue_order": QueueOrder.SUBMITTED,
        "status": EventStatus.ANNOUNCED,
        "capacity_requested": CapacityRequest(no=1, seats=(plan,), requested_at=now),
        "announced_at": now,
    }
    return Event(**(usual | changes))


@contextlib.asynccontextmanager
async def service(name, url, server, folder, **more):
    """A service as a process; yields its port when it is ready."""
    port = free_port()
    environment = {
        **os.environ,
        "VZAIMO_DATABASE_URL": url,
        "VZAIMO_NATS_URL": server.url,
        "VZAIMO_HTTP_PORT": str(port),
        "VZAIMO_ISSUER": ISSUER,
        "VZAIMO_AUDIENCE": AUDIENCE,
        "VZAIMO_JWKS": write_jwks(folder),
        "VZAIMO_CALLS_PER_PERSON": "0",
        "VZAIMO_CALLS_PER_ADDRESS": "0",
        "VZAIMO_LOG_LEVEL": "warning",
        **more,
    }
    log = (folder / f"{name}.log").open("ab")
    process = subprocess.Popen((sys.executable, "-m", f"vzaimo.{name}"), env=environment, stdout=log, stderr=log)
    try:
        await ready(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(20)
        log.close()


async def ready(port, process, patience=40):
    """Wait for /readyz."""
    async with httpx2.AsyncClient() as http:
        until = time.monotonic() + patience
        while time.monotonic() < until and process.poll() is None:
            with contextlib.suppress(httpx2.TransportError):
                if (await http.get(f"http://127.0.0.1:{port}/readyz")).is_success:
                    return
            await asyncio.sleep(0.05)
    raise RuntimeError("the service did not become ready: see its log")


def request(method, path, who=None, body=b"", **headers):
    """An HTTP/1.1 request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
    if body:
        lines.append("Content-Type: application/json")
    if who is not None:
        lines.append(f"Authorization: Bearer {token(who, email=f'{who}@city.example')}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def exchange(reader, writer, message):
    """Send one request; return status and body."""
    writer.write(message)
    head = await reader.readuntil(b"\r\n\r\n")
    status, length = int(head[9:12]), 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line[15:])
    return status, await reader.readexactly(length)


async def load(port, messages, connections=32):
    """Send all over so many connections; return requests a second, the latencies in ms, and the statuses."""
    waiting = iter(messages)
    latencies, statuses = [], []

    async def one():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for message in waiting:
            began = time.perf_counter()
            status, _ = await exchange(reader, writer, message)
            latencies.append((time.perf_counter() - began) * 1000)
            statuses.append(status)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*[one() for _ in range(connections)])
    return len(latencies) / (time.perf_counter() - began), latencies, statuses


def percentiles(values):
    """p50 and p99."""
    cuts = quantiles(values, n=100)
    return cuts[49], cuts[98]
