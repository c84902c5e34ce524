"""Settings, logs and traces."""

import json
import subprocess
import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from vzaimo.kit import telemetry
from vzaimo.kit.settings import Settings, load

GOOD = {
    "VZAIMO_DATABASE_URL": "sqlite:///x.db",
    "VZAIMO_HTTP_PORT": "8101",
    "VZAIMO_ISSUER": "https://issuer.example",
    "VZAIMO_JWKS": "jwks.json",
}


@pytest.fixture
def environment(monkeypatch):
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_good_settings_are_read(environment):
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
