"""A city's webhooks: what its own programs are told as it happens."""

import asyncio
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from vzaimo.contracts.event import Slug
from vzaimo.portal.house.facts import readable
from vzaimo.portal.house.gateways import Page, Problem
from vzaimo.portal.house.hooks import ACTIVE, RETRIED, Sending, Told, Webhook
from vzaimo.portal.house.offices import Office, enter
from vzaimo.portal.house.visit import Visit, Visitor

router = APIRouter()
A_PAGE = 30


@router.get("/cities/{slug}/webhooks")
async def webhooks(visit: Visitor, slug: Slug) -> Response:
    """All of a city's, and a form for another one."""
    return await _list(await enter(visit, slug))


@router.post("/cities/{slug}/webhooks")
async def add(visit: Visitor, slug: Slug) -> Response:
    """Another one; its secret is shown on this page alone."""
    office = await enter(visit, slug)
    try:
        made = await visit.obtain("notify", f"/cities/{slug}/webhooks", Told, _typed(visit))
    except Problem as problem:
        return await _list(office, problem)
    return await _secret(office, made)


@router.get("/cities/{slug}/webhooks/{webhook_id}")
async def webhook(visit: Visitor, slug: Slug, webhook_id: UUID, cursor: str = "") -> Response:
    """One: what it is sent, and what became of that."""
    return await _show(await enter(visit, slug), webhook_id, cursor=cursor)


@router.post("/cities/{slug}/webhooks/{webhook_id}")
async def change(visit: Visitor, slug: Slug, webhook_id: UUID) -> Response:
    """Another address, other facts; switched on or off."""
    office = await enter(visit, slug)
    body = {**_typed(visit), "active": bool(visit.typed.get("active"))}
    try:
        await visit.send("notify", "PUT", f"/cities/{slug}/webhooks/{webhook_id}", body)
    except Problem as problem:
        return await _show(office, webhook_id, problem)
    return visit.go(f"/cities/{slug}/webhooks/{webhook_id}", "hooks.done.change")


@router.post("/cities/{slug}/webhooks/{webhook_id}/remove")
async def remove(visit: Visitor, slug: Slug, webhook_id: UUID) -> Response:
    """Nothing is sent there any longer."""
    await visit.send("notify", "DELETE", f"/cities/{slug}/webhooks/{webhook_id}", whatever_version=True)
    return visit.go(f"/cities/{slug}/webhooks", "hooks.done.remove")


@router.post("/cities/{slug}/webhooks/{webhook_id}/secret")
async def renew(visit: Visitor, slug: Slug, webhook_id: UUID) -> Response:
    """Another secret, shown on this page alone."""
    office = await enter(visit, slug)
    return await _secret(office, await visit.obtain("notify", f"/cities/{slug}/webhooks/{webhook_id}/secret", Told))


@router.post("/cities/{slug}/webhooks/{webhook_id}/test")
async def test(visit: Visitor, slug: Slug, webhook_id: UUID) -> Response:
    """Send something that says nothing."""
    return await _do(visit, slug, webhook_id, "test", "hooks.done.test")


@router.post("/cities/{slug}/webhooks/{webhook_id}/deliveries/{delivery_id}/retry")
async def retry(visit: Visitor, slug: Slug, webhook_id: UUID, delivery_id: UUID) -> Response:
    """Try once more."""
    return await _do(visit, slug, webhook_id, f"deliveries/{delivery_id}/retry", "hooks.done.retry")


async def _do(visit: Visit, slug: str, webhook_id: UUID, step: str, notice: str) -> Response:
    path = f"/cities/{slug}/webhooks/{webhook_id}"
    try:
        await visit.send("notify", "POST", f"{path}/{step}", whatever_version=True)
    except Problem as problem:
        return await _show(await enter(visit, slug), webhook_id, problem)
    return visit.go(path, notice)


async def _list(office: Office, problem: Problem | None = None) -> Response:
    visit = office.visit
    found = await visit.part(visit.read("notify", f"/cities/{office.city.id}/webhooks", Page[Webhook], limit=100))
    return await office.show("webhooks.html", problem, found=found, readable=readable(), chosen=_chosen(visit))


async def _show(office: Office, webhook_id: UUID, problem: Problem | None = None, cursor: str = "") -> Response:
    visit, path = office.visit, f"/cities/{office.city.id}/webhooks/{webhook_id}"
    found, sent = await asyncio.gather(
        visit.read("notify", path, Webhook),
        visit.part(visit.read("notify", f"{path}/deliveries", Page[Sending], limit=A_PAGE, cursor=cursor)),
    )
    return await office.show(
        "webhook.html",
        problem,
        hook=found,
        sent=sent,
        readable=readable(),
        chosen=_chosen(visit) if "address" in visit.typed else found.facts,
        active=found.status == ACTIVE,
        retried=RETRIED,
    )


async def _secret(office: Office, made: Told | None) -> Response:
    """No browser keeps this page, and no other one has it; nothing is told where it was told before."""
    answer = await office.show("webhook_secret.html", made=made)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _typed(visit: Visit) -> dict[str, Any]:
    return {"address": str(visit.typed.get("address", "")).strip(), "facts": _chosen(visit)}


def _chosen(visit: Visit) -> list[str]:
    return [str(one) for one in visit.typed.getlist("facts")]
