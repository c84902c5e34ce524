"""What is queued for webhooks goes out: taken for a while, sent, and what became of it noted."""

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, update

from vzaimo.contracts.notify import Delivery, DeliveryDead
from vzaimo.kit import telemetry
from vzaimo.kit.cause import Cause
from vzaimo.kit.work import Work, Works
from vzaimo.notify.courier import AT_ONCE, WHOLE, Courier
from vzaimo.notify.domain.signing import headers
from vzaimo.notify.domain.webhooks import (
    FIRST_DELAY,
    GIVEN_UP_AFTER,
    Answer,
    Reason,
    Status,
    asked_for,
    given_up,
    pause,
    put_off,
)
from vzaimo.notify.handlers import lanes
from vzaimo.notify.handlers.disable import disable
from vzaimo.notify.handlers.taken import Notes
from vzaimo.notify.store import WEBHOOK, WEBHOOK_DELIVERY, WEBHOOK_EVENT

log = logging.getLogger(__name__)

BATCH = 200
LEASE = timedelta(seconds=60)
"""Whoever takes a delivery has so long; a process killed meanwhile leaves it to the next one."""
_CAUSE = Cause(actor="webhooks")
_FIXED = {"content-type": "application/cloudevents+json; charset=utf-8", "user-agent": "Vzaimo-Webhooks/1"}


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery (its row, with webhook and body) that is ours until a moment."""

    row: Any
    until: datetime

    @property
    def lane(self) -> str:
        """Its webhook's."""
        return str(self.row.webhook)

    @property
    def cause(self) -> Cause:
        """What follows from its way belongs to its fact's trace."""
        return Cause(_CAUSE.actor, self.row.traceparent)


@dataclass(frozen=True, slots=True)
class Desk:
    """What sending needs."""

    works: Works
    courier: Courier
    key: bytes
    """Makes the secrets that requests are signed with."""
    notes: Notes


async def send_due(works: Works, courier: Courier, key: bytes) -> None:
    """Send as deliveries fall due, until cancelled. Each webhook has a lane."""
    desk = Desk(works, courier, key, Notes(works))
    try:
        await lanes.run(works, lanes.Way("webhooks", partial(take, works), partial(_serve, desk), AT_ONCE))
    finally:
        await desk.notes.close()
        await courier.close()


async def take(works: Works, busy: Collection[str]) -> tuple[bool, list[Taken]]:
    """Take what has been due longest, but for busy webhooks; and whether there was anything."""
    table = WEBHOOK_DELIVERY
    now = works.clock.now()
    due = and_(
        table.c.due_at <= now,
        or_(table.c.leased_until.is_(None), table.c.leased_until <= now),
        table.c.webhook.not_in([UUID(one) for one in busy]),
    )
    async with works.database.read() as tx:
        # Mostly nothing is: then nobody is kept from writing, and no commit wakes us again.
        if await tx.scalar(select(table.c.id).where(due).limit(1)) is None:
            return False, []
    async with works.begin(_CAUSE) as work:
        rows = await work.all(
            select(
                *(table.c[name] for name in ("id", "webhook", "event", "attempts", "tries_since", "version")),
                *(WEBHOOK.c[name] for name in ("city", "address", "secret", "old_secret", "old_secret_until")),
                WEBHOOK.c.status.label("standing"),
                WEBHOOK.c.failing_since,
                *(WEBHOOK_EVENT.c[name] for name in ("type", "body", "traceparent")),
            )
            .join(WEBHOOK, WEBHOOK.c.id == table.c.webhook)
            .join(WEBHOOK_EVENT, WEBHOOK_EVENT.c.id == table.c.event)
            .where(due)
            .order_by(table.c.due_at, table.c.event)  # ids of events grow with time
            .limit(BATCH)
            .with_for_update(of=table, skip_locked=True)
        )
        until = work.now + LEASE
        here = [row for row in rows if row.standing == Status.ACTIVE]
        await _change(work, [row.id for row in here], leased_until=until, attempts=table.c.attempts + 1)
        # Queued by whoever did not see yet that the webhook is not active any longer.
        left = [row.id for row in rows if row.standing != Status.ACTIVE]
        await _change(work, left, status="suppressed", due_at=None, version=table.c.version + 1)
        return bool(rows), [Taken(row, until) for row in here]


async def _serve(desk: Desk, several: Sequence[Taken], stopping: asyncio.Event) -> None:
    """Each is noted as soon as its receiver has answered: a process killed between the two sends that one again,
    under the same id.
    """
    troubled = False
    for number, one in enumerate(several):
        if stopping.is_set() or desk.works.clock.now() + timedelta(seconds=WHOLE) > one.until:
            # Else another might have it while we still wait for an answer.
            async with desk.works.begin(_CAUSE) as work:
                await lanes.give_back(work, WEBHOOK_DELIVERY, several[number:], timedelta())
            return
        answer = await _try(one.row, desk)
        if answer.taken and not troubled and one.row.failing_since is None:
            if not await desk.notes.take(one.row.id, one.until, answer):
                return
            continue
        troubled = True
        async with desk.works.begin(one.cause) as work:
            if not await note(work, one, answer):
                return
            # So will it be with the rest of them, most likely; or it has asked to be left alone.
            if answer.status is None or asked_for(answer, work.now) is not None:
                await lanes.give_back(work, WEBHOOK_DELIVERY, several[number + 1 :], FIRST_DELAY)
                return


async def _try(row: Any, desk: Desk) -> Answer:
    said = {"http.request.method": "POST", "vzaimo.webhook": str(row.webhook), "vzaimo.delivery": str(row.id)}
    with telemetry.span(f"webhook {_fact(row)}", row.traceparent, kind=telemetry.CLIENT, **said):
        answer = await _sent(row, desk)
        if answer.status is not None:
            telemetry.say(**{"http.response.status_code": answer.status})
        if not answer.taken:
            telemetry.say(_reason(answer))
    return answer


async def _sent(row: Any, desk: Desk) -> Answer:
    now, secrets = desk.works.clock.now(), [row.secret]
    if row.old_secret is not None and now < row.old_secret_until:
        secrets.append(row.old_secret)
    try:
        signed = headers(row.event, int(now.timestamp()), row.body, secrets, desk.key)
        traced = {"traceparent": telemetry.traceparent()}
        return await desk.courier.send(row.address, {**_FIXED, **traced, **signed}, row.body)
    except Exception as error:
        # Whatever it is, it is this one's own fault: an address that is none after all.
        log.exception("delivery %s cannot be sent", row.id)
        return Answer(error=f"failed-{type(error).__name__}".lower())


async def note(work: Work, one: Taken, answer: Answer) -> bool:
    """What became of a try. A webhook that wants nothing more, or has taken nothing for days, is disabled.

    Whether the webhook's lane may go on.
    """
    row, version = one.row, one.row.version + 1
    reason, dead = None, False
    if answer.taken:
        values = {"status": "sent", "sent_at": work.now, "due_at": None}
        await _well(work, row)
    else:
        failing_since = await _failed(work, row)
        if answer.gone or given_up(failing_since, work.now):
            reason = Reason.GONE if answer.gone else Reason.FAILING
        dead = given_up(row.tries_since, work.now)
        asked = asked_for(answer, work.now)
        if asked is not None and failing_since is not None:
            await _rest(work, row, put_off(work.now, asked, failing_since + GIVEN_UP_AFTER))
        usual = work.now + pause(row.id, row.attempts + 1)
        due_at = None if dead else put_off(usual, asked, row.tries_since + GIVEN_UP_AFTER)
        values = {"status": "dead" if dead else "retrying", "due_at": due_at}
    noted = await work.scalar(
        update(WEBHOOK_DELIVERY)
        .where(WEBHOOK_DELIVERY.c.id == row.id, WEBHOOK_DELIVERY.c.leased_until == one.until)
        .values(
            **values,
            answer=answer.status,
            error=answer.error,
            tried_at=work.now,
            leased_until=None,
            version=version,
        )
        .returning(WEBHOOK_DELIVERY.c.id)
    )
    if noted is None:
        return False  # another has it by now, or the webhook was switched off or removed
    if dead:
        log.error("delivery %s is given up: %s", row.id, _reason(answer))
        work.add(DeliveryDead(aggregate_version=version, delivery=_given_up(row, answer)))
    if reason is not None:
        await disable(work, _same(row), reason)
    return reason is None


async def _well(work: Work, row: Any) -> None:
    await work.execute(
        update(WEBHOOK)
        .where(WEBHOOK.c.id == row.webhook, WEBHOOK.c.failing_since.is_not(None))
        .values(failing_since=None, rests_until=None)
    )


async def _failed(work: Work, row: Any) -> datetime | None:
    """Since when nothing was taken; its row is locked. None where the webhook is not active any longer."""
    since: datetime | None = await work.scalar(
        update(WEBHOOK)
        .where(_same(row), WEBHOOK.c.status == Status.ACTIVE)
        .values(failing_since=func.coalesce(WEBHOOK.c.failing_since, literal(work.now, WEBHOOK.c.failing_since.type)))
        .returning(WEBHOOK.c.failing_since)
    )
    return since


async def _rest(work: Work, row: Any, until: datetime) -> None:
    """Send the webhook nothing until then: what waits, and what comes meanwhile (``forward``)."""
    await work.execute(update(WEBHOOK).where(WEBHOOK.c.id == row.webhook).values(rests_until=until))
    await work.execute(
        update(WEBHOOK_DELIVERY)
        .where(WEBHOOK_DELIVERY.c.webhook == row.webhook, WEBHOOK_DELIVERY.c.due_at < until)
        .values(due_at=until)
    )


def _same(row: Any) -> ColumnElement[bool]:
    """The webhook as it was when this was sent: what an earlier address answered says nothing of the next one."""
    return and_(WEBHOOK.c.id == row.webhook, WEBHOOK.c.address == row.address)


async def _change(work: Work, ids: Sequence[UUID], **values: Any) -> None:
    if ids:
        await work.execute(update(WEBHOOK_DELIVERY).where(WEBHOOK_DELIVERY.c.id.in_(ids)).values(**values))


def _fact(row: Any) -> str:
    return str(row.type).rsplit(".", 2)[-2]


def _reason(answer: Answer) -> str:
    return f"answered-{answer.status}" if answer.status is not None else answer.error or "unknown"


def _given_up(row: Any, answer: Answer) -> Delivery:
    return Delivery(
        id=row.id,
        channel="webhook",
        kind=_fact(row).lower(),
        city=row.city,
        attempts=row.attempts + 1,
        reason=_reason(answer),
    )
