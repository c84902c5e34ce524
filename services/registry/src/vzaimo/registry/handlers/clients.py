"""A city's own client program: registered by its coordinator, with scopes and an end."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from vzaimo.contracts.registry import PersonRole, RoleGranted
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, NotAllowed
from vzaimo.kit.ids import new_id
from vzaimo.kit.roles import RoleName, person_ref, role_columns
from vzaimo.kit.work import Done, Works
from vzaimo.registry.domain import people
from vzaimo.registry.domain.refusals import RoleHeld
from vzaimo.registry.handlers.standing import check_present, city_row
from vzaimo.registry.store import ROLE


@dataclass(frozen=True, slots=True)
class RegisterClient:
    """``client_id`` is the subject of the client's tokens; until ``expires_at`` it may do what ``scopes`` say."""

    city: str
    client_id: str
    scopes: tuple[str, ...]
    expires_at: datetime


@retry_conflicts
async def register(command: RegisterClient, *, issuer: str, works: Works, cause: Cause, actor: Actor) -> Done:
    """A coordinator registers a client program of the own city."""
    if not actor.coordinates(command.city):
        raise NotAllowed
    person = person_ref(issuer, command.client_id)
    async with works.begin(cause) as work:
        people.check_expiry(command.expires_at, work.now)
        # The city's row is locked whole: of two that are registered at once, the second finds the first.
        await city_row(work, command.city)
        await check_present(work, command.city)
        held = select(ROLE.c.id).where(
            ROLE.c.person == person,
            ROLE.c.city == command.city,
            ROLE.c.role == RoleName.SERVICE,
            ROLE.c.ended_at.is_(None),
            ROLE.c.expires_at > work.now,
        )
        if await work.scalar(held) is not None:
            raise RoleHeld(RoleName.SERVICE, command.city)
        role = PersonRole(
            id=new_id(),
            person=person,
            city=command.city,
            role="service",
            scopes=command.scopes,
            granted_at=work.now,
            expires_at=command.expires_at,
        )
        await work.execute(insert(ROLE), {**role_columns(role), "version": 1})
        work.add(RoleGranted(aggregate_version=1, role=role))
        return work.done("role", role.id, 1)
