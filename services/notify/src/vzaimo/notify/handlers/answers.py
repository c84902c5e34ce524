"""What an answer means for its delivery, and for its webhook."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, update

from vzaimo.contracts.notify import Delivery, DeliveryDead
from vzaimo.kit.cause import Cause
from vzaimo.kit.work import Work
from vzaimo.notify.domain.webhooks import GIVEN_UP_AFTER, Answer, Reason, Status, asked_for, given_up, pause, put_off
from vzaimo.notify.handlers.disable import disable
from vzaimo.notify.store import WEBHOOK, WEBHOOK_DELIVERY

log = logging.getLogger(__name__)

ACTOR = "webhooks"
GOES_ON = frozenset({"sent", "retrying", "dead"})
"""Outcomes after which its webhook's lane may go on."""


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
        return Cause(ACTOR, self.row.traceparent)


async def note(work: Work, one: Taken, answer: Answer) -> str | None:
    """What became of a try. A webhook that wants nothing more, or has taken nothing for days, is disabled.

    ``sent``, ``retrying``, ``dead`` or ``disabled``; nothing where the delivery is ours no longer.
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
        return None  # another has it by now, or the webhook was switched off or removed
    if dead:
        log.error("delivery %s is given up: %s", row.id, reason_of(answer))
        work.add(DeliveryDead(aggregate_version=version, delivery=_given_up(row, answer)))
    if reason is not None:
        await disable(work, _same(row), reason)
        return "disabled"
    return str(values["status"])


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


def fact_of(row: Any) -> str:
    """The name of the fact that is sent."""
    return str(row.type).rsplit(".", 2)[-2]


def reason_of(answer: Answer) -> str:
    """Why a try has failed."""
    return f"answered-{answer.status}" if answer.status is not None else answer.error or "unknown"


def _given_up(row: Any, answer: Answer) -> Delivery:
    return Delivery(
        id=row.id,
        channel="webhook",
        kind=fact_of(row).lower(),
        city=row.city,
        attempts=row.attempts + 1,
        reason=reason_of(answer),
    )
