"""Spans as a collector receives them (OTLP over HTTP, protobuf), and a collector that is away or hangs."""

import os
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from vzaimo.kit.testing.replicas import Replica
from vzaimo.kit.testing.tokens import AUDIENCE, ISSUER, write_jwks

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
HANGS = 90
"""Seconds after which a process that waits for a collector is taken to wait for ever."""


class Collector(ThreadingHTTPServer):
    """Keeps what it is sent."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Taking)
        self.requests = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def spans(self):
        """Each span's name and trace, by the resource's attributes."""
        found = {}
        for request in self.requests:
            for one in request.resource_spans:
                of = {pair.key: pair.value.string_value for pair in one.resource.attributes}
                for scope in one.scope_spans:
                    place = of["service.name"], of["service.version"]
                    found.setdefault(place, []).extend((span.name, span.trace_id.hex()) for span in scope.spans)
        return found


class Taking(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/traces" and self.headers["Content-Type"] == "application/x-protobuf":
            self.server.requests.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def collector():
    server = Collector()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.timeout(300)
async def test_a_service_tells_the_collector_of_each_request_also_of_the_last(collector, nats_server, tmp_path):
    environment = {
        "VZAIMO_DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}",
        "VZAIMO_NATS_URL": nats_server.url,
        "VZAIMO_ISSUER": ISSUER,
        "VZAIMO_AUDIENCE": AUDIENCE,
        "VZAIMO_JWKS": write_jwks(tmp_path),
        "VZAIMO_INVITATION_KEY": "k" * 40,
        "VZAIMO_SMTP_HOST": "127.0.0.1",
        "VZAIMO_PORTAL_URL": "https://portal.example",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "3600000",  # what comes, comes when the process ends
    }
    registry = Replica("registry", environment, tmp_path / "registry.log")
    await registry.start()
    try:
        async with httpx2.AsyncClient(base_url=registry.url) as client:
            headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
            assert (await client.get("/v1/cities", headers=headers)).is_success
    finally:
        status = await registry.stop()
    assert status == 0
    ((place, spans),) = collector.spans.items()
    assert place == ("vzaimo-registry", "0.1.0")
    assert ("GET /v1/cities", TRACE) in spans


SPANS = """
import logging
from vzaimo.kit import logs, telemetry
logs.start("toy", "info", "json")
telemetry.start("toy", "1.2.3")
for number in range(5000):
    with telemetry.span("x"):
        pass
print("done")
"""


def spans_to(url):
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_TIMEOUT": str(10 * HANGS)}
    command = (sys.executable, "-c", SPANS)
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=HANGS)


def test_spans_of_a_process_that_ends_arrive_under_its_name_and_version(collector):
    assert spans_to(collector.url).stdout == "done\n"
    ((place, spans),) = collector.spans.items()
    assert place == ("vzaimo-toy", "1.2.3")
    assert {name for name, _ in spans} == {"x"}


@pytest.mark.parametrize("hangs", [False, True], ids=["away", "hangs"])
def test_a_collector_that_is_away_costs_a_line_and_holds_nobody_up(hangs):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if hangs:
            silent.listen()
        ended = spans_to(f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert ended.stderr == ""
    lines = ended.stdout.splitlines()
    assert "done" in lines
    assert len(lines) <= 2
