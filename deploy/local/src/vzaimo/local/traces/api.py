"""The desk's addresses for traces: services send spans, the portal reads traces."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, StringConstraints

from vzaimo.local.traces.otlp import NoSpans, Span, read
from vzaimo.local.traces.store import Summary, Traces, Wanted

LONGEST_BODY = 4 * 1024 * 1024
TraceId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Words = Annotated[str | None, Query(max_length=200)]


class TraceLine(BaseModel):
    """A trace in a list."""

    trace_id: str
    name: str
    services: list[str]
    began_at: datetime
    duration_ms: float
    spans: int
    errors: int

    @classmethod
    def of(cls, one: Summary) -> "TraceLine":
        """From the store."""
        return cls(
            trace_id=one.trace_id,
            name=one.name,
            services=list(one.services),
            began_at=_moment(one.began),
            duration_ms=_ms(one.ended - one.began),
            spans=one.spans,
            errors=one.errors,
        )


class TracePage(BaseModel):
    """Some of them, the newest first."""

    items: list[TraceLine]
    next: str | None = None


class SpanShown(BaseModel):
    """A piece of work; ``start_ms`` counts from the beginning of its trace."""

    span_id: str
    parent: str | None
    service: str
    name: str
    kind: str
    start_ms: float
    duration_ms: float
    error: str | None
    attributes: dict[str, Any]

    @classmethod
    def of(cls, one: Span, began: int) -> "SpanShown":
        """From the store."""
        return cls(
            span_id=one.span_id,
            parent=one.parent,
            service=one.service,
            name=one.name,
            kind=one.kind,
            start_ms=_ms(one.began - began),
            duration_ms=_ms(one.ended - one.began),
            error=one.error,
            attributes=one.attributes,
        )


class TraceShown(BaseModel):
    """A trace with its spans, by their beginning."""

    trace_id: str
    began_at: datetime
    duration_ms: float
    spans: list[SpanShown]


def traces_routes(store: Traces) -> APIRouter:
    """``POST /v1/traces`` is the protocol's; what is kept is read below the same address."""
    router = APIRouter(prefix="/v1/traces")

    @router.post("")
    async def take(request: Request) -> Response:
        if int(request.headers.get("content-length", LONGEST_BODY + 1)) > LONGEST_BODY:
            raise HTTPException(413, f"Send at most {LONGEST_BODY} bytes, and say how many.")
        if request.headers.get("content-encoding", "identity") != "identity":
            raise HTTPException(415, "Spans are taken as they are, not compressed.")
        try:
            store.add(read(await request.body()))
        except NoSpans:
            raise HTTPException(400, "This is no ExportTraceServiceRequest (OTLP over HTTP, protobuf).") from None
        return Response(b"", media_type="application/x-protobuf")

    @router.get("")
    async def traces(
        service: Words = None,
        name: Words = None,
        cursor: Annotated[str | None, Query(pattern=r"^\d{1,19}-[0-9a-f]{32}$")] = None,
        least_ms: Annotated[float | None, Query(ge=0, le=1e9, allow_inf_nan=False)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        *,
        errors: bool = False,
    ) -> TracePage:
        wanted = Wanted(service or None, name or None, errors, least_ms)
        found = store.newest(wanted, limit + 1, _place(cursor) if cursor else None)
        last = found[limit - 1] if len(found) > limit else None
        following = f"{last.began}-{last.trace_id}" if last else None
        return TracePage(items=[TraceLine.of(one) for one in found[:limit]], next=following)

    @router.get("/{trace_id}", response_model=TraceShown)
    async def trace(trace_id: TraceId) -> Any:
        spans = store.spans(trace_id)
        if not spans:
            title = "This trace is not kept here, or not any more."
            problem = {"type": "https://vzaimo.city/problems/not-found", "title": title, "status": 404, "detail": ""}
            return JSONResponse(problem, 404, media_type="application/problem+json")
        began, ended = spans[0].began, max(one.ended for one in spans)
        return TraceShown(
            trace_id=trace_id,
            began_at=_moment(began),
            duration_ms=_ms(ended - began),
            spans=[SpanShown.of(one, began) for one in spans],
        )

    return router


def _place(cursor: str) -> tuple[int, str]:
    began, _, trace_id = cursor.partition("-")
    return int(began), trace_id


def _moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)


def _ms(nanoseconds: int) -> float:
    return round(nanoseconds / 1e6, 3)
