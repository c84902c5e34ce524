"""A gateway: FastAPI with our problems, bounds, health and OpenAPI."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI, Request, Response

from vzaimo.kit.http.access import Access
from vzaimo.kit.http.audit import router as audit
from vzaimo.kit.http.body import BodyLimit
from vzaimo.kit.http.calls import Gate, receipt
from vzaimo.kit.http.health import Health, health_routes
from vzaimo.kit.http.kept import Kept
from vzaimo.kit.http.problems import MEDIA_TYPE, handle_problems
from vzaimo.kit.http.schemas import schema_routes
from vzaimo.kit.http.wording import Wording
from vzaimo.kit.idempotency import Repeated
from vzaimo.kit.metrics import Metrics

_PROBLEM = {
    "description": "A problem (RFC 9457)",
    "content": {
        MEDIA_TYPE: {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail"],
                "properties": {
                    "type": {"type": "string", "format": "uri"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                },
            }
        }
    },
}


def create_app(
    *,
    service: str,
    title: str,
    version: str,
    routers: Sequence[APIRouter],
    wording: Wording,
    gate: Gate,
    health: Health,
    metrics: Metrics,
    forms: Sequence[str] = (),
    operator: APIRouter | None = None,
    secret_paths: Sequence[str] = (),
) -> FastAPI:
    """The gateway of a service. ``wording`` must be complete (``wording.complete``)."""
    secret = tuple(secret_paths)
    app = FastAPI(
        title=title,
        version=version,
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
        openapi_url="/openapi.json",
        responses={"4XX": _PROBLEM, "5XX": _PROBLEM},
        # A span would say the whole path.
        telemetry={"operation_spans": False, "exclude": lambda scope: scope["path"].startswith(secret)},
    )
    app.state.gate = gate
    app.state.health = health
    app.state.wording = wording
    app.state.service = service
    handle_problems(app)

    async def repeated(request: Request, error: Exception) -> Response:
        answer = receipt(request, error.done) if isinstance(error, Repeated) else Response(status_code=500)
        answer.headers["Idempotency-Replayed"] = "true"
        return answer

    app.add_exception_handler(Repeated, repeated)
    app.include_router(health_routes(health, metrics.registry))
    if operator is not None:
        app.include_router(operator)
    for router in (*routers, audit, schema_routes(service)):
        app.include_router(router, prefix="/v1")
    app.add_middleware(BodyLimit, forms=forms)
    app.add_middleware(Kept, gate=gate)
    app.add_middleware(Access, metrics=metrics)
    return app
