"""``/healthz``: the loop turns. ``/readyz``: what the service needs is there. ``/metrics``: for Prometheus."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, generate_latest
from pydantic import BaseModel

CHECK_PATIENCE = 2.0


class Check(BaseModel):
    """One thing that the service needs. ``degraded`` = it goes on without."""

    name: str
    ok: bool
    degraded: bool = False
    detail: str = ""


class Readiness(BaseModel):
    """Whether traffic may come."""

    ready: bool
    checks: list[Check]


@dataclass(slots=True)
class Health:
    """The checks of a service, by name."""

    checks: dict[str, Callable[[], Awaitable[Check]]] = field(default_factory=dict)
    closing: bool = False

    async def readiness(self) -> Readiness:
        """Ask everything at once, each with a bound."""
        found = await asyncio.gather(*(self._ask(name, check) for name, check in self.checks.items()))
        checks = list(found)
        if self.closing:
            checks.append(Check(name="process", ok=False, detail="the service is stopping"))
        return Readiness(ready=all(check.ok for check in checks), checks=checks)

    @staticmethod
    async def _ask(name: str, check: Callable[[], Awaitable[Check]]) -> Check:
        try:
            async with asyncio.timeout(CHECK_PATIENCE):
                return await check()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not ready
            return Check(name=name, ok=False, detail=type(error).__name__)


def health_routes(health: Health, metrics: CollectorRegistry) -> APIRouter:
    """The three addresses that operators and orchestrators ask."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz(_request: Request) -> Response:
        return Response('{"ok":true}', media_type="application/json")

    @router.get("/readyz")
    async def readyz(_request: Request) -> Response:
        readiness = await health.readiness()
        return Response(readiness.model_dump_json(), 200 if readiness.ready else 503, media_type="application/json")

    @router.get("/metrics")
    async def exposition(_request: Request) -> Response:
        return Response(generate_latest(metrics), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router
