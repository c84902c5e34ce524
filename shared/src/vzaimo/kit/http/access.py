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
_QUIET = {"/healthz", "/readyz", "/metrics"}


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
        started, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                leaving = _LEAVING if self._health.closing else []
                message["headers"] = [*message.get("headers", []), *_HEADERS, *leaving]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            took = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "unmatched")
            self._metrics.requests.labels(scope["method"], route, str(status)).observe(took)
            if route not in _QUIET:
                log.info(
                    "%s %s %s",
                    scope["method"],
                    route,
                    status,
                    extra={"ms": round(took * 1000, 1), "trace_id": scope["vzaimo.trace"]},
                )
