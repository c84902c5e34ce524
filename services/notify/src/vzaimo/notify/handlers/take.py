"""Deliveries that are due: taken for a while, with all that a mail needs; and what became of them."""

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import and_, func, literal, or_, select, update

from vzaimo.contracts.notify import Delivery, DeliveryDead
from vzaimo.kit.cause import Cause
from vzaimo.kit.roles import RoleName
from vzaimo.kit.work import Work, Works
from vzaimo.notify.domain.kinds import TRAITS, Kind
from vzaimo.notify.domain.preferences import NOTHING_SAID, Choice, Preferences
from vzaimo.notify.domain.relevance import early, overtaken
from vzaimo.notify.handlers.lanes import give_back
from vzaimo.notify.handlers.quiet import hold
from vzaimo.notify.projections import CONTACT, ROLE, Known, known
from vzaimo.notify.store import ADMISSION, DELIVERY, NOTICE, NOTIFICATION, wishes_of

log = logging.getLogger(__name__)

BATCH = 20
LEASE = timedelta(seconds=30)
"""Whoever takes a delivery has so long; a process killed meanwhile leaves it to the next one."""
FIRST_DELAY = timedelta(seconds=10)
SHORT_DELAY = timedelta(seconds=1)
"""For what is not known yet: facts of several services come in any order, but soon."""
BUSY_DELAY = timedelta(seconds=5)
"""For whose domain keeps us waiting."""
LONGEST_DELAY = timedelta(hours=6)
NOT_YET = "not-yet-known"
TRIES_FOR_ALL = 8
"""So often (about four minutes) a mail waits to know all that it speaks of; then it says what is known."""
GIVEN_UP_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a try."""

    status: Literal["sent", "retrying", "dead", "suppressed"]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A notification in a mail."""

    id: UUID
    kind: Kind
    city: str | None
    """As whose person its reader is told."""
    subject: str
    about: Known
    admitted: bool
    """It speaks of a request that had seats at some time."""
    traceparent: str | None = None
    """Of what it follows from."""

    @property
    def event(self) -> Any:
        """The event that it concerns, if any."""
        return self.about.event["id"] if self.about.event else None


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that is ours until a moment, with what it tells and to whom."""

    row: Any
    parts: Sequence[Part]
    person: Any
    until: datetime

    @property
    def since(self) -> datetime:
        """When it was first tried: the mail's date, also when it is sent again."""
        first: datetime | None = self.row.tries_since
        return first if first is not None else self.until - LEASE

    @property
    def cause(self) -> Cause:
        """What follows from its way belongs to the trace of what it tells first."""
        return Cause("mail", next((part.traceparent for part in self.parts if part.traceparent), None))

    @property
    def lane(self) -> str:
        """The domain whose mail server takes it in the end."""
        return str(self.person.email).rpartition("@")[2].lower()


async def take(works: Works, busy: Collection[str]) -> tuple[bool, list[Taken]]:
    """Take what has been due longest, and whether there was anything; what is for busy domains is put off."""
    now = works.clock.now()
    due = and_(DELIVERY.c.due_at <= now, or_(DELIVERY.c.leased_until.is_(None), DELIVERY.c.leased_until <= now))
    async with works.database.read() as tx:
        # Mostly nothing is: then nobody is kept from writing, and no commit wakes us again.
        if await tx.scalar(select(DELIVERY.c.id).where(due).limit(1)) is None:
            return False, []
    async with works.begin(Cause(actor="mail")) as work:
        rows = await work.all(
            select(DELIVERY).where(due).order_by(DELIVERY.c.due_at).limit(BATCH).with_for_update(skip_locked=True)
        )
        if not rows:
            return False, []
        until = work.now + LEASE
        await work.execute(
            update(DELIVERY)
            .where(DELIVERY.c.id.in_([row.id for row in rows]))
            .values(
                leased_until=until,
                attempts=DELIVERY.c.attempts + 1,
                joins=None,
                tries_since=func.coalesce(DELIVERY.c.tries_since, literal(work.now, DELIVERY.c.tries_since.type)),
            )
        )
        people = {row.person for row in rows}
        contacts = {one.person: one for one in await work.all(select(CONTACT).where(CONTACT.c.person.in_(people)))}
        acting = await _acting(work, people)
        wishes = await wishes_of(work.tx, people)
        parts = await _parts(work, rows)
        ready: list[Taken] = []
        put_off: list[Taken] = []
        for row in rows:
            person = contacts.get(row.person)
            told = [part for city, part in parts.get(row.id, ()) if (row.person, city) in acting]
            outcome, kept = _judged(told, wishes.get(row.person, NOTHING_SAID), patient=row.attempts < TRIES_FOR_ALL)
            if (row.person, row.city) not in acting and not told:
                outcome = Outcome("suppressed", "role-ended")
            elif person is None:
                outcome = Outcome("retrying", NOT_YET)
            elif person.email is None:
                outcome = Outcome("suppressed", "erased")
            if outcome is not None:
                await note(work, row, outcome, until)
                continue
            taken = Taken(row, kept, person, until)
            (put_off if taken.lane in busy else ready).append(taken)
        await give_back(work, DELIVERY, put_off, BUSY_DELAY)
        return True, await hold(work, ready, wishes)


async def note(work: Work, row: Any, outcome: Outcome, until: datetime) -> str | None:
    """What became of a delivery, if it still is ours; what has been tried for days is dead, which is told.

    Where it stands now, or nothing where another has it by now.
    """
    if outcome.status == "retrying" and work.now - (row.tries_since or work.now) > GIVEN_UP_AFTER:
        outcome = Outcome("dead", outcome.reason)
    first = SHORT_DELAY if outcome.reason == NOT_YET else FIRST_DELAY
    delay = min(first * 2 ** min(row.attempts, 20), LONGEST_DELAY)
    version = row.version + 1
    noted = await work.scalar(
        update(DELIVERY)
        .where(DELIVERY.c.id == row.id, DELIVERY.c.leased_until == until)
        .values(
            status=outcome.status,
            reason=outcome.reason,
            due_at=work.now + delay if outcome.status == "retrying" else None,
            leased_until=None,
            sent_at=work.now if outcome.status == "sent" else None,
            version=version,
        )
        .returning(DELIVERY.c.id)
    )
    if noted is None:
        return None
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
    return outcome.status


async def _parts(work: Work, rows: Sequence[Any]) -> dict[UUID, list[tuple[str | None, Part | None]]]:
    """What each delivery carries, with the city as whose person; the oldest first; none for what is not known yet."""
    told = await work.all(
        select(
            NOTIFICATION.c.id.label("notification"), NOTIFICATION.c.delivery, NOTIFICATION.c.city.label("acts"), NOTICE
        )
        .join(NOTICE, NOTICE.c.id == NOTIFICATION.c.notice)
        .where(NOTIFICATION.c.delivery.in_([row.id for row in rows]))
        .order_by(NOTIFICATION.c.no)
    )
    about = await known(work.tx, told)
    requests = {UUID(one.subject) for one in told if TRAITS[Kind(one.kind)].about == "request"}
    had_seats = await work.all(select(ADMISSION.c.request).where(ADMISSION.c.request.in_(requests)))
    admitted = {str(row.request) for row in had_seats}
    found: dict[UUID, list[tuple[str | None, Part | None]]] = {}
    for one in told:
        part = None
        kind, known_now = Kind(one.kind), about.get(one.id)
        if known_now is not None and not early(kind, known_now.subject, known_now.event):
            had = one.subject in admitted
            part = Part(one.notification, kind, one.acts, one.subject, known_now, had, one.traceparent)
        found.setdefault(one.delivery, []).append((one.acts, part))
    return found


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


def _judged(parts: Sequence[Part | None], wishes: Preferences, *, patient: bool) -> tuple[Outcome | None, list[Part]]:
    """What is left to say, or what becomes of the delivery without a try."""
    here = [part for part in parts if part is not None]
    if not here or (patient and len(here) < len(parts)):
        return Outcome("retrying", NOT_YET), []
    wanted = [part for part in here if wishes.choice(TRAITS[part.kind].group) is not Choice.OFF]
    if not wanted:
        return Outcome("suppressed", "muted"), []
    current = [part for part in wanted if not overtaken(part.kind, part.about.subject, part.about.event)]
    if not current:
        return Outcome("suppressed", "overtaken"), []
    return None, list(_gathered(current))


def _gathered(parts: Sequence[Part]) -> Iterator[Part]:
    """Of several that say the same of one thing the last; of several edits of one event the heaviest."""
    last = {(part.kind, part.subject): part for part in parts}
    heaviest = {part.event: part for part in sorted(last.values(), key=lambda one: TRAITS[one.kind].weight)}
    for part in last.values():
        if not TRAITS[part.kind].weight or heaviest[part.event] is part:
            yield part
