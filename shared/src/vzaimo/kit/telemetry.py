"""One trace from HTTP through the outbox and the bus to the consumer (W3C Trace Context).

Spans are exported only where the standard ``OTEL_*`` variables say so; trace ids are there in any case. A span says
routes, names and counts: no query, no text of an error, no person.
"""

import os
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, ProxyTracerProvider, Span, SpanContext, SpanKind, Status, StatusCode

_PARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
CLIENT, CONSUMER, PRODUCER = SpanKind.CLIENT, SpanKind.CONSUMER, SpanKind.PRODUCER
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def traceparent() -> str:
    """The present trace, as it travels: of the open span, of what runs, or a new one."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    found = carrier.get("traceparent") or _current.get()
    return found or _new()


def continued(parent: str | None) -> str | None:
    """A trace from the bus, as what follows from it names it: by the open span where that is of the same trace."""
    context = trace.get_current_span().get_span_context()
    return traceparent() if parent and context.is_valid and parent[3:35] == f"{context.trace_id:032x}" else parent


def trace_id(scope: dict[str, Any] | Any) -> str:
    """The trace of an HTTP request: of its span, else the caller's if it sent one, else a new one.

    The request's work belongs to it.
    """
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        return f"{context.trace_id:032x}"
    sent = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), "")
    parent = sent if _PARENT.fullmatch(sent) else _new()
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
def span(
    name: str, *parents: str | None, kind: SpanKind = SpanKind.INTERNAL, **attributes: str | int
) -> Iterator[None]:
    """Work that belongs to a trace, or to several: what happens inside goes to the first one's account.

    ``parents`` come from the bus or the store. An error is told by its type alone: its text may name anybody.
    """
    first, *others = dict.fromkeys(parents) or (None,)
    present = _opened(name, first, kind, attributes)
    beside = [_opened(name, one, kind, attributes) for one in others if one] if exporting() else []
    with _within(first or _current.get(), present, *beside):
        yield


@contextmanager
def begun(name: str, after: str | None, **attributes: str | int) -> Iterator[str]:
    """Work that begins a trace of its own, and that trace, as it travels.

    ``after``: the trace in which it was decided that this happens some day; the span links to it.
    """
    links = [Link(_context_of(propagate.extract({"traceparent": after})))] if after else []
    present = trace.get_tracer("vzaimo").start_span(name, context=Context(), links=links, attributes=attributes)
    with _within(_new(), present):
        yield traceparent()


def say(error: str = "", /, **attributes: str | int) -> None:
    """What came of the work of the open span. ``error``: by its type, that it failed."""
    present = trace.get_current_span()
    present.set_attributes(attributes)
    if error:
        _failed(present, error)


def tell(
    name: str, parent: str | None, began: int, *, kind: SpanKind, error: str = "", **attributes: str | int
) -> None:
    """A span of work that is over (``began``: ``time.time_ns()``); nothing where spans are not exported."""
    if parent is None or not exporting():
        return
    told = _opened(name, parent, kind, attributes, began)
    if error:
        _failed(told, error)
    told.end()


def now() -> int:
    """The moment at which something begins that is told later."""
    return time.time_ns()


def exporting() -> bool:
    """Whether somebody looks at spans."""
    return not isinstance(trace.get_tracer_provider(), ProxyTracerProvider)


def _opened(
    name: str, parent: str | None, kind: SpanKind, attributes: Mapping[str, str | int], began: int | None = None
) -> Span:
    context = propagate.extract({"traceparent": parent}) if parent else None
    return trace.get_tracer("vzaimo").start_span(
        name, context=context, kind=kind, attributes=attributes, start_time=began
    )


@contextmanager
def _within(parent: str | None, present: Span, *beside: Span) -> Iterator[None]:
    token = _current.set(parent)
    try:
        with trace.use_span(present, record_exception=False, set_status_on_exception=False):
            yield
    except BaseException as error:
        for one in (present, *beside):
            _failed(one, type(error).__name__)
        raise
    finally:
        for one in (present, *beside):
            one.end()
        _current.reset(token)


def _new() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"


def _context_of(context: Context) -> SpanContext:
    return trace.get_current_span(context).get_span_context()


def _failed(one: Span, kind: str) -> None:
    one.set_attribute("error.type", kind)
    one.set_status(Status(StatusCode.ERROR))


def start(service: str, version: str) -> None:
    """Export spans by OTLP over HTTP if an endpoint is set in the environment."""
    if not (os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
        return
    from vzaimo.kit import otlp  # the SDK is loaded where it is used

    otlp.start(service, version)
