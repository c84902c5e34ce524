"""Fixtures of the whole suite: servers started once a run, and stores that are fresh for each test."""

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

# Before the kit is imported: a transaction that awaits something else than the store is an error here.
os.environ["VZAIMO_STRICT"] = "1"
# The wheel of PostgreSQL keeps its lock and socket there, and warns where the variable is not set.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="vzaimo-run-"))
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from vzaimo.kit.clock import ManualClock
from vzaimo.kit.database import Database, open_database
from vzaimo.kit.discretion import Discreet
from vzaimo.kit.tables import KitModel
from vzaimo.kit.testing import containers, postgres, routes
from vzaimo.kit.testing.nats import NatsServer
from vzaimo.kit.testing.smtp import SmtpSink
from vzaimo.kit.work import Works

# Files go to memory where there is room: stores and streams sync at each commit, and a test that kills processes learns
# nothing from a disk. Whoever wants one says PYTEST_DEBUG_TEMPROOT=/tmp.
MEMORY, ROOM = Path("/dev/shm"), 6 << 30  # noqa: S108 - pytest's folders there are its user's alone
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# httpx2 asks with each request whether trio runs, and Python looks through every folder for what is not installed.
if find_spec("sniffio") is None:
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type] # documented: such an import fails at once

# Where bytecode may not be written, each worker and each service that a test starts compiles all that it imports anew:
# two seconds of work, a hundred times in a run.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

NOON = datetime(2026, 9, 27, 9, 0, tzinfo=UTC)
"""Noon in Moscow on the day of the first announcement."""


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the collector of garbage need not look through it again and again."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever may take longest begins first: begun last, it would keep one worker busy while the others have ended."""
    items.sort(key=_patience, reverse=True)


def _patience(item: pytest.Item) -> float:
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker else 0.0


@pytest.fixture(scope="session", autouse=True)
def shared_routes() -> Iterator[None]:
    """Applications of one process share what FastAPI works out of their routes."""
    with routes.shared():
        yield


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def postgres_server(shared_folder: Path) -> Iterator[str]:
    """The URI of the run's PostgreSQL."""
    if containers.asked_for():
        with containers.postgres() as uri:
            yield uri
    else:
        with postgres.server(shared_folder / "postgres") as uri:
            yield uri


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URI of an empty database of this test's own."""
    with postgres.fresh_database(postgres_server) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store: the test runs once on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A server of this test's own, which it may kill."""
    server = containers.nats(tmp_path / "nats") if containers.asked_for() else NatsServer(tmp_path / "nats")
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def database(store_url: str) -> AsyncIterator[Database]:
    """A store with the kit's own tables."""
    opened = await open_database(store_url, pool_size=5)
    await opened.in_thread(KitModel.metadata.create_all)
    yield opened
    await opened.close()


@pytest.fixture
async def smtp_sink() -> AsyncIterator[SmtpSink]:
    """A mail server of this test's own."""
    sink = SmtpSink()
    await sink.start()
    yield sink
    await sink.stop()


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at noon until it is moved."""
    return ManualClock(NOON)


@pytest.fixture
def works(database: Database, clock: ManualClock) -> Works:
    """Units of work on the store."""
    return Works(database, clock)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Sequence[ReadableSpan]]]:
    """Spans that are over, as a process that exports them would tell them."""
    kept, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.sampler = Discreet(provider.sampler)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    # The public way sets it once for the whole run.
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    yield kept.get_finished_spans
    provider.shutdown()
