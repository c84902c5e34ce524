"""A city joins: it applies, is admitted, signs, and takes part; and what it says of itself."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select

from vzaimo.contracts.registry import (
    Agreement,
    AgreementSigned,
    CityActivated,
    CityApplied,
    CityReinstated,
    CityUpdated,
    Contact,
)
from vzaimo.kit import lemmas
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import insert, retry_conflicts
from vzaimo.kit.identity import Actor, Claims, NotAllowed, check_version
from vzaimo.kit.work import Done, Work, Works
from vzaimo.registry.domain import cities
from vzaimo.registry.domain.refusals import ApplicantMissing, CityExists, EmailNotVerified
from vzaimo.registry.handlers import finding
from vzaimo.registry.handlers.contacts import keep_contact
from vzaimo.registry.handlers.people import grant, holders
from vzaimo.registry.handlers.standing import Step, city_row, for_moderator, keep
from vzaimo.registry.store import CITY, CONTACT, city_columns, city_of


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
        city = cities.apply(command.city, command.profile)
        columns = {**city_columns(city), "applicant": applicant.person, "created_at": work.now, "version": 1}
        new = insert(work.tx, CITY).values(columns).on_conflict_do_nothing().returning(CITY.c.id)
        if await work.scalar(new) is None:
            raise CityExists(command.city)
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
    await lemmas.ready()
    async with works.begin(cause) as work:
        row = await city_row(work, city_id)
        if not (actor.moderates or actor.coordinates(city_id)):
            raise NotAllowed
        check_version(row.version, version)
        city = city_of(row)
        fields = {name: getattr(city, name) for name in cities.Profile.__dataclass_fields__}
        described = cities.describe(city, cities.Profile(**(fields | changes)))
        if described.name != city.name:
            await finding.rename(work, city_id, described.name)
        return await keep(work, row, (CityUpdated, described))


@retry_conflicts
async def admit(city_id: str, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The moderator says yes to an applicant."""
    async with works.begin(cause) as work:
        row = await for_moderator(work, city_id, actor)
        return await keep(work, row, (CityUpdated, cities.admit(city_of(row))))


@retry_conflicts
async def sign(city_id: str, agreement: Agreement, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The moderator enters a signed agreement; a city that waited only for it takes part again."""
    async with works.begin(cause) as work:
        row = await for_moderator(work, city_id, actor)
        city = cities.sign(city_of(row), agreement, work.now)
        steps: list[Step] = [(AgreementSigned, city)]
        if cities.waits_for_agreement(city):
            steps.append((CityReinstated, cities.reinstate(city, work.now)))
        return await keep(work, row, *steps)


@retry_conflicts
async def activate(city_id: str, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The moderator lets the city take part; its applicant becomes its first coordinator."""
    async with works.begin(cause) as work:
        # The contact before the city, as erasure does: nobody is appointed who is being forgotten.
        applicant = await work.scalar(select(CITY.c.applicant).where(CITY.c.id == city_id))
        contact = select(CONTACT.c.email).where(CONTACT.c.person == applicant).with_for_update(read=True)
        known = await work.scalar(contact) is not None
        row = await for_moderator(work, city_id, actor)
        city = cities.activate(city_of(row), work.now)
        await _appoint(work, city_id, applicant if known else None)
        return await keep(work, row, (CityActivated, city))


async def _appoint(work: Work, city_id: str, applicant: str | None) -> None:
    """Make the applicant a coordinator. One who is gone is not needed where another was invited meanwhile."""
    appointed = {one.person for one in await holders(work, coordinating=(city_id,))}
    if applicant is not None and applicant not in appointed:
        await grant(work, person=applicant, role="coordinator", city=city_id)
    elif not appointed:
        raise ApplicantMissing(city_id)
