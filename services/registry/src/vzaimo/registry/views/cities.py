"""Cities."""

from sqlalchemy import select

from vzaimo.kit.database import Transaction
from vzaimo.kit.http import Cursor, Page
from vzaimo.registry.domain.refusals import UnknownCity
from vzaimo.registry.shapes.cities import CityView
from vzaimo.registry.store import CITY
from vzaimo.registry.views.pages import page


async def cities(tx: Transaction, cursor: Cursor, status: str | None) -> Page[CityView]:
    """Cities by slug."""
    query = select(CITY).order_by(CITY.c.id)
    if status is not None:
        query = query.where(CITY.c.status == status)
    return await page(tx, query, cursor, [CITY.c.id], CityView.of)


async def city(tx: Transaction, city_id: str) -> CityView:
    """One city. Raises ``UnknownCity``."""
    row = await tx.first(select(CITY).where(CITY.c.id == city_id))
    if row is None:
        raise UnknownCity(city_id)
    return CityView.of(row)
