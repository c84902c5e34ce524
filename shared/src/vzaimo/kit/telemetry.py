"""One trace from HTTP through the outbox and the bus to the consumer (W3C Trace Context).

Spans are exported only where the standard ``OTEL_*`` variables say so; trace ids are there in any case.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from opentelemetry import propagate, trace

_PARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def traceparent() -> str:
    """The present trace, as it travels: of the open span, of what runs, or a new one."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    found = carrier.get("traceparent") or _current.get()
    return found or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"


def trace_id(scope: dict[str, Any] | Any) -> str:
    """The trace of an HTTP request: the caller's if it sent one, else a new one; the request's work belongs to it."""
    sent = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), "")
    parent = sent if _PARENT.fullmatch(sent) else f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
    _current.set(parent)
    return parent[3:35]


def present_trace_id() -> str | None:
    """The id of the present trace, for logs."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        return f"{context.trace_id:032x}"
    parent = _current.get()
    return parent[3:35] if parent else None


@contextmanager
def span(name: str, parent: str | None = None, **attributes: str | int) -> Iterator[None]:
    """Work that belongs to a trace. ``parent`` comes from the bus."""
    token = _current.set(parent or _current.get())
    context = propagate.extract({"traceparent": parent}) if parent else None
    try:
        with trace.get_tracer("vzaimo").start_as_current_span(name, context=context, attributes=attributes):
            yield
    finally:
        _current.reset(token)


def start(service: str, version: str) -> None:
    """Export spans by OTLP over HTTP if an endpoint is set in the environment."""
    if not (os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
        return
    from vzaimo.kit import otlp  # the SDK is loaded where it is used

    otlp.start(service, version)
