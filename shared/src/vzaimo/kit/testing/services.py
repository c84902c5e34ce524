"""A whole service in the test's own process: real store, real bus, its gateway called without a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
from sqlalchemy import func, select

from vzaimo.contracts.event import CloudEvent, Fact, parse
from vzaimo.kit.clock import Clock
from vzaimo.kit.roles import RoleRow, person_ref
from vzaimo.kit.service import Parts, Service, opened
from vzaimo.kit.settings import Settings
from vzaimo.kit.tables import OutboxRow, table_of
from vzaimo.kit.testing import eventually, stores
from vzaimo.kit.testing.tokens import ISSUER, token


@dataclass(slots=True)
class Running:
    """A service at work, and how to call it."""

    service: Service
    client: httpx2.AsyncClient

    async def call(
        self, method: str, path: str, who: str | None = None, body: object = None, **headers: str
    ) -> httpx2.Response:
        """Call the gateway as somebody (a subject with the e-mail ``<subject>@city.example``), or as nobody."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if who is not None:
            sent["Authorization"] = f"Bearer {token(who, email=f'{who}@city.example')}"
        return await self.client.request(method, f"/v1{path}", json=body, headers=sent)

    async def known(self, *people: str) -> None:
        """Wait until the service has heard of these people's roles."""
        wanted = {person_ref(ISSUER, person) for person in people}
        table = table_of(RoleRow)

        async def heard() -> bool:
            async with self.service.works.database.read() as tx:
                rows = await tx.all(select(table.c.person).where(table.c.person.in_(wanted)))
            return {row.person for row in rows} == wanted

        await eventually(heard, f"the roles of {', '.join(people)}")

    async def facts(self, name: str | None = None) -> list[CloudEvent[Fact]]:
        """What the service has said and not erased, from its own log."""
        table = table_of(OutboxRow)
        async with self.service.works.database.read() as tx:
            rows = await tx.all(select(table.c.body).where(func.length(table.c.body) > 0).order_by(table.c.id))
        events = [parse(bytes(row.body)) for row in rows]
        return [event for event in events if name is None or event.name == name]

    async def done(self, method: str, path: str, who: str | None = None, body: object = None) -> str:
        """The same for a command that must succeed; returns the aggregate's id."""
        answer = await self.call(method, path, who, body)
        if not answer.is_success:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        return str(answer.json()["id"])


@asynccontextmanager
async def running(parts: Parts, settings: Settings, clock: Clock) -> AsyncIterator[Running]:
    """Open the store, with its tables, and run relay, consumers, timers and loops."""
    stores.prepare(settings.database_url.get_secret_value(), parts.schemas)
    async with opened(parts, settings, clock) as service, service.working():
        transport = httpx2.ASGITransport(service.app(), raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://service", timeout=30) as client:
            yield Running(service, client)
        if service.failures:
            raise ExceptionGroup("loops failed", [one for one in service.failures if isinstance(one, Exception)])
