"""Commands about adoptions: a city commits to another's practice, and reports what it gave."""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from vzaimo.contracts.registry import (
    Adoption,
    AdoptionFact,
    AdoptionMeasured,
    CityStatus,
    Measurement,
    MeasurementDue,
    MeasurementWaived,
    PracticeAdopted,
)
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, NotAllowed
from vzaimo.kit.ids import new_id
from vzaimo.kit.timers import Due
from vzaimo.kit.work import Done, Work, Works
from vzaimo.registry.domain import adoptions
from vzaimo.registry.domain.adoptions import Commitment
from vzaimo.registry.domain.refusals import AdoptionOpen, UnknownAdoption, UnknownPractice
from vzaimo.registry.handlers.practices import may_write
from vzaimo.registry.handlers.standing import check_active, city_row, kept_still
from vzaimo.registry.store import ADOPTION, PRACTICE, adoption_columns, adoption_of, locked, practice_of

MEASUREMENT = "measurement-due"


@retry_conflicts
async def commit(practice_id: UUID, commitment: Commitment, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """An active city commits to a published practice of another city."""
    if not may_write(actor, commitment.city):
        raise NotAllowed
    async with works.begin(cause) as work:
        # The city's row is locked whole: of two commitments to one practice at once, the second finds the first.
        city = await city_row(work, commitment.city)
        check_active(city)
        practice = await work.first(select(PRACTICE).where(PRACTICE.c.id == practice_id).with_for_update(read=True))
        if practice is None or practice.published_at is None:
            raise UnknownPractice(practice_id)
        adoption = adoptions.commit(new_id(), practice_of(practice).public, commitment, city.timezone, work.now)
        begun = await work.scalar(
            select(ADOPTION.c.id).where(
                ADOPTION.c.city == commitment.city, ADOPTION.c.practice == practice_id, ADOPTION.c.is_open
            )
        )
        if begun is not None:
            raise AdoptionOpen(begun)
        await work.execute(insert(ADOPTION), {**adoption_columns(adoption), "version": 1})
        set_timer(work, adoption)
        work.add(PracticeAdopted(aggregate_version=1, adoption=adoption))
        return work.done("adoption", adoption.id, 1)


@retry_conflicts
async def report(adoption_id: UUID, measurement: Measurement, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The adopting city reports what it gave; a suspended one may, too."""
    async with works.begin(cause) as work:
        found = await work.first(select(ADOPTION.c.city).where(ADOPTION.c.id == adoption_id))
        if found is None:
            raise UnknownAdoption(adoption_id)
        if not may_write(actor, found.city):
            raise NotAllowed
        city = await kept_still(work, found.city)
        row: Any = await work.first(locked(ADOPTION, adoption_id))
        reported = adoptions.report(adoption_of(row), measurement, city.timezone, work.now)
        return await _keep(work, row, AdoptionMeasured, reported)


async def fall_due(work: Work, due: Due) -> None:
    """Six months have passed, or twelve: the city is to report. One that has left is not asked."""
    adoption_id = UUID(due.aggregate_id)
    found: Any = await work.first(select(ADOPTION.c.city).where(ADOPTION.c.id == adoption_id))
    city = await kept_still(work, found.city)
    row: Any = await work.first(locked(ADOPTION, adoption_id))
    adoption = adoptions.fall_due(adoption_of(row), work.now)
    if adoption is not None and city.status != CityStatus.WITHDRAWN:
        await _keep(work, row, MeasurementDue, adoption)


async def ask_no_more(work: Work, city_id: str) -> None:
    """The city has left: it owes no report, and will not be asked for one."""
    begun = select(ADOPTION).where(ADOPTION.c.city == city_id, ADOPTION.c.is_open)
    waived = []
    for row in await work.all(begun.order_by(ADOPTION.c.id).with_for_update()):
        work.forget(MEASUREMENT, row.id)
        if row.due is not None:
            state, version = adoptions.waive(adoption_of(row)), row.version + 1
            waived.append({"key": row.id, "then": version})
            work.add(MeasurementWaived(aggregate_version=version, adoption=state))
    if waived:
        change = update(ADOPTION).where(ADOPTION.c.id == bindparam("key"))
        await work.execute(change.values(due=None, version=bindparam("then")), waived)


def set_timer(work: Work, adoption: Adoption) -> None:
    """The timer that the adoption's state asks for, in place of the one that was set."""
    at = adoptions.falls_due_at(adoption)
    if at is None:
        work.forget(MEASUREMENT, adoption.id)
    else:
        work.remind(MEASUREMENT, adoption.id, at)


async def _keep(work: Work, row: Any, fact: type[AdoptionFact], adoption: Adoption) -> Done:
    version = row.version + 1
    await work.execute(
        update(ADOPTION).where(ADOPTION.c.id == row.id).values(**adoption_columns(adoption), version=version)
    )
    set_timer(work, adoption)
    work.add(fact(aggregate_version=version, adoption=adoption))
    return work.done("adoption", row.id, version)
