"""What is queued for webhooks goes out: taken for a while, sent, and what became of it noted."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select, update

from vzaimo.kit import telemetry
from vzaimo.kit.cause import Cause
from vzaimo.kit.work import Work, Works
from vzaimo.notify.courier import AT_ONCE, WHOLE, Courier
from vzaimo.notify.domain.signing import headers
from vzaimo.notify.domain.webhooks import FIRST_DELAY, Answer, Status, asked_for
from vzaimo.notify.handlers import lanes
from vzaimo.notify.handlers.answers import ACTOR, GOES_ON, Taken, fact_of, note, reason_of
from vzaimo.notify.handlers.taken import Notes
from vzaimo.notify.store import WEBHOOK, WEBHOOK_DELIVERY, WEBHOOK_EVENT

log = logging.getLogger(__name__)

BATCH = 200
LEASE = timedelta(seconds=60)
"""Whoever takes a delivery has so long; a process killed meanwhile leaves it to the next one."""
_CAUSE = Cause(actor=ACTOR)
_FIXED = {"content-type": "application/cloudevents+json; charset=utf-8", "user-agent": "Vzaimo-Webhooks/1"}


@dataclass(frozen=True, slots=True)
class Desk:
    """What sending needs."""

    works: Works
    courier: Courier
    keys: Sequence[bytes]
    """Make the secrets that requests are signed with."""
    tried: Callable[[str], None]
    notes: Notes


async def send_due(works: Works, courier: Courier, keys: Sequence[bytes], tried: Callable[[str], None]) -> None:
    """Send as deliveries fall due, until cancelled. Each webhook has a lane. ``tried`` hears what came of each try."""
    desk = Desk(works, courier, keys, tried, Notes(works))
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
            desk.tried("sent")
            continue
        troubled = True
        async with desk.works.begin(one.cause) as work:
            outcome = await note(work, one, answer)
            # So will it be with the rest of them, most likely; or it has asked to be left alone.
            rests = answer.status is None or asked_for(answer, work.now) is not None
            if rests and outcome in GOES_ON:
                await lanes.give_back(work, WEBHOOK_DELIVERY, several[number + 1 :], FIRST_DELAY)
        if outcome is not None:
            desk.tried(outcome)
        if rests or outcome not in GOES_ON:
            return


async def _try(row: Any, desk: Desk) -> Answer:
    said = {"http.request.method": "POST", "vzaimo.webhook": str(row.webhook), "vzaimo.delivery": str(row.id)}
    with telemetry.span(f"webhook {fact_of(row)}", row.traceparent, kind=telemetry.CLIENT, **said):
        answer = await _sent(row, desk)
        if answer.status is not None:
            telemetry.say(**{"http.response.status_code": answer.status})
        if not answer.taken:
            telemetry.say(reason_of(answer))
    return answer


async def _sent(row: Any, desk: Desk) -> Answer:
    now, secrets = desk.works.clock.now(), [row.secret]
    if row.old_secret is not None and now < row.old_secret_until:
        secrets.append(row.old_secret)
    try:
        signed = headers(row.event, int(now.timestamp()), row.body, secrets, desk.keys)
        traced = {"traceparent": telemetry.traceparent()}
        return await desk.courier.send(row.address, {**_FIXED, **traced, **signed}, row.body)
    except Exception as error:
        # Whatever it is, it is this one's own fault: an address that is none after all.
        log.exception("delivery %s cannot be sent", row.id)
        return Answer(error=f"failed-{type(error).__name__}".lower())


async def _change(work: Work, ids: Sequence[UUID], **values: Any) -> None:
    if ids:
        await work.execute(update(WEBHOOK_DELIVERY).where(WEBHOOK_DELIVERY.c.id.in_(ids)).values(**values))
