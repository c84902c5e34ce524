"""A city says where it wants facts sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import and_, func, insert, select, update

from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, check_version
from vzaimo.kit.work import Done, Work, Works
from vzaimo.notify.access import check_changes
from vzaimo.notify.domain.refusals import TooManyWebhooks, UnknownWebhook
from vzaimo.notify.domain.targets import origin
from vzaimo.notify.domain.webhooks import MOST_OF_A_CITY, OVERLAP, Reason, Status, packed
from vzaimo.notify.handlers.disable import disable, suppress
from vzaimo.notify.handlers.tell import enter
from vzaimo.notify.store import WEBHOOK, WEBHOOK_DELIVERY


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a city wants which facts sent. ``active``: whether; none: as before."""

    address: str
    facts: Sequence[str]
    active: bool | None = None


@retry_conflicts
async def add(webhook_id: UUID, city: str, wanted: Wanted, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """A webhook more. What it is signed with follows from its row."""
    check_changes(actor, city)
    async with works.begin(cause) as work:
        await enter(work, {f"webhooks:{city}"})
        there = select(func.count()).where(WEBHOOK.c.city == city, WEBHOOK.c.status != Status.REMOVED)
        if await work.scalar(there) >= MOST_OF_A_CITY:
            raise TooManyWebhooks(MOST_OF_A_CITY)
        await work.execute(
            insert(WEBHOOK),
            {
                "id": webhook_id,
                "city": city,
                "address": wanted.address,
                "facts": packed(wanted.facts),
                "status": Status.ACTIVE.value,
                "created_at": work.now,
                "since": work.now,
                "secret": uuid4(),
                "secret_changed_at": work.now,
                "version": 1,
            },
        )
        return work.done("webhook", webhook_id, 1)


@retry_conflicts
async def change(
    city: str, webhook_id: UUID, wanted: Wanted, expected: int | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """Another address or other facts; switched off, or on again: then it begins anew."""
    check_changes(actor, city)
    async with works.begin(cause) as work:
        row = await locked(work, city, webhook_id)
        check_version(row.version, expected)
        active = row.status == Status.ACTIVE
        if active and wanted.active is False:
            (row,) = await disable(work, WEBHOOK.c.id == webhook_id, Reason.SWITCHED_OFF)
        values: dict[str, Any] = {"address": wanted.address, "facts": packed(wanted.facts), "version": row.version + 1}
        if not active and wanted.active:
            values |= {"status": Status.ACTIVE.value, "disabled_for": None, "disabled_at": None}
            values |= {"since": work.now, "failing_since": None, "rests_until": None}
        if wanted.address != row.address:
            values |= {"failing_since": None, "rests_until": None}
            await _hurry(work, webhook_id)
        await work.execute(update(WEBHOOK).where(WEBHOOK.c.id == webhook_id).values(**values))
        return work.done("webhook", webhook_id, row.version + 1)


@retry_conflicts
async def renew_secret(city: str, webhook_id: UUID, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """Another secret; the one before signs beside it for a day, the one before that no longer."""
    check_changes(actor, city)
    async with works.begin(cause) as work:
        row = await locked(work, city, webhook_id)
        await work.execute(
            update(WEBHOOK)
            .where(WEBHOOK.c.id == webhook_id)
            .values(
                secret=uuid4(),
                secret_changed_at=work.now,
                old_secret=row.secret,
                old_secret_until=work.now + OVERLAP,
                version=row.version + 1,
            )
        )
        return work.done("webhook", webhook_id, row.version + 1)


@retry_conflicts
async def remove(
    city: str, webhook_id: UUID, expected: int | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """Nothing more is sent. The row stays, without path and secret: what people were told of it still has a name."""
    check_changes(actor, city)
    async with works.begin(cause) as work:
        row = await locked(work, city, webhook_id)
        check_version(row.version, expected)
        await work.execute(
            update(WEBHOOK)
            .where(WEBHOOK.c.id == webhook_id)
            .values(
                status=Status.REMOVED.value,
                address=origin(row.address),
                secret=uuid4(),
                old_secret=None,
                version=row.version + 1,
            )
        )
        await suppress(work, [webhook_id])
        return work.done("webhook", webhook_id, row.version + 1)


async def locked(work: Work, city: str, webhook_id: UUID) -> Any:
    """A city's webhook, locked. Raises ``UnknownWebhook``."""
    row = await work.first(
        select(WEBHOOK)
        .where(WEBHOOK.c.id == webhook_id, WEBHOOK.c.city == city, WEBHOOK.c.status != Status.REMOVED)
        .with_for_update()
    )
    if row is None:
        raise UnknownWebhook(city)
    return row


async def _hurry(work: Work, webhook_id: UUID) -> None:
    """What waits to be tried again need not wait: the fault was the address's."""
    waiting = and_(WEBHOOK_DELIVERY.c.webhook == webhook_id, WEBHOOK_DELIVERY.c.due_at.is_not(None))
    await work.execute(update(WEBHOOK_DELIVERY).where(waiting).values(due_at=work.now))
