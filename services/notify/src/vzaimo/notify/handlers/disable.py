"""Nothing is sent to some webhooks any longer."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, update

from vzaimo.contracts.notify import Webhook, WebhookDisabled
from vzaimo.kit.work import Work
from vzaimo.notify.domain.kinds import Kind
from vzaimo.notify.domain.notices import Notice
from vzaimo.notify.domain.webhooks import TOLD, Reason, Status, shown
from vzaimo.notify.handlers.tell import News, publish
from vzaimo.notify.store import WEBHOOK, WEBHOOK_DELIVERY


async def disable(work: Work, which: ColumnElement[bool], reason: Reason) -> list[Any]:
    """Disable those of these webhooks that are active, and tell it; return their rows.

    Their rows are locked, before any of their deliveries: the order of locks everywhere.
    """
    rows: list[Any] = list(
        await work.all(
            update(WEBHOOK)
            .where(which, WEBHOOK.c.status == Status.ACTIVE)
            .values(
                status=Status.DISABLED.value,
                disabled_for=reason.value,
                disabled_at=work.now,
                version=WEBHOOK.c.version + 1,
            )
            .returning(*WEBHOOK.c)
        )
    )
    work.add(*(WebhookDisabled(aggregate_version=row.version, webhook=Webhook(**shown(row))) for row in rows))
    await suppress(work, [row.id for row in rows])
    if reason in TOLD:
        await publish(work, [_news(row, work) for row in rows])
    return rows


async def suppress(work: Work, webhooks: Iterable[UUID]) -> None:
    """What waits for these is not sent; whoever is just sending it finds that out when noting it."""
    ids = list(webhooks)
    if ids:
        await work.execute(
            update(WEBHOOK_DELIVERY)
            .where(WEBHOOK_DELIVERY.c.webhook.in_(ids), WEBHOOK_DELIVERY.c.due_at.is_not(None))
            .values(status="suppressed", due_at=None, leased_until=None, version=WEBHOOK_DELIVERY.c.version + 1)
        )


def _news(row: Any, work: Work) -> News:
    notice = Notice(Kind.WEBHOOK_DISABLED, row.city, row.id, once=f"version-{row.version}")
    return News(notice, row.id, work.now, work.cause.traceparent)
