"""What is coming: events as a list and as a month."""

import asyncio
from calendar import Calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from vzaimo.contracts.calendar import AudienceRole, EventStatus, Mode
from vzaimo.portal.house.gateways import Page
from vzaimo.portal.house.shapes import Event
from vzaimo.portal.house.times import zone_named
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()
A_PAGE = 20
A_MONTH = 200
A_DAY = timedelta(days=1)
"""By no more than that a venue's day differs from the reader's."""
_WEEKS = Calendar(firstweekday=0)


class Wanted(BaseModel):
    """The filters, as they stand in the address; what is not understood filters nothing."""

    text: str = ""
    mode: str = ""
    topic: str = ""
    host: str = ""
    audience: str = ""
    free: str = ""
    past: str = ""
    cursor: str = ""

    @property
    def query(self) -> dict[str, object]:
        """The filters as calendar knows them."""
        return {
            "text": self.text.strip()[:300],
            "mode": self.mode if self.mode in list(Mode) else None,
            "topic": _slug(self.topic),
            "host": _slug(self.host),
            "audience": self.audience if self.audience in list(AudienceRole) else None,
            "free_seats": True if self.free else None,
            "status": EventStatus.COMPLETED.value if self.past else None,
        }

    @property
    def any(self) -> bool:
        """Whether anything is filtered."""
        return any(value is not None and value != "" for value in self.query.values())


Filters = Annotated[Wanted, Query()]


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a month's grid."""

    date: date
    inside: bool
    today: bool
    events: list[Event]


@router.get("/")
async def front(visit: Visitor) -> Response:
    """What it is about, and what comes next."""
    events, practices = await asyncio.gather(
        visit.part(visit.events(limit=4, starts_from=visit.soon)),
        visit.part(_count(visit)),
    )
    return await visit.show("front.html", events=events, practices=practices)


@router.get("/events")
async def agenda(visit: Visitor, wanted: Filters) -> Response:
    """A list by day, as far as the filters say."""
    start = None if wanted.past else visit.soon
    reading = visit.events(limit=A_PAGE, cursor=wanted.cursor, starts_from=start, **wanted.query)
    page = await visit.part(reading)
    template = "parts/agenda_list.html" if visit.partial else "agenda.html"
    return await visit.show(template, page=page, wanted=wanted, form="list")


@router.get("/events/month")
async def month(visit: Visitor, wanted: Filters, of: str = "") -> Response:
    """A month as a grid of days: of the reader, whose day it is; an event to which one goes stands on its venue's."""
    zone = visit.clock.reader or ZoneInfo("Europe/Moscow")
    today = visit.now.astimezone(zone).date()
    first = _month(of) or today.replace(day=1)
    days = list(_WEEKS.itermonthdates(first.year, first.month))
    start = datetime(days[0].year, days[0].month, days[0].day, tzinfo=zone)
    end = datetime(days[-1].year, days[-1].month, days[-1].day, tzinfo=zone) + timedelta(days=1)
    reading = visit.events(
        limit=A_MONTH,
        starts_from=(start - A_DAY).isoformat(),
        starts_before=(end + A_DAY).isoformat(),
        **wanted.query,
    )
    page = await visit.part(reading)
    events = page.value.items if page.value else []
    weeks = [
        [_day(day, first, today, zone, events) for day in days[week : week + 7]] for week in range(0, len(days), 7)
    ]
    before, after = (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=32)).replace(day=1)
    template = "parts/agenda_month.html" if visit.partial else "agenda.html"
    return await visit.show(
        template, page=page, wanted=wanted, form="month", weeks=weeks, first=first, before=before, after=after
    )


async def _count(visit: Visit) -> int:
    """Published practices, as many as one page holds."""
    page = await visit.read("registry", "/practices", Page[Counted], limit=A_MONTH)
    return len(page.items)


class Counted(BaseModel):
    """Something that is only counted."""

    id: UUID


def _day(day: date, first: date, today: date, zone: ZoneInfo, events: list[Event]) -> Day:
    def lasts(one: Event) -> bool:
        its = zone if one.mode is Mode.REMOTE else zone_named(one.timezone)
        return one.starts_at.astimezone(its).date() <= day <= one.ends_at.astimezone(its).date()

    there = [one for one in events if lasts(one)]
    return Day(day, day.month == first.month, day == today, there)


def _month(of: str) -> date | None:
    try:
        return date.fromisoformat(f"{of}-01")
    except ValueError:
        return None


def _slug(value: str) -> str | None:
    return value if value and value.replace("-", "").isalnum() and value.isascii() and value == value.lower() else None
