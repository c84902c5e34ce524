"""Commands about organisations and topics."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert, update

from vzaimo.contracts.registry import Organisation, OrganisationRegistered, OrganisationUpdated, Topic, TopicChanged
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import insert as upsert
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, NotAllowed, check_version
from vzaimo.kit.work import Done, Works
from vzaimo.registry.domain.refusals import UnknownOrganisation
from vzaimo.registry.handlers.standing import check_present
from vzaimo.registry.store import ORGANISATION, TOPIC, locked, organisation_of


def may_write(actor: Actor, city: str) -> bool:
    """Who writes a city's organisations: its coordinator, its service with the scope, a moderator."""
    return actor.moderates or actor.coordinates(city) or actor.serves(city, "organisations")


@retry_conflicts
async def register_organisation(organisation: Organisation, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """A city names a place."""
    if not may_write(actor, organisation.city):
        raise NotAllowed
    async with works.begin(cause) as work:
        await check_present(work, organisation.city)
        await work.execute(insert(ORGANISATION), {**organisation.model_dump(mode="python"), "version": 1})
        work.add(OrganisationRegistered(aggregate_version=1, organisation=organisation))
        return work.done("organisation", organisation.id, 1)


@retry_conflicts
async def change_organisation(
    organisation_id: UUID, changes: dict[str, Any], version: int | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """A city says something else of a place."""
    async with works.begin(cause) as work:
        row = await work.first(locked(ORGANISATION, organisation_id))
        if row is None:
            raise UnknownOrganisation(organisation_id)
        if not may_write(actor, row.city):
            raise NotAllowed
        check_version(row.version, version)
        changed = Organisation.model_validate(organisation_of(row).model_dump() | changes)
        await work.execute(
            update(ORGANISATION)
            .where(ORGANISATION.c.id == organisation_id)
            .values(**changed.model_dump(), version=row.version + 1)
        )
        work.add(OrganisationUpdated(aggregate_version=row.version + 1, organisation=changed))
        return work.done("organisation", organisation_id, row.version + 1)


@retry_conflicts
async def put_topic(topic: Topic, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The moderator adds, renames or retires a topic."""
    if not actor.moderates:
        raise NotAllowed
    async with works.begin(cause) as work:
        columns = topic.model_dump()
        statement = upsert(work.tx, TOPIC).values(**columns, version=1)
        version = await work.scalar(
            statement.on_conflict_do_update(
                index_elements=["id"], set_={**columns, "version": TOPIC.c.version + 1}
            ).returning(TOPIC.c.version)
        )
        work.add(TopicChanged(aggregate_version=version, topic=topic))
        return work.done("topic", topic.id, version)
