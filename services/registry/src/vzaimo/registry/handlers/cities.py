"""Commands about cities."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import insert, select, update

from vzaimo.contracts.registry import (
    Agreement,
    AgreementSigned,
    City,
    CityActivated,
    CityApplied,
    CityFact,
    CityStatus,
    CityUpdated,
    CityWithdrawn,
    Contact,
)
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, Claims, NotAllowed, check_version
from vzaimo.kit.work import Done, Work, Works
from vzaimo.registry.domain import cities
from vzaimo.registry.domain.refusals import ApplicantMissing, CityExists, EmailNotVerified, UnknownCity
from vzaimo.registry.handlers.people import grant, keep_contact
from vzaimo.registry.store import CITY, CONTACT, city_columns, city_of, locked


@dataclass(frozen=True, slots=True)
class ApplyForCity:
    """A city's authority asks to take part; whoever applies becomes its first coordinator on activation."""

    city: str
    profile: cities.Profile
    name: str
    phone: str | None
    locale: Literal["ru", "en"]


@retry_conflicts
async def apply(command: ApplyForCity, *, works: Works, cause: Cause, applicant: Claims) -> Done:
    """A verified person applies for a city."""
    if applicant.email is None:
        raise EmailNotVerified
    async with works.begin(cause) as work:
        if await work.scalar(select(CITY.c.id).where(CITY.c.id == command.city)) is not None:
            raise CityExists(command.city)
        city = cities.apply(command.city, command.profile)
        columns = {**city_columns(city), "applicant": applicant.person, "created_at": work.now, "version": 1}
        await work.execute(insert(CITY), columns)
        contact = Contact(
            person=applicant.person,
            email=applicant.email,
            name=command.name,
            phone=command.phone,
            locale=command.locale,
        )
        await keep_contact(work, contact)
        work.add(CityApplied(aggregate_version=1, city=city))
        return work.done("city", city.id, 1)


@retry_conflicts
async def describe(
    city_id: str, changes: dict[str, Any], version: int | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """The city's coordinator, or a moderator, changes its profile."""
    async with works.begin(cause) as work:
        row = await _locked(work, city_id)
        if not (actor.moderates or actor.coordinates(city_id)):
            raise NotAllowed
        check_version(row.version, version)
        city = city_of(row)
        fields = {name: getattr(city, name) for name in cities.Profile.__dataclass_fields__}
        return await _keep(work, cities.describe(city, cities.Profile(**(fields | changes))), row, CityUpdated)


@retry_conflicts
async def admit(city_id: str, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The moderator says yes to an applicant."""
    async with works.begin(cause) as work:
        row = await _for_moderator(work, city_id, actor)
        return await _keep(work, cities.admit(city_of(row)), row, CityUpdated)


@retry_conflicts
async def decline(city_id: str, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The moderator says no to an applicant."""
    async with works.begin(cause) as work:
        row = await _for_moderator(work, city_id, actor)
        return await _keep(work, cities.decline(city_of(row)), row, CityWithdrawn)


@retry_conflicts
async def sign(city_id: str, agreement: Agreement, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The moderator enters a signed agreement."""
    async with works.begin(cause) as work:
        row = await _for_moderator(work, city_id, actor)
        return await _keep(work, cities.sign(city_of(row), agreement, work.now), row, AgreementSigned)


@retry_conflicts
async def activate(city_id: str, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The moderator lets the city take part; its applicant becomes its first coordinator."""
    async with works.begin(cause) as work:
        row = await _for_moderator(work, city_id, actor)
        city = cities.activate(city_of(row), work.now)
        known = select(CONTACT.c.person).where(CONTACT.c.person == row.applicant, CONTACT.c.email.is_not(None))
        if row.applicant is None or await work.scalar(known) is None:
            raise ApplicantMissing(city_id)
        await grant(work, person=row.applicant, role="coordinator", city=city_id)
        return await _keep(work, city, row, CityActivated)


async def _for_moderator(work: Work, city_id: str, actor: Actor) -> Any:
    if not actor.moderates:
        raise NotAllowed
    return await _locked(work, city_id)


async def _locked(work: Work, city_id: str) -> Any:
    row = await work.first(locked(CITY, city_id))
    if row is None:
        raise UnknownCity(city_id)
    return row


async def _keep(work: Work, city: City, row: Any, fact: type[CityFact]) -> Done:
    version = row.version + 1
    await work.execute(update(CITY).where(CITY.c.id == city.id).values(**city_columns(city), version=version))
    work.add(fact(aggregate_version=version, city=city))
    return work.done("city", city.id, version)


async def active(work: Work, city_id: str) -> bool:
    """Whether the city takes part, its row kept from changing until the commit."""
    row = await work.first(select(CITY.c.status).where(CITY.c.id == city_id).with_for_update(read=True))
    return row is not None and row.status == CityStatus.ACTIVE
