"""``vzaimo status``: what each service says of itself."""

import asyncio
from dataclasses import dataclass

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from vzaimo.local.ground import SERVICES, Ground


@dataclass(frozen=True, slots=True)
class Row:
    """One service. Numbers are -1 while it does not answer; that of dead letters while the bus does not."""

    service: str
    state: str
    outbox: int = -1
    lag: int = -1
    parked: int = -1
    dead: int = -1
    impossible: int = -1
    detail: str = ""


async def rows(ground: Ground) -> list[Row]:
    """Ask every service."""
    async with httpx2.AsyncClient(timeout=3) as http:
        return await asyncio.gather(*(_row(http, ground, service) for service in SERVICES))


async def _row(http: httpx2.AsyncClient, ground: Ground, service: str) -> Row:
    try:
        readiness = (await http.get(f"{ground.gateway(service)}/readyz")).json()
        text = (await http.get(f"{ground.gateway(service)}/metrics")).text
    except (httpx2.HTTPError, ValueError):
        return Row(service, "does not answer")
    numbers: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            numbers[sample.name] = numbers.get(sample.name, 0) + sample.value
    amiss = [f"{one['name']}: {one['detail']}" for one in readiness["checks"] if not one["ok"] or one["degraded"]]
    return Row(
        service,
        "ready" if readiness["ready"] else "not ready",
        outbox=int(numbers.get("vzaimo_outbox_facts", 0)),
        lag=int(numbers.get("vzaimo_consumer_lag_facts", 0)),
        parked=int(numbers.get("vzaimo_parked_facts", 0)),
        dead=await _dead(http, ground, service),
        impossible=int(numbers.get("vzaimo_impossible", 0)),
        detail="; ".join(amiss),
    )


async def _dead(http: httpx2.AsyncClient, ground: Ground, service: str) -> int:
    """Dead letters are on the bus: without it nobody knows how many there are."""
    headers = {"Authorization": f"Bearer {ground.operator_token}"}
    try:
        letters = await http.get(f"{ground.gateway(service)}/operator/dead-letters", headers=headers)
    except httpx2.HTTPError:
        return -1
    return len(letters.json()) if letters.is_success else -1
