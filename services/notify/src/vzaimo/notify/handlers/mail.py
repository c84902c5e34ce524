"""Notifications go out by mail: rendered when they are sent, from what is known then."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import or_, select, update

from vzaimo.contracts.notify import Delivery, DeliveryDead
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import Conflict, StoreUnavailable
from vzaimo.kit.roles import RoleName
from vzaimo.kit.smtp import MailDeferred, MailRejected, Smtp
from vzaimo.kit.work import Work, Works
from vzaimo.notify.domain.notices import Kind
from vzaimo.notify.letters import Envelope, mail, written
from vzaimo.notify.projections import CONTACT, ROLE, Known, known
from vzaimo.notify.store import DELIVERY, NOTICE

log = logging.getLogger(__name__)

POLL = 1.0
BATCH = 20
LEASE = timedelta(seconds=30)
"""Whoever takes a delivery has so long; a process killed meanwhile leaves it to the next one."""
FIRST_DELAY = timedelta(seconds=10)
SHORT_DELAY = timedelta(seconds=1)
"""For what is not known yet: facts of several services come in any order, but soon."""
LONGEST_DELAY = timedelta(hours=6)
GIVEN_UP_AFTER = timedelta(days=3)
NOT_YET = "not-yet-known"


@dataclass(frozen=True, slots=True)
class Post:
    """How mails leave."""

    smtp: Smtp
    sender: str
    portal: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a try."""

    status: Literal["sent", "retrying", "dead", "suppressed"]
    reason: str | None = None


async def send_due(works: Works, post: Post) -> None:
    """Send as deliveries fall due, until cancelled."""
    while True:
        try:
            while await send_some(works, post):
                pass
        except (StoreUnavailable, Conflict) as error:
            log.warning("mails wait for the store: %s", error)
        await asyncio.sleep(POLL)


async def send_some(works: Works, post: Post) -> bool:
    """Try what has been due longest; False when nothing is.

    Each is noted as soon as the peer has answered: a process killed between the two sends that one mail again, under
    the same Message-ID.
    """
    taken, ready = await _take(works)
    for one in ready:
        if works.clock.now() + timedelta(seconds=post.smtp.timeout) > one.until:
            break  # the peer may take so long that another has it by then
        outcome = await _try(one, post, works)
        async with works.begin(Cause(actor="mail")) as work:
            await _note(work, one.row, outcome)
    return taken


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that is ours until a moment, with what it tells and to whom."""

    row: Any
    about: Known
    person: Any
    until: datetime


async def _take(works: Works) -> tuple[bool, list[Taken]]:
    async with works.begin(Cause(actor="mail")) as work:
        rows = await work.all(
            select(DELIVERY)
            .where(
                DELIVERY.c.due_at <= work.now,
                or_(DELIVERY.c.leased_until.is_(None), DELIVERY.c.leased_until <= work.now),
            )
            .order_by(DELIVERY.c.due_at)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        if not rows:
            return False, []
        until = work.now + LEASE
        await work.execute(
            update(DELIVERY)
            .where(DELIVERY.c.id.in_([row.id for row in rows]))
            .values(leased_until=until, attempts=DELIVERY.c.attempts + 1)
        )
        notices = await work.all(select(NOTICE).where(NOTICE.c.id.in_({row.notice for row in rows})))
        about = await known(work.tx, notices)
        people = await _people(work, {row.person for row in rows})
        acting = await _acting(work, {row.person for row in rows})
        ready = []
        for row in rows:
            person = people.get(row.person)
            if (row.person, row.city) not in acting:
                await _note(work, row, Outcome("suppressed", "role-ended"))
            elif row.notice not in about or person is None:
                await _note(work, row, Outcome("retrying", NOT_YET))
            elif person.email is None:
                await _note(work, row, Outcome("suppressed", "erased"))
            else:
                ready.append(Taken(row, about[row.notice], person, until))
        return True, ready


async def _people(work: Work, refs: set[str]) -> dict[str, Any]:
    return {row.person: row for row in await work.all(select(CONTACT).where(CONTACT.c.person.in_(refs)))}


async def _acting(work: Work, refs: set[str]) -> set[tuple[str, str | None]]:
    rows = await work.all(
        select(ROLE.c.person, ROLE.c.city)
        .where(
            ROLE.c.person.in_(refs),
            ROLE.c.role.in_([RoleName.COORDINATOR, RoleName.MODERATOR]),
            ROLE.c.ended_at.is_(None),
            or_(ROLE.c.expires_at.is_(None), ROLE.c.expires_at > work.now),
        )
        .distinct()
    )
    return {(row.person, row.city) for row in rows}


async def _try(taken: Taken, post: Post, works: Works) -> Outcome:
    row, person = taken.row, taken.person
    locale: Literal["ru", "en"] = "en" if person.locale == "en" else "ru"
    letter = written(Kind(row.kind), taken.about, locale)
    envelope = Envelope(post.sender, person.email, f"<{row.id}@vzaimo.city>", row.created_at)
    message = mail(letter, envelope, link=f"{post.portal}/inbox/{row.notification}", locale=locale)
    try:
        await post.smtp.send(message)
    except MailRejected as error:
        return Outcome("dead", f"rejected-{error}")
    except MailDeferred as error:
        late = works.clock.now() - row.created_at > GIVEN_UP_AFTER
        return Outcome("dead" if late else "retrying", f"deferred-{error}".lower())
    return Outcome("sent")


async def _note(work: Work, row: Any, outcome: Outcome) -> None:
    first = SHORT_DELAY if outcome.reason == NOT_YET else FIRST_DELAY
    delay = min(first * 2**row.attempts, LONGEST_DELAY)
    version = row.version + 1
    await work.execute(
        update(DELIVERY)
        .where(DELIVERY.c.id == row.id)
        .values(
            status=outcome.status,
            reason=outcome.reason,
            due_at=work.now + delay if outcome.status == "retrying" else None,
            leased_until=None,
            sent_at=work.now if outcome.status == "sent" else None,
            version=version,
        )
    )
    if outcome.status == "dead":
        log.error("delivery %s is given up: %s", row.id, outcome.reason)
        state = Delivery(
            id=row.id,
            channel=row.channel,
            kind=row.kind,
            city=row.city,
            attempts=row.attempts + 1,
            reason=outcome.reason or "unknown",
        )
        work.add(DeliveryDead(aggregate_version=version, delivery=state))
