"""Cities, as far as a command relies on their standing."""

from sqlalchemy import select

from vzaimo.kit.work import Work
from vzaimo.requests.domain.refusals import CityNotActive
from vzaimo.requests.projections import CITY


async def check_active(work: Work, city: str) -> None:
    """Raise ``CityNotActive`` unless the city takes part; it stays so until the commit."""
    status = await work.scalar(select(CITY.c.status).where(CITY.c.id == city).with_for_update(read=True))
    if status != "active":
        raise CityNotActive(city, status or "unknown")
