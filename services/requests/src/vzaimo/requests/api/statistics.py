"""Seasons in numbers, for everyone: as JSON, CSV or a workbook."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from vzaimo.kit.http import Call, Visitor
from vzaimo.kit.http.etag import etag, unchanged
from vzaimo.requests.shapes.statistics import SeasonView
from vzaimo.requests.views.sheets import as_csv, as_xlsx
from vzaimo.requests.views.statistics import Statistics

router = APIRouter(tags=["statistics"])

Format = Literal["json", "csv", "xlsx"]
Season = Annotated[int, Path(ge=2000, le=2100, description="The year of its 1 September")]
_TYPES: dict[Format, str] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@router.get("/statistics/{season}", response_model=SeasonView)
async def read_season(
    season: Season, call: Visitor, wanted: Annotated[Format | None, Query(alias="format")] = None
) -> Response:
    """A season in numbers, as it was a minute ago at most. ``format`` goes before the header Accept."""
    statistics: Statistics = call.gate.extras["statistics"]
    view = await statistics.season(call.gate.database, season, call.works.clock.now())
    form, plain = wanted or _accepted(call), view.model_dump_json()
    tag = etag(season, call.language, form, plain)
    headers = {
        "ETag": tag,
        "Vary": "Accept, Accept-Language",
        "Cache-Control": "public, max-age=60",
        "Content-Language": call.language,
    }
    if unchanged(call.request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    if form != "json":
        headers["Content-Disposition"] = f'attachment; filename="vzaimo-{season}.{form}"'
    return Response(await _body(view, plain, form, call), 200, headers, _TYPES[form])


async def _body(view: SeasonView, plain: str, form: Format, call: Call) -> str | bytes:
    if form == "csv":
        return as_csv(view, call.language)
    if form == "xlsx":
        return await asyncio.to_thread(as_xlsx, view, call.language)
    return plain


def _accepted(call: Call) -> Format:
    """The first form of ours that the caller names; JSON for whoever takes anything."""
    for part in call.request.headers.get("accept", "").split(","):
        kind = part.split(";")[0].strip().lower()
        for form, ours in _TYPES.items():
            if kind == ours.split(";")[0]:
                return form
    return "json"
