"""A city away for a while, back again, or gone for good."""

from typing import Any

from vzaimo.contracts.registry import (
    AgreementLapsing,
    City,
    CityFact,
    CityReinstated,
    CitySuspended,
    CityWithdrawn,
)
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor
from vzaimo.kit.timers import Due
from vzaimo.kit.work import Done, Work, Works
from vzaimo.registry.domain import cities
from vzaimo.registry.handlers import adoptions, people, practices
from vzaimo.registry.handlers.standing import city_row, for_moderator, keep
from vzaimo.registry.store import ROLE, city_of


@retry_conflicts
async def suspend(city_id: str, reason: str, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The moderator lets a city wait; only the moderator brings it back."""
    async with works.begin(cause) as work:
        row = await for_moderator(work, city_id, actor)
        return await keep(work, row, (CitySuspended, cities.suspend(city_of(row), reason)))


@retry_conflicts
async def reinstate(city_id: str, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The moderator brings a suspended city back."""
    async with works.begin(cause) as work:
        row = await for_moderator(work, city_id, actor)
        return await keep(work, row, (CityReinstated, cities.reinstate(city_of(row), work.now)))


@retry_conflicts
async def withdraw(city_id: str, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The moderator enters that a city has left."""
    async with works.begin(cause) as work:
        row = await for_moderator(work, city_id, actor)
        return await _leave(work, row, cities.withdraw(city_of(row)))


@retry_conflicts
async def decline(city_id: str, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The moderator says no to an applicant."""
    async with works.begin(cause) as work:
        row = await for_moderator(work, city_id, actor)
        return await _leave(work, row, cities.decline(city_of(row)))


async def _leave(work: Work, row: Any, city: City) -> Done:
    done = await keep(work, row, (CityWithdrawn, city))
    await practices.close_all(work, city.id)
    await adoptions.ask_no_more(work, city.id)
    # Invitations before roles: whoever accepts one at this moment holds it, and the role is seen here afterwards.
    await people.revoke_all(work, city.id)
    await people.end_roles(work, ROLE.c.city == city.id)
    return done


async def warn_of_lapse(work: Work, due: Due) -> None:
    """Thirty days are left of a city's agreement, or fewer after an outage."""
    row = await city_row(work, due.aggregate_id)
    await _keep_if(work, row, AgreementLapsing, cities.warn(city_of(row), work.now))


async def lapse(work: Work, due: Due) -> None:
    """The last day of a city's agreement is over."""
    row = await city_row(work, due.aggregate_id)
    await _keep_if(work, row, CitySuspended, cities.lapse(city_of(row), work.now))


async def _keep_if(work: Work, row: Any, fact: type[CityFact], city: City | None) -> None:
    if city is not None:
        await keep(work, row, (fact, city))
