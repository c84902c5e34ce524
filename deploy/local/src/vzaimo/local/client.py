"""A client of the four gateways, as any program may be one: tokens from the issuer, problems as exceptions."""

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx2

from vzaimo.local.ground import MAIL_DOMAIN, Ground

PATIENCE = 30.0
"""Seconds for which a call is repeated while a service says: not yet."""
_NOT_YET = {"actor-not-yet-known", "unknown-event", "unknown-topic", "writes-refused", "unavailable"}
_NOT_YET |= {"too-many-requests", "conflict"}


class Refused(Exception):
    """A gateway said no; ``kind`` is the stable end of the problem's type."""

    def __init__(self, status: int, kind: str, detail: str) -> None:
        super().__init__(f"{status} {kind}: {detail}")
        self.kind = kind


@dataclass(slots=True)
class Client:
    """Calls the gateways for demo people. What is not known to a service yet is asked again for a while."""

    ground: Ground
    http: httpx2.AsyncClient
    _tokens: dict[str, str] = field(default_factory=dict)

    async def token(self, person: str) -> str:
        """An access token."""
        if person not in self._tokens:
            answer = await self.http.post(f"{self.ground.desk}/token", json={"subject": person})
            answer.raise_for_status()
            self._tokens[person] = answer.json()["access_token"]
        return self._tokens[person]

    async def get(self, service: str, path: str, who: str | None = None, **query: str) -> Any:
        """Read something."""
        return await self._call("GET", service, path, who, query=query)

    async def pages(self, service: str, path: str, who: str | None = None, **query: str) -> list[Any]:
        """Read a whole list."""
        found: list[Any] = []
        while True:
            page = await self.get(service, path, who, **query)
            found += page["items"]
            if page["next"] is None:
                return found
            query["cursor"] = page["next"]

    async def send(self, method: str, service: str, path: str, who: str, body: object = None) -> Any:
        """Send a command; its repetitions carry the same Idempotency-Key."""
        return await self._call(method, service, path, who, body=body)

    async def mail_to(self, person: str) -> list[dict[str, Any]]:
        """A person's mails at the desk, the newest first."""
        answer = await self.http.get(f"{self.ground.desk}/mail.json", params={"to": f"{person}@{MAIL_DOMAIN}"})
        found: list[dict[str, Any]] = answer.raise_for_status().json()
        return found

    async def _call(
        self,
        method: str,
        service: str,
        path: str,
        who: str | None,
        *,
        body: object = None,
        query: dict[str, str] | None = None,
    ) -> Any:
        headers = {"Accept-Language": "ru", "Idempotency-Key": uuid.uuid4().hex}
        if who is not None:
            headers["Authorization"] = f"Bearer {await self.token(who)}"
        loop = asyncio.get_running_loop()
        until, pause = loop.time() + PATIENCE, 0.05
        while True:
            try:
                answer = await self.http.request(
                    method, f"{self.ground.gateway(service)}/v1{path}", json=body, params=query, headers=headers
                )
            except httpx2.TransportError as error:
                if loop.time() > until:
                    raise Refused(0, "no-answer", f"{service} does not answer: {error}") from error
            else:
                if answer.is_success:
                    return answer.json()
                problem = answer.json()
                kind = problem["type"].rpartition("/")[2]
                # Registry itself knows every role; only what others copy may come later.
                final = kind not in _NOT_YET or (service == "registry" and kind == "actor-not-yet-known")
                if final or loop.time() > until:
                    raise Refused(answer.status_code, kind, f"{problem['detail']} {problem.get('errors', '')}".strip())
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)


def client(ground: Ground) -> Client:
    """A client with a pool of its own; close ``http`` when done."""
    return Client(ground, httpx2.AsyncClient(timeout=15))
