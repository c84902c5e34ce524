"""Invitations go out by mail: the only mails that registry sends, since their address is nobody's contact yet."""

import asyncio
import logging
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy import or_, select, update

from vzaimo.kit.cancellation import wanted
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import Conflict, StoreUnavailable, insert
from vzaimo.kit.lasting import Lasting
from vzaimo.kit.roles import RoleName
from vzaimo.kit.smtp import MailDeferred, MailRejected, Smtp
from vzaimo.kit.tables import MarkRow, table_of
from vzaimo.kit.work import Works
from vzaimo.registry.domain.people import secret_of
from vzaimo.registry.handlers.people import Invite, issue
from vzaimo.registry.store import INVITATION, ROLE

log = logging.getLogger(__name__)

MARK = table_of(MarkRow)
POLL = 1.0
LEASE = timedelta(minutes=2)
"""Whoever tries a mail has so long; a process killed meanwhile leaves it to the next one."""
LONGEST_DELAY = timedelta(hours=1)

_ROLES = {
    "moderator": ("модератором программы", "a moderator of the programme"),
    "coordinator": ("координатором города", "a coordinator of the city"),
    "viewer": ("наблюдателем города", "a viewer of the city"),
}


async def send_due(
    works: Works, smtp: Smtp, *, key: bytes, sender: str, portal: str, first_moderator: str | None = None
) -> None:
    """Invite the first moderator, then send invitations as they fall due, until cancelled."""
    waiting = Lasting(log)
    while wanted():
        try:
            if first_moderator is not None:
                await invite_first_moderator(works, first_moderator)
                first_moderator = None
            while await send_one(works, smtp, key=key, sender=sender, portal=portal):
                pass
        except (StoreUnavailable, Conflict) as error:
            waiting.goes_on("invitations wait for the store: %s", error)
        else:
            waiting.is_over()
        await asyncio.sleep(POLL)


async def send_one(works: Works, smtp: Smtp, *, key: bytes, sender: str, portal: str) -> bool:
    """Try the invitation that has been due longest; False when none is.

    Sent at least once: a process killed between the peer's acceptance and our note sends it again, under the same
    Message-ID and with the same secret.
    """
    async with works.begin(Cause(actor="mail")) as work:
        row = await work.first(
            select(INVITATION)
            .where(INVITATION.c.mail_due_at <= work.now, INVITATION.c.expires_at > work.now)
            .order_by(INVITATION.c.mail_due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return False
        attempts = row.mail_attempts + 1
        await _note(work, row, mail_due_at=work.now + LEASE, mail_attempts=attempts)
    try:
        await smtp.send(_mail(row, key=key, sender=sender, portal=portal))
    except MailRejected as error:
        log.error("invitation %s cannot be delivered: %s", row.id, error)  # noqa: TRY400 - an answer, no bug
        note: dict[str, Any] = {"mail_due_at": None}
    except MailDeferred as error:
        log.warning("invitation %s is tried again later: %s", row.id, error)
        note = {"mail_due_at": works.clock.now() + min(timedelta(seconds=10) * 2**attempts, LONGEST_DELAY)}
    else:
        note = {"mail_due_at": None, "mail_sent_at": works.clock.now()}
    async with works.begin(Cause(actor="mail")) as work:
        await _note(work, row, **note)
    return True


async def invite_first_moderator(works: Works, email: str) -> None:
    """While there is no moderator and no open invitation of one, invite this address.

    Of replicas that start at once the second waits at the mark, and then sees what the first has written.
    """
    async with works.begin(Cause(actor="operator")) as work:
        mark = insert(work.tx, MARK).values(name="first-moderator", value=work.now.isoformat())
        await work.execute(
            mark.on_conflict_do_update(index_elements=["name"], set_={"value": mark.excluded.value}),
        )
        moderators = select(ROLE.c.id).where(ROLE.c.role == RoleName.MODERATOR, ROLE.c.ended_at.is_(None))
        invited = select(INVITATION.c.id).where(
            INVITATION.c.role == "moderator",
            INVITATION.c.accepted_at.is_(None),
            INVITATION.c.revoked_at.is_(None),
            INVITATION.c.expires_at > work.now,
        )
        # At one glance: whoever accepts an invitation at this moment is either still invited or a moderator already.
        if not await work.scalar(select(or_(moderators.exists(), invited.exists()))):
            await issue(work, Invite("moderator", None, email), "operator")


async def _note(work: Any, row: Any, **columns: Any) -> None:
    await work.execute(
        update(INVITATION)
        .where(INVITATION.c.id == row.id, INVITATION.c.revoked_at.is_(None), INVITATION.c.accepted_at.is_(None))
        .values(**columns)
    )


def _mail(row: Any, *, key: bytes, sender: str, portal: str) -> EmailMessage:
    russian, english = _ROLES[row.role]
    city = f" {row.city}" if row.city else ""
    link = f"{portal}/invitations?secret={secret_of(row.id, key)}"
    message = EmailMessage()
    message["Subject"] = "Приглашение: «Взаимообучение городов»"
    message["From"] = sender
    message["To"] = row.email
    message["Date"] = row.created_at
    message["Message-ID"] = f"<invitation-{row.id}@vzaimo.city>"
    message.set_content(
        f"Вас приглашают стать {russian}{city} в программе «Взаимообучение городов».\n"
        f"Откройте ссылку и войдите под этим адресом почты:\n{link}\n"
        f"Ссылка действует один раз, до {row.expires_at:%d.%m.%Y %H:%M} UTC.\n\n"
        f"You are invited to be {english}{city} in the programme Cities Learn from One Another.\n"
        f"Open the link above and sign in with this e-mail address. It works once, "
        f"until {row.expires_at:%Y-%m-%d %H:%M} UTC.\n"
    )
    return message
