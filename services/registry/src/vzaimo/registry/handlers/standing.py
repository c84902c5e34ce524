"""A city's row: locked for a decision or kept still for one, and its next states written with their timers."""

from typing import Any

from sqlalchemy import select, update

from vzaimo.contracts.registry import City, CityFact, CityStatus
from vzaimo.kit.identity import Actor, NotAllowed
from vzaimo.kit.work import Done, Work
from vzaimo.registry.domain import cities
from vzaimo.registry.domain.refusals import CityNotActive, UnknownCity
from vzaimo.registry.store import CITY, city_columns, locked

LAPSING, LAPSED = "agreement-lapsing", "agreement-lapsed"
Step = tuple[type[CityFact], City]


async def city_row(work: Work, city_id: str) -> Any:
    """A city's row, locked for a decision. Raises ``UnknownCity``."""
    row = await work.first(locked(CITY, city_id))
    if row is None:
        raise UnknownCity(city_id)
    return row


async def for_moderator(work: Work, city_id: str, actor: Actor) -> Any:
    """The same for a decision that is the moderator's."""
    if not actor.moderates:
        raise NotAllowed
    return await city_row(work, city_id)


async def kept_still(work: Work, city_id: str) -> Any:
    """A city's row, kept from changing until the commit. It is locked before anything that hangs on it."""
    row = await work.first(select(CITY).where(CITY.c.id == city_id).with_for_update(read=True))
    if row is None:
        raise UnknownCity(city_id)
    return row


async def check_present(work: Work, city_id: str) -> None:
    """Raise ``UnknownCity`` for one that is not there, or no longer: nobody is given a role for it."""
    if (await kept_still(work, city_id)).status == CityStatus.WITHDRAWN:
        raise UnknownCity(city_id)


def check_active(row: Any) -> None:
    """Raise ``CityNotActive`` for a city that may begin nothing new."""
    if row.status != CityStatus.ACTIVE:
        raise CityNotActive(row.id, row.status)


async def keep(work: Work, row: Any, *steps: Step) -> Done:
    """Write a city's new state after one step or several at once, each with its fact, and set its timers."""
    version = row.version
    for fact, city in steps:
        version += 1
        work.add(fact(aggregate_version=version, city=city))
    last = steps[-1][1]
    await work.execute(update(CITY).where(CITY.c.id == row.id).values(**city_columns(last), version=version))
    set_timers(work, last)
    return work.done("city", row.id, version)


def set_timers(work: Work, city: City) -> None:
    """The timers that the city's state asks for, in place of those that were set."""
    for kind, at in ((LAPSING, cities.warns_at(city)), (LAPSED, cities.lapses_at(city))):
        if at is None:
            work.forget(kind, city.id)
        else:
            work.remind(kind, city.id, at)
