"""Where a city wants facts sent, and what was sent there."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Response

from vzaimo.contracts.event import Slug
from vzaimo.kit.http import Call, Command, Cursor, Member, Page, Receipt, shown_once
from vzaimo.kit.ids import new_id
from vzaimo.notify.access import check_mends, check_sees
from vzaimo.notify.domain.refusals import WebhooksOff
from vzaimo.notify.domain.signing import secret_of
from vzaimo.notify.domain.targets import checked
from vzaimo.notify.handlers import trials, webhooks
from vzaimo.notify.handlers.webhooks import Wanted
from vzaimo.notify.shapes.webhooks import (
    WebhookBody,
    WebhookChange,
    WebhookDeliveryView,
    WebhookView,
    WebhookWithSecret,
)
from vzaimo.notify.views import webhooks as views

router = APIRouter(prefix="/cities/{city}/webhooks", tags=["webhooks"])


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What the operator has decided: the keys of the secrets (none: no webhooks), and whether they lead anywhere."""

    keys: tuple[bytes, ...]
    anywhere: bool


@router.get("", response_model=Page[WebhookView])
async def list_webhooks(city: Slug, call: Member, cursor: Cursor) -> Response:
    """A city's webhooks: for its own people, and its programs with the scope ``webhooks``."""
    check_sees(call.actor, city)
    async with call.gate.database.read() as tx:
        return call.listed(await views.webhooks(tx, cursor, city))


@router.post("", status_code=201, response_model=WebhookWithSecret)
async def add_webhook(city: Slug, body: WebhookBody, call: Command) -> Response:
    """Have these facts sent there from now on. The secret is in this answer alone."""
    webhook_id, wanted = new_id(), _wanted(body, call)
    await webhooks.add(webhook_id, city, wanted, works=call.works, cause=call.cause, actor=call.actor)
    return await _with_secret(city, webhook_id, call)


@router.get("/{webhook_id}", response_model=WebhookView)
async def get_webhook(city: Slug, webhook_id: UUID, call: Member) -> Response:
    """One of a city's webhooks."""
    check_sees(call.actor, city)
    async with call.gate.database.read() as tx:
        view = WebhookView.of(await views.webhook(tx, city, webhook_id))
    return call.shown(view, view.version)


@router.put("/{webhook_id}", response_model=Receipt)
async def put_webhook(city: Slug, webhook_id: UUID, body: WebhookChange, call: Command) -> Response:
    """Another address, other facts; switched off, or on again."""
    done = await webhooks.change(
        city,
        webhook_id,
        _wanted(body, call, active=body.active),
        call.expected_version,
        works=call.works,
        cause=call.cause,
        actor=call.actor,
    )
    return call.receipt(done)


@router.delete("/{webhook_id}", response_model=Receipt)
async def remove_webhook(city: Slug, webhook_id: UUID, call: Command) -> Response:
    """Send nothing there any longer."""
    done = await webhooks.remove(
        city, webhook_id, call.expected_version, works=call.works, cause=call.cause, actor=call.actor
    )
    return call.receipt(done)


@router.post("/{webhook_id}/secret", status_code=201, response_model=WebhookWithSecret)
async def renew_secret(city: Slug, webhook_id: UUID, call: Command) -> Response:
    """Another secret, in this answer alone; for 24 hours requests are signed with the one before as well."""
    _outgoing(call)
    await webhooks.renew_secret(city, webhook_id, works=call.works, cause=call.cause, actor=call.actor)
    return await _with_secret(city, webhook_id, call)


@router.post("/{webhook_id}/test", response_model=Receipt)
async def test_webhook(city: Slug, webhook_id: UUID, call: Command) -> Response:
    """Have an event sent that says nothing (``city.vzaimo.notify.WebhookTested.v1``); its delivery is the answer."""
    _outgoing(call)
    return call.receipt(await trials.test(city, webhook_id, works=call.works, cause=call.cause, actor=call.actor))


@router.get("/{webhook_id}/deliveries", response_model=Page[WebhookDeliveryView])
async def list_webhook_deliveries(city: Slug, webhook_id: UUID, call: Member, cursor: Cursor) -> Response:
    """What was sent within 30 days, or is to be, the newest first; for the moderator as well."""
    check_mends(call.actor, city, reads=True)
    async with call.gate.database.read() as tx:
        return call.listed(await views.deliveries(tx, cursor, city, webhook_id))


@router.post("/{webhook_id}/deliveries/{delivery_id}/retry", response_model=Receipt)
async def retry_webhook_delivery(city: Slug, webhook_id: UUID, delivery_id: UUID, call: Command) -> Response:
    """Try what was given up, or left out, once more; for the moderator as well."""
    done = await trials.retry(city, webhook_id, delivery_id, works=call.works, cause=call.cause, actor=call.actor)
    return call.receipt(done)


def _outgoing(call: Call) -> Outgoing:
    outgoing: Outgoing = call.gate.extras["outgoing"]
    if not outgoing.keys:
        raise WebhooksOff
    return outgoing


def _wanted(body: WebhookBody, call: Call, *, active: bool | None = None) -> Wanted:
    return Wanted(checked(body.address, anywhere=_outgoing(call).anywhere), body.facts, active)


async def _with_secret(city: str, webhook_id: UUID, call: Call) -> Response:
    async with call.gate.database.read() as tx:
        row = await views.webhook(tx, city, webhook_id)
    return shown_once(WebhookWithSecret.of(row, secret=secret_of(row.secret, _outgoing(call).keys[0])))
