"""Slots: when cities of many time zones can meet."""

from typing import Annotated

from fastapi import APIRouter, Depends

from vzaimo.calendar.shapes.slots import SlotQuery, SlotsView
from vzaimo.calendar.views import slots as views
from vzaimo.kit.http import Visitor, of_query

router = APIRouter(tags=["slots"])
Wanted = Annotated[SlotQuery, Depends(of_query(SlotQuery))]


@router.get("/slots")
async def find_slots(call: Visitor, wanted: Wanted) -> SlotsView:
    """The starts at which most of the cities are at work: Monday to Friday, 9 to 18 by their clocks.

    Public holidays are not known here.
    """
    async with call.gate.database.read() as tx:
        return await views.best(tx, wanted)
