"""Spans as services send them: OTLP over HTTP, as protobuf."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent
from opentelemetry.proto.trace.v1.trace_pb2 import Status

KINDS = ("internal", "internal", "server", "client", "producer", "consumer")
"""By the number that the protocol gives them; 0 = not said."""
LONGEST = 300
"""Characters of a name or a value."""


class NoSpans(ValueError):
    """The body is not what the protocol says."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of work in a trace. Times are nanoseconds since 1970."""

    trace_id: str
    span_id: str
    parent: str | None
    service: str
    name: str
    kind: str
    began: int
    ended: int
    error: str | None
    attributes: dict[str, Any]


def read(body: bytes) -> list[Span]:
    """The spans of one export. Raises ``NoSpans``."""
    try:
        sent = ExportTraceServiceRequest.FromString(body)
    except DecodeError:
        raise NoSpans from None
    found = []
    for resource in sent.resource_spans:
        service = str(_values(resource.resource.attributes).get("service.name", "unknown"))[:LONGEST]
        for scope in resource.scope_spans:
            found += [_span(service, one) for one in scope.spans if one.trace_id and one.span_id]
    return found


def _span(service: str, sent: Sent) -> Span:
    attributes = dict(_values(sent.attributes))
    error = None
    if sent.status.code == Status.STATUS_CODE_ERROR:
        error = str(attributes.get("error.type") or sent.status.message or "error")[:LONGEST]
    return Span(
        trace_id=sent.trace_id.hex(),
        span_id=sent.span_id.hex(),
        parent=sent.parent_span_id.hex() or None,
        service=service.removeprefix("vzaimo-"),
        name=sent.name[:LONGEST],
        kind=KINDS[sent.kind] if sent.kind < len(KINDS) else KINDS[0],
        began=sent.start_time_unix_nano,
        ended=max(sent.start_time_unix_nano, sent.end_time_unix_nano),
        error=error,
        attributes=attributes,
    )


def _values(pairs: Iterable[Any]) -> dict[str, Any]:
    return dict(_plain(pairs))


def _plain(pairs: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for pair in pairs:
        which = pair.value.WhichOneof("value")
        if which in {"bool_value", "int_value", "double_value"}:
            yield pair.key, getattr(pair.value, which)
        elif which is not None:
            yield pair.key, str(getattr(pair.value, which)).strip()[:LONGEST]
