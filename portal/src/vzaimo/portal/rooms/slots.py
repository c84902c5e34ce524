"""When many cities are at work: a host looks for a time for a session."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from vzaimo.contracts.event import State
from vzaimo.portal.house.plans import HostedPlan
from vzaimo.portal.house.times import zone_named
from vzaimo.portal.house.visit import Part, Visit, Visitor

router = APIRouter()
MOST_CITIES = 50
"""As many as calendar looks at."""
SHOWN = 12
LENGTHS = (45, 60, 90, 120, 180, 240)
SPAN = timedelta(days=7)
FURTHEST = date(2190, 1, 1)


class Slot(State):
    """A candidate, and the cities for which all of it lies in working hours."""

    starts_at: datetime
    ends_at: datetime
    share: float
    cities: tuple[str, ...]


class Slots(State):
    """The best candidates first."""

    items: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for, as it stands in the address."""

    city: Annotated[list[str] | None, Query()] = None
    since: str = ""
    until: str = ""
    minutes: int = 90
    plan: UUID | None = None
    host: str = ""


@router.get("/slots")
async def find(visit: Visitor, wanted: Annotated[Wanted, Depends()]) -> Response:
    """The times at which most of the chosen cities are at work, by the venue's clock."""
    await visit.member()
    await visit.portal.names.ready()
    plan = await visit.read("calendar", f"/plans/{wanted.plan}", HostedPlan) if wanted.plan else None
    host = plan.host if plan else wanted.host
    city = visit.portal.names.cities.get(host)
    zone = zone_named(plan.plan.timezone if plan else city.timezone if city else None) or ZoneInfo("Europe/Moscow")
    first = _day(wanted.since) or visit.now.astimezone(zone).date() + timedelta(days=14)
    last = _day(wanted.until) or first + SPAN
    minutes = wanted.minutes if wanted.minutes in LENGTHS else 90
    cities = [one for one in wanted.city or [] if one in visit.portal.names.cities][:MOST_CITIES]
    found: Part[Slots] = Part()
    if cities:
        found = await visit.part(_slots(visit, cities, (first, last), zone, minutes))
    return await visit.show(
        "slots.html",
        found=found,
        chosen=cities,
        first=first,
        last=last,
        minutes=minutes,
        lengths=LENGTHS,
        venue=zone,
        plan=plan,
        host=host,
        back=f"/plans/{plan.id}" if plan else f"/plans/new?host={host}",
        problem=found.refused,
    )


async def _slots(visit: Visit, cities: list[str], days: tuple[date, date], zone: ZoneInfo, minutes: int) -> Slots:
    first, last = (datetime.combine(day, time(), zone).isoformat() for day in (days[0], days[1] + timedelta(days=1)))
    return await visit.read(
        "calendar", "/slots", Slots, cities=cities, **{"from": first}, until=last, minutes=minutes, limit=SHOWN
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day < FURTHEST else None
