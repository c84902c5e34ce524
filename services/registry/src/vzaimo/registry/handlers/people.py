"""Commands about people: invitations and roles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, or_, select, update

from vzaimo.contracts.registry import Contact, PersonRole, RoleEnded, RoleGranted
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, Claims, NotAllowed
from vzaimo.kit.ids import new_id
from vzaimo.kit.roles import RoleName, role_columns
from vzaimo.kit.work import Done, Work, Works
from vzaimo.registry.domain import people
from vzaimo.registry.domain.cities import MEMBERS
from vzaimo.registry.domain.refusals import (
    LastCoordinator,
    LastModerator,
    RoleHeld,
    UnknownInvitation,
    UnknownRole,
)
from vzaimo.registry.handlers.contacts import keep_contact
from vzaimo.registry.handlers.standing import check_present
from vzaimo.registry.store import CITY, INVITATION, ROLE, invitation_of, locked, role_of

Invitable = Literal["moderator", "coordinator", "viewer"]


@dataclass(frozen=True, slots=True)
class Invite:
    """Offer a role to whoever reads this mailbox."""

    role: Invitable
    city: str | None
    email: str


@dataclass(frozen=True, slots=True)
class AcceptInvitation:
    """Take an offered role. ``name`` and ``phone`` become the person's contact data."""

    secret: str
    name: str
    phone: str | None
    locale: Literal["ru", "en"]


@retry_conflicts
async def invite(command: Invite, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """A moderator invites anyone, a coordinator people of the own city."""
    people.check_role(command.role, command.city)
    if not (actor.moderates or (command.city is not None and actor.coordinates(command.city))):
        raise NotAllowed
    async with works.begin(cause) as work:
        if command.city is not None:
            await check_present(work, command.city)
        return await issue(work, command, actor.person)


async def issue(work: Work, command: Invite, invited_by: str) -> Done:
    """Write an invitation; its mail is due at once."""
    invitation = new_id()
    await work.execute(
        insert(INVITATION),
        {
            "id": invitation,
            "role": command.role,
            "city": command.city,
            "email": command.email,
            "mailbox": people.folded(command.email),
            "invited_by": invited_by,
            "created_at": work.now,
            "expires_at": work.now + people.INVITATION_LIFE,
            "mail_due_at": work.now,
            "mail_attempts": 0,
            "version": 1,
        },
    )
    return work.done("invitation", invitation, 1)


@retry_conflicts
async def revoke(invitation_id: UUID, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """Take an open invitation back. Others' invitations are unknown to a coordinator."""
    async with works.begin(cause) as work:
        row = await work.first(locked(INVITATION, invitation_id))
        if row is None or not (actor.moderates or (row.city is not None and actor.coordinates(row.city))):
            raise UnknownInvitation
        if row.accepted_at is not None:
            people.redeem(invitation_of(row), None, work.now)
        if row.revoked_at is not None:
            return work.done("invitation", row.id, row.version)
        await work.execute(
            update(INVITATION)
            .where(INVITATION.c.id == row.id)
            .values(revoked_at=work.now, mail_due_at=None, version=row.version + 1)
        )
        return work.done("invitation", row.id, row.version + 1)


@retry_conflicts
async def accept(
    command: AcceptInvitation, *, works: Works, cause: Cause, invited: Claims, invitation_keys: Sequence[bytes]
) -> Done:
    """Whoever holds the secret and the invited, verified mailbox takes the role."""
    invitation_id = people.invited_by(command.secret, invitation_keys)
    async with works.begin(cause) as work:
        row = await work.first(locked(INVITATION, invitation_id))
        if row is None:
            raise UnknownInvitation
        people.redeem(invitation_of(row), invited.email, work.now)
        await work.execute(
            update(INVITATION)
            .where(INVITATION.c.id == row.id)
            .values(accepted_at=work.now, accepted_by=invited.person, mail_due_at=None, version=row.version + 1)
        )
        contact = Contact(
            person=invited.person, email=invited.email, name=command.name, phone=command.phone, locale=command.locale
        )
        await keep_contact(work, contact)
        role = await grant(work, person=invited.person, role=row.role, city=row.city)
        return work.done("role", role.id, 1)


@retry_conflicts
async def end_role(role_id: UUID, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """End a role. The last moderator stays, and a member city's last coordinator."""
    async with works.begin(cause) as work:
        row = await work.first(select(ROLE).where(ROLE.c.id == role_id))
        if row is None or not (actor.moderates or (row.city is not None and actor.coordinates(row.city))):
            raise UnknownRole(role_id)
        if row.ended_at is None:
            await check_not_last(work, [row])
            await end_roles(work, ROLE.c.id == role_id)
        version = await work.scalar(select(ROLE.c.version).where(ROLE.c.id == role_id))
        return work.done("role", role_id, version)


async def end_roles(work: Work, *which: ColumnElement[bool]) -> None:
    """End open roles, each with its fact, in one statement."""
    rows = await work.all(
        update(ROLE)
        .where(ROLE.c.ended_at.is_(None), *which)
        .values(ended_at=work.now, version=ROLE.c.version + 1)
        .returning(ROLE)
    )
    work.add(*(RoleEnded(aggregate_version=row.version, role=role_of(row)) for row in rows))


async def check_not_last(work: Work, roles: Sequence[Any]) -> None:
    """May this person's open roles end? Raises ``LastModerator`` or ``LastCoordinator``.

    Cities first, then all roles that count, each in one order: two who remove each other at once wait here.
    """
    moderates = any(row.role == RoleName.MODERATOR for row in roles)
    coordinated = sorted({row.city for row in roles if row.role == RoleName.COORDINATOR})
    cities = await work.all(
        select(CITY.c.id, CITY.c.status).where(CITY.c.id.in_(coordinated)).order_by(CITY.c.id).with_for_update()
    )
    guarded = tuple(row.id for row in cities if row.status in MEMBERS)
    others = {
        (row.role, row.city)
        for row in await holders(work, moderating=moderates, coordinating=guarded)
        if row.person != roles[0].person
    }
    if moderates and (RoleName.MODERATOR, None) not in others:
        raise LastModerator
    for city in guarded:
        if (RoleName.COORDINATOR, city) not in others:
            raise LastCoordinator(city)


async def holders(work: Work, *, moderating: bool = False, coordinating: Sequence[str] = ()) -> Sequence[Any]:
    """The open roles of the moderators, and of these cities' coordinators, locked in one order."""
    coordinates = (ROLE.c.role == RoleName.COORDINATOR) & ROLE.c.city.in_(coordinating)
    return await work.all(
        select(ROLE)
        .where(
            coordinates | (ROLE.c.role == RoleName.MODERATOR) if moderating else coordinates,
            ROLE.c.ended_at.is_(None),
            or_(ROLE.c.expires_at.is_(None), ROLE.c.expires_at > work.now),
        )
        .order_by(ROLE.c.id)
        .limit(1000)
        .with_for_update()
    )


async def revoke_all(work: Work, city_id: str) -> None:
    """Take back every open invitation for a city."""
    await work.execute(
        update(INVITATION)
        .where(INVITATION.c.city == city_id, INVITATION.c.accepted_at.is_(None), INVITATION.c.revoked_at.is_(None))
        .values(revoked_at=work.now, mail_due_at=None, version=INVITATION.c.version + 1)
    )


async def grant(work: Work, *, person: str, role: str, city: str | None) -> PersonRole:
    """Give a role within an open work. Raises ``RoleHeld``."""
    held = select(func.count()).where(
        ROLE.c.person == person,
        ROLE.c.role == RoleName(role),
        ROLE.c.city.is_(None) if city is None else ROLE.c.city == city,
        ROLE.c.ended_at.is_(None),
    )
    if await work.scalar(held):
        raise RoleHeld(role, city)
    granted = PersonRole(id=new_id(), person=person, city=city, role=role, granted_at=work.now)
    await work.execute(insert(ROLE), {**role_columns(granted), "version": 1})
    work.add(RoleGranted(aggregate_version=1, role=granted))
    return granted
