"""A restored store takes its aggregates' state back from its own facts; what was on no bus stays as it is."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, select

from vzaimo.contracts.event import Fact
from vzaimo.contracts.registry import (
    AdoptionFact,
    CityFact,
    ContactErased,
    ContactFact,
    OrganisationFact,
    PracticeFact,
    RoleFact,
    TopicFact,
)
from vzaimo.kit.database import insert
from vzaimo.kit.roles import role_columns
from vzaimo.kit.work import Work
from vzaimo.registry.domain.practices import PracticeState
from vzaimo.registry.handlers import adoptions, erasure, finding, practices, standing
from vzaimo.registry.store import (
    ADOPTION,
    CITY,
    CONTACT,
    ORGANISATION,
    PRACTICE,
    ROLE,
    TOPIC,
    adoption_columns,
    city_columns,
    practice_columns,
)

_PRIVATE = ("summary", "does_not_apply", "baseline_reasons", "remark", "created_at")


async def adopt(work: Work, facts: Sequence[Fact]) -> None:
    """Write the newest state of each aggregate, and set the timers that it asks for: those of the backup are old.

    Lemmas are loaded where they are first needed: a transaction is open, and the gateway takes no command meanwhile.
    """
    for fact in facts:
        if isinstance(fact, ContactErased):
            person = fact.contact.person
            known = await work.scalar(select(CONTACT.c.email).where(CONTACT.c.person == person))
            await erasure.forget(work, person, known, below=fact.aggregate_version)
        table, columns = _row(fact, work)
        statement = insert(work.tx, table).values(**columns, version=fact.aggregate_version)
        public = {name: value for name, value in columns.items() if name not in _PRIVATE}
        taken = await work.scalar(
            statement.on_conflict_do_update(
                index_elements=list(table.primary_key),
                set_={**public, "version": fact.aggregate_version},
                where=table.c.version < fact.aggregate_version,
            ).returning(table.c.version)
        )
        if taken is not None:
            await _follow(work, fact)


async def _follow(work: Work, fact: Fact) -> None:
    match fact:
        case CityFact():
            await finding.rename(work, fact.city.id, fact.city.name)
            standing.set_timers(work, fact.city)
        case PracticeFact():
            summary = await work.scalar(select(PRACTICE.c.summary).where(PRACTICE.c.id == fact.practice.id))
            await finding.keep_topics(work, fact.practice)
            await finding.keep_words(work, PracticeState(fact.practice, summary=summary))
            practices.set_timer(work, fact.practice)
        case AdoptionFact():
            adoptions.set_timer(work, fact.adoption)


def _row(fact: Fact, work: Work) -> tuple[Table, dict[str, Any]]:
    match fact:
        case CityFact():
            row = CITY, {**city_columns(fact.city), "created_at": work.now}
        case RoleFact():
            row = ROLE, role_columns(fact.role)
        case ContactFact():
            row = CONTACT, fact.contact.model_dump()
        case OrganisationFact():
            row = ORGANISATION, fact.organisation.model_dump()
        case TopicFact():
            row = TOPIC, fact.topic.model_dump()
        case PracticeFact():
            row = PRACTICE, practice_columns(PracticeState(fact.practice))
        case AdoptionFact():
            row = ADOPTION, adoption_columns(fact.adoption)
        case _:
            raise TypeError(type(fact).__name__)
    return row
