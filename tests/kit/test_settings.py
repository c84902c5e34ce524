"""Settings, logs and traces."""

import asyncio
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from vzaimo.kit import telemetry
from vzaimo.kit.metrics import Metrics
from vzaimo.kit.service import stalls
from vzaimo.kit.settings import Settings, load
from vzaimo.kit.testing import eventually

GOOD = {
    "VZAIMO_DATABASE_URL": "sqlite:///x.db",
    "VZAIMO_HTTP_PORT": "8101",
    "VZAIMO_ISSUER": "https://issuer.example",
    "VZAIMO_JWKS": "https://issuer.example/certs",
}


@pytest.fixture
def environment(monkeypatch):
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_good_settings_are_read(environment):
    environment.setenv("VZAIMO_NATS_USER", "calendar")
    environment.setenv("VZAIMO_NATS_PASSWORD", "secret")
    settings = load(Settings)
    assert settings.http_port == 8101
    assert settings.access.password == "secret"
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("VZAIMO_DATABASE_URL", None, "VZAIMO_DATABASE_URL is not set"),
        ("VZAIMO_HTTP_PORT", "70000", "VZAIMO_HTTP_PORT is wrong: Input should be less than or equal to 65535"),
        ("VZAIMO_ROLE", "boss", "VZAIMO_ROLE is wrong: Input should be 'all', 'api' or 'worker'"),
        ("VZAIMO_ROLE", "api", "VZAIMO_ROLE is wrong: SQLite serves one process; to split it, use PostgreSQL"),
        ("VZAIMO_ISSUER", "", "VZAIMO_ISSUER is not set"),
        ("VZAIMO_TRUSTED_PROXIES", "10.0.0.0/8", "VZAIMO_TRUSTED_PROXIES is wrong: it must be JSON"),
        (
            "VZAIMO_TRUSTED_PROXIES",
            '["proxy"]',
            "VZAIMO_TRUSTED_PROXIES is wrong: value is not a valid IPv4 or IPv6 network",
        ),
        ("VZAIMO_NATS_URL", "localhost", "VZAIMO_NATS_URL is wrong: it must be nats://host:port or tls://host:port"),
        ("VZAIMO_NATS_TLS_CA", "/nowhere", "VZAIMO_NATS_TLS_CA is wrong: Path does not point to a file"),
        ("VZAIMO_NATS_TLS_CA", __file__, "VZAIMO_NATS_TLS_CA is wrong: it must be a file of certificates (PEM)"),
        (
            "VZAIMO_DATABASE_URL",
            "mysql://u:secret@h/d",
            "VZAIMO_DATABASE_URL is wrong: it must begin with sqlite:/// and a path, or with postgresql://",
        ),
    ],
)
def test_a_wrong_setting_stops_the_process_with_a_line_that_names_it(environment, capsys, name, value, said):
    environment.delenv(name, raising=False)
    if value is not None:
        environment.setenv(name, value)
    with pytest.raises(SystemExit) as stopped:
        load(Settings)
    assert stopped.value.code == 2
    assert capsys.readouterr().err == said + "\n"


def start(**changes):
    """The process of a service, with these settings."""
    environment = {**os.environ, **GOOD, **changes}
    return subprocess.run(
        (sys.executable, "-m", "vzaimo.calendar"), env=environment, capture_output=True, text=True, check=False
    )


def test_a_process_without_its_settings_ends_with_a_line_for_each(monkeypatch):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VZAIMO_")}
    ended = subprocess.run(
        (sys.executable, "-m", "vzaimo.calendar"), env=environment, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr.splitlines()) == (2, [f"{name} is not set" for name in GOOD])


def test_a_process_whose_store_is_newer_ends_with_a_line_that_says_what_to_do(tmp_path):
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as store:
        store.execute("CREATE TABLE kit_revision (version_num VARCHAR(32) PRIMARY KEY)")
        store.execute("INSERT INTO kit_revision VALUES ('9999')")
        store.commit()
    ended = start(VZAIMO_DATABASE_URL=f"sqlite:///{path}")
    (line,) = ended.stdout.splitlines()
    said = "vzaimo.kit: the store's schema 9999 is newer than this code knows; start the newer version, or restore "
    assert (ended.returncode, ended.stderr) == (3, "")
    assert json.loads(line)["event"].startswith(said)


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/calendar", "sqlite:////proc/nowhere/store.db"])
def test_a_process_whose_store_cannot_be_opened_ends_with_a_line(url):
    ended = start(VZAIMO_DATABASE_URL=url)
    (line,) = ended.stdout.splitlines()
    assert (ended.returncode, ended.stderr) == (1, "")
    assert json.loads(line)["event"].startswith("the store of calendar cannot be opened: ")


def test_a_process_that_cannot_listen_ends_with_a_line_that_names_the_settings(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = start(VZAIMO_DATABASE_URL=f"sqlite:///{tmp_path}/store.db", VZAIMO_HTTP_PORT=port)
    said = [json.loads(line) for line in ended.stdout.splitlines()]
    (line,) = (one["event"] for one in said if one["level"] == "critical")
    assert (ended.returncode, ended.stderr) == (1, "")
    assert "VZAIMO_HTTP_PORT" in line
    assert not any("exception" in one for one in said)


LOGGING = """
import logging
from vzaimo.kit import logs, telemetry
logs.start("toy", "info", "json")
with telemetry.span("x", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"):
    logging.getLogger("a.b").info("hello %s", "anna@tver.example", extra={"ms": 3})
    try:
        raise ValueError("Bearer abc.def")
    except ValueError:
        logging.getLogger("a.b").exception("failed")
"""


async def test_stalls_of_the_loop_are_told_in_one_line_and_counted_each(monkeypatch, caplog):
    monkeypatch.setattr(stalls, "TELL_EVERY", 0.5)
    metrics = Metrics()
    watching = asyncio.create_task(stalls.watch(metrics))
    for _ in range(3):
        await asyncio.sleep(0.06)
        time.sleep(0.11)  # noqa: ASYNC251 - a stall is what is wanted
    await eventually(lambda: "the loop stood still" in caplog.text, "the line")
    watching.cancel()
    counted = metrics.registry.get_sample_value("vzaimo_loop_stalls_total")
    lines = [line for line in caplog.messages if "the loop stood still" in line]
    assert counted >= 3
    assert sum(int(re.search(r"(\d+) times", line)[1]) for line in lines) <= counted
    assert len(lines) < counted


def test_logs_are_json_with_the_trace_and_without_people():
    out = subprocess.run((sys.executable, "-c", LOGGING), capture_output=True, text=True, check=True).stdout
    first, second = map(json.loads, out.splitlines())
    assert (first["event"], first["service"], first["logger"], first["ms"]) == ("hello [removed]", "toy", "a.b", 3)
    assert first["trace_id"] == second["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert "ValueError" in second["exception"]
    assert "abc.def" not in out


def test_a_span_goes_on_with_the_trace_that_came_from_the_bus(monkeypatch):
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr("opentelemetry.trace.get_tracer", lambda *_: provider.get_tracer("t"))
    with telemetry.span("consume", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", facts=2):
        inner = telemetry.traceparent()
    (span,) = kept.get_finished_spans()
    assert f"{span.context.trace_id:032x}" == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert inner == f"00-4bf92f3577b34da6a3ce929d0e0e4736-{span.context.span_id:016x}-01"
    assert span.attributes == {"facts": 2}


def test_without_a_trace_there_is_a_new_one():
    assert telemetry.traceparent() != telemetry.traceparent()
