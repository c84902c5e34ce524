"""Spans to a collector, by OTLP over HTTP; the standard ``OTEL_*`` variables say where and how.

A collector that is away costs spans and two lines in the log: what waits is bounded, by the SDK while the process runs
and by ``LAST_WORDS`` when it ends.
"""

import atexit
import logging
import threading
from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from vzaimo.kit.discretion import Discreet

log = logging.getLogger(__name__)

LAST_WORDS = 3.0
"""Seconds that a process which ends waits for the collector."""


class Told(SpanExporter):
    """Says once that spans do not arrive, and once that they do again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._away = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand spans over."""
        result = self._exporter.export(spans)
        away = result is not SpanExportResult.SUCCESS
        if away and not self._away:
            log.warning("the collector of traces does not take them: they are dropped until it does")
        elif self._away and not away:
            log.info("the collector of traces takes them again")
        self._away = away
        return result

    def shutdown(self) -> None:
        """Hand over no more."""
        self._exporter.shutdown()


def start(service: str, version: str) -> None:
    """Export what this process does, under the service's name and version."""
    # The SDK says several lines for each batch that is lost.
    for name in ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    resource = Resource.create({"service.name": f"vzaimo-{service}", "service.version": version})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.sampler = Discreet(provider.sampler)
    provider.add_span_processor(BatchSpanProcessor(Told(OTLPSpanExporter())))
    trace.set_tracer_provider(provider)
    atexit.register(_finish, provider)


def _finish(provider: TracerProvider) -> None:
    # The SDK would wait for half a minute, which is more than a pod has left by then.
    last = threading.Thread(target=provider.shutdown, daemon=True)
    last.start()
    last.join(LAST_WORDS)
