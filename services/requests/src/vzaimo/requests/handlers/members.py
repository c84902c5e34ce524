"""Cities, as far as a command relies on their standing."""

from sqlalchemy import select

from vzaimo.kit.work import Work
from vzaimo.requests.domain.refusals import CityNotActive
from vzaimo.requests.projections import CITY


async def check_active(work: Work, city: str) -> None:
    """Raise ``CityNotActive`` unless the city takes part; it stays so until the commit."""
    check_status(city, await city_status(work, city))


async def city_status(work: Work, city: str) -> str | None:
    """Where a city stands, and will until the commit."""
    status: str | None = await work.scalar(select(CITY.c.status).where(CITY.c.id == city).with_for_update(read=True))
    return status


def check_status(city: str, status: str | None) -> None:
    """Raise ``CityNotActive`` for any other."""
    if status != "active":
        raise CityNotActive(city, status or "unknown")
