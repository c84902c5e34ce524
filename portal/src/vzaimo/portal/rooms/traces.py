"""For whoever runs the set: one request's way through services and bus."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from vzaimo.portal.house.gateways import Caller, Page, Service
from vzaimo.portal.house.traces import Trace, TraceLine, said, waterfall
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()
NOT_FOUND = 404
A_PAGE = 50
MOST_MS = 1e9
"""As long as a store of traces looks for."""
SERVICES: tuple[Service, ...] = ("registry", "calendar", "requests", "notify")


class Wanted(BaseModel):
    """The filters, as they stand in the address; what is not understood filters nothing."""

    service: str = ""
    name: str = ""
    least: str = ""
    errors: str = ""
    cursor: str = ""

    @property
    def query(self) -> dict[str, object]:
        """The filters as the store of traces knows them."""
        least = self.least.replace(",", ".")
        number = float(least) if least.replace(".", "", 1).isdecimal() else 0.0
        return {
            "service": self.service if self.service in SERVICES else None,
            "name": self.name.strip()[:200],
            "least_ms": number if 0 < number <= MOST_MS else None,
            "errors": True if self.errors else None,
        }


@router.get("/traces")
async def traces(visit: Visitor, wanted: Annotated[Wanted, Query()]) -> Response:
    """The newest first."""
    caller = await _operator(visit)
    reading = visit.portal.gateways.read(
        "traces", "/traces", Page[TraceLine], caller, limit=A_PAGE, cursor=wanted.cursor, **wanted.query
    )
    page = await visit.part(reading)
    return await visit.show("traces.html", page=page, wanted=wanted, services=SERVICES)


@router.get("/traces/{trace_id}")
async def trace(visit: Visitor, trace_id: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]) -> Response:
    """One, as a waterfall."""
    caller = await _operator(visit)
    found = await visit.portal.gateways.read("traces", f"/traces/{trace_id}", Trace, caller)
    return await visit.show("trace.html", trace=found, fall=waterfall(found), said=said)


async def _operator(visit: Visit) -> Caller:
    """Who may look; the store of traces is no gateway of ours and gets nobody's token."""
    if visit.portal.settings.traces_url is None or not (await visit.member()).moderates:
        raise HTTPException(NOT_FOUND)
    return Caller(visit.language)
