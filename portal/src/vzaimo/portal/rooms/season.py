"""A season in numbers."""

from datetime import timedelta

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from vzaimo.portal.house.shapes import Season, season_of
from vzaimo.portal.house.visit import Visitor

router = APIRouter()
FIRST = 2017
MOST_LINES = 15


@router.get("/season")
async def now(visit: Visitor) -> Response:
    """The season that runs."""
    return RedirectResponse(f"/season/{season_of(visit.now.date())}", 303)


@router.get("/season/{year}")
async def season(visit: Visitor, year: int) -> Response:
    """One season: from 1 September of its year."""
    newest = season_of((visit.now + timedelta(days=366)).date())
    if not FIRST <= year <= newest:
        raise HTTPException(404)
    found = await visit.part(visit.read("requests", f"/statistics/{year}", Season))
    return await visit.show(
        "season.html",
        found=found,
        year=year,
        earlier=year - 1 if year > FIRST else None,
        later=year + 1 if year < newest else None,
        sheets=visit.portal.settings.sheets,
        most=MOST_LINES,
    )
