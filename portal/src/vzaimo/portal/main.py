"""Composition root of the portal."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx2
import uvicorn
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp

from vzaimo.kit.keys import each_of
from vzaimo.portal.house import logs
from vzaimo.portal.house.gateways import Gateways
from vzaimo.portal.house.guard import Guard
from vzaimo.portal.house.issuer import Issuer
from vzaimo.portal.house.kept import Kept
from vzaimo.portal.house.names import Names
from vzaimo.portal.house.session import Seal
from vzaimo.portal.house.settings import PortalSettings, load
from vzaimo.portal.house.troubles import handle_troubles
from vzaimo.portal.house.visit import Portal
from vzaimo.portal.house.wire import Connections, Wire
from vzaimo.portal.house.words import words
from vzaimo.portal.rooms import ROOMS, assets

WORTH_PACKING = 1000
"""Bytes."""


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def portal(
    settings: PortalSettings,
    wire: Wire | None = None,
    to_issuer: httpx2.AsyncBaseTransport | None = None,
    now: Callable[[], datetime] = utc_now,
) -> ASGIApp:
    """The portal as an application; tests give a wire, a way to the issuer and a clock of their own."""
    connections = Connections(settings.patience)
    client = httpx2.AsyncClient(timeout=settings.patience, transport=to_issuer)
    gateways = Gateways(settings.gateways, wire or connections)
    seal = Seal(each_of(settings.session_key), secure=settings.secure)
    words()

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        async with client, connections:
            yield

    app = FastAPI(lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.portal = Portal(settings, gateways, Names(gateways), now)
    app.state.issuer = Issuer(settings, client, to_issuer)
    handle_troubles(app)
    for room in ROOMS:
        app.include_router(room)
    app.mount("/assets", assets.Assets())
    # Outside of everything, so that failures and refusals have the same headers.
    packed = GZipMiddleware(app, minimum_size=WORTH_PACKING)
    return Guard(Kept(packed), seal=seal, origin=settings.origin, secure=settings.secure)


def main() -> None:
    """The process."""
    settings = load()
    logs.start(settings.log_level)
    uvicorn.run(
        portal(settings),
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=3,
    )
