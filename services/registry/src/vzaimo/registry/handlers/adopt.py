"""A restored store takes its aggregates' public state back from its own facts; what is private stays as it is."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table

from vzaimo.contracts.event import Fact
from vzaimo.contracts.registry import CityFact, OrganisationFact, PracticeFact, RoleFact, TopicFact
from vzaimo.kit.database import insert
from vzaimo.kit.roles import role_columns
from vzaimo.kit.work import Work
from vzaimo.registry.domain.practices import PracticeState
from vzaimo.registry.store import (
    CITY,
    ORGANISATION,
    PRACTICE,
    ROLE,
    TOPIC,
    city_columns,
    practice_columns,
)

_PRIVATE = ("summary", "does_not_apply", "baseline_reasons", "remark", "created_at")


async def adopt(work: Work, facts: Sequence[Fact]) -> None:
    """Write the newest state of each aggregate."""
    for fact in facts:
        table, columns = _row(fact, work)
        statement = insert(work.tx, table).values(**columns, version=fact.aggregate_version)
        public = {name: value for name, value in columns.items() if name not in _PRIVATE}
        await work.execute(
            statement.on_conflict_do_update(
                index_elements=["id"],
                set_={**public, "version": fact.aggregate_version},
                where=table.c.version < fact.aggregate_version,
            )
        )


def _row(fact: Fact, work: Work) -> tuple[Table, dict[str, Any]]:
    match fact:
        case CityFact():
            return CITY, {**city_columns(fact.city), "created_at": work.now}
        case RoleFact():
            return ROLE, role_columns(fact.role)
        case OrganisationFact():
            return ORGANISATION, fact.organisation.model_dump()
        case TopicFact():
            return TOPIC, fact.topic.model_dump()
        case PracticeFact():
            return PRACTICE, practice_columns(PracticeState(fact.practice))
    raise TypeError(type(fact).__name__)
