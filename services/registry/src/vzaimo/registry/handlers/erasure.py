"""A person's contact data are forgotten: here, in the log, in invitations, and by whoever reads ``CONTACTS``."""

from sqlalchemy import case, or_, select, update

from vzaimo.contracts.registry import Contact, ContactErased
from vzaimo.kit import outbox
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, NotAllowed
from vzaimo.kit.work import Done, Work, Works
from vzaimo.registry.domain.people import folded
from vzaimo.registry.domain.refusals import UnknownContact
from vzaimo.registry.handlers.people import check_not_last, end_roles
from vzaimo.registry.store import CONTACT, INVITATION, ROLE, locked


@retry_conflicts
async def erase(person: str, *, works: Works, cause: Cause, actor: Actor | None) -> Done:
    """The person, or a moderator for them, asks for it. Roles end with it, since nobody could be told any more.

    Raises ``LastModerator`` or ``LastCoordinator``: somebody else must hold that role first.
    """
    if cause.actor != person and not (actor and actor.moderates):
        raise NotAllowed
    async with works.begin(cause) as work:
        # The contact first: whoever accepts an invitation at this moment writes theirs before the role.
        row = await work.first(locked(CONTACT, person))
        if row is None:
            raise UnknownContact
        if row.email is None:
            return work.done("contact", person, row.version)
        roles = await work.all(select(ROLE).where(ROLE.c.person == person, ROLE.c.ended_at.is_(None)).limit(500))
        if roles:
            await check_not_last(work, roles)
            await end_roles(work, ROLE.c.person == person)
        await forget(work, person, row.email, below=row.version + 1)
        forgotten = Contact(person=person)
        await work.execute(
            update(CONTACT).where(CONTACT.c.person == person).values(**forgotten.model_dump(), version=row.version + 1)
        )
        work.add(ContactErased(aggregate_version=row.version + 1, contact=forgotten))
        return work.done("contact", person, row.version + 1)


async def forget(work: Work, person: str, email: str | None, *, below: int) -> None:
    """Blank what carries the person's data beside the contact itself: the log below this version, and invitations.

    Those are the ones that the person accepted, and those to the same mailbox; open ones are of no use any more.
    """
    await outbox.blank(work.tx, ContactErased.aggregate, person, below=below)
    theirs = INVITATION.c.accepted_by == person
    still_open = INVITATION.c.accepted_at.is_(None) & INVITATION.c.revoked_at.is_(None)
    await work.execute(
        update(INVITATION)
        .where(theirs if email is None else or_(theirs, INVITATION.c.mailbox == folded(email)))
        .values(
            email="",
            mailbox=None,
            mail_due_at=None,
            revoked_at=case((still_open, work.now), else_=INVITATION.c.revoked_at),
            version=INVITATION.c.version + 1,
        )
    )
