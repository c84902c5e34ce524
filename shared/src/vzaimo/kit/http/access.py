"""One log line and one observation a request: route, status, time. No query, no body, no person."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vzaimo.kit.http.health import Health
from vzaimo.kit.metrics import Metrics
from vzaimo.kit.telemetry import trace_id

log = logging.getLogger("vzaimo.access")
_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
_LEAVING = [(b"connection", b"close")]
"""The caller's next request goes to somebody who stays, and nothing is on the connection when we close."""
_STREAM = (b"content-type", b"text/event-stream; charset=utf-8")
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_QUIET = frozenset(("/healthz", "/readyz", "/metrics"))
"""Asked by orchestrators every few seconds: a pod that is not ready yet is no error that a caller saw."""


class Access:
    """The outermost layer."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, health: Health) -> None:
        self._app = app
        self._metrics = metrics
        self._health = health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Measure a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["vzaimo.trace"] = trace_id(scope)
        started, status, counted = time.perf_counter(), 500, False

        async def noted(message: Message) -> None:
            nonlocal status, counted
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.get("headers", [])
                if _STREAM in headers:
                    counted = True  # when it begins: it is open for hours, by intention
                    self._count(scope, status, started)
                message["headers"] = [*headers, *_HEADERS, *(_LEAVING if self._health.closing else [])]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            if not counted:
                self._count(scope, status, started)

    def _count(self, scope: Scope, status: int, started: float) -> None:
        """Labels are few, whatever callers send: known methods, templates of routes, classes of status."""
        route = getattr(scope.get("route"), "path", "unmatched")
        if route in _QUIET:
            return
        took = time.perf_counter() - started
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(method, route, f"{status // 100}xx").observe(took)
        log.info(
            "%s %s %s",
            method,
            route,
            status,
            extra={"ms": round(took * 1000, 1), "trace_id": scope["vzaimo.trace"]},
        )
