"""The four gateways, as any client sees them: typed answers, problems and absence as exceptions."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, ValidationError

from vzaimo.portal.house.wire import Answer, Unreachable, Wire
from vzaimo.portal.house.words import Language

log = logging.getLogger(__name__)

T = TypeVar("T", bound=BaseModel)
Service = Literal["registry", "calendar", "requests", "notify"]
Place = Service | Literal["traces"]
"""What is called: a gateway, or the store of traces where there is one."""
MOST_PAGES = 5
_AWAY = {502, 503, 504}
_TRACE = re.compile(r"[0-9a-f]{32}")


class Page(BaseModel, Generic[T]):
    """Some items of a list, and the cursor of the next page if there is one."""

    items: list[T]
    next: str | None = None


P = TypeVar("P", bound=Page[Any])


class Receipt(BaseModel):
    """What a command answers."""

    id: str
    version: int


class Away(Exception):
    """A gateway does not answer, or not as agreed."""

    def __init__(self, service: Place) -> None:
        super().__init__(service)
        self.service = service


class Problem(Exception):
    """A gateway said no (RFC 9457): ``kind`` is the stable end of its type; words are in the caller's language."""

    def __init__(self, status: int, content: Mapping[str, Any]) -> None:
        self.status = status
        self.kind = str(content.get("type", "")).rpartition("/")[2]
        self.title = str(content.get("title", ""))
        self.detail = str(content.get("detail", ""))
        trace = str(content.get("trace", ""))
        self.trace = trace if _TRACE.fullmatch(trace) else None
        """Under which the gateway noted its own mistake."""
        self.errors = {
            str(one["field"]): str(one["message"])
            for one in content.get("errors", ())
            if isinstance(one, dict) and one.keys() >= {"field", "message"}
        }
        self.facts = content
        """What else the refusal tells, by name."""
        if isinstance(content.get("field"), str):
            self.errors.setdefault(content["field"], self.detail or self.title)
        for name in missing if isinstance(missing := content.get("missing"), list) else ():
            self.errors.setdefault(str(name), self.title)
        super().__init__(f"{status} {self.kind}")


class SignedOut(Exception):
    """The gateway takes the token no longer, or there is none."""


@dataclass(slots=True)
class Caller:
    """On whose behalf the gateways are called."""

    language: Language
    token: str | None = None
    positions: dict[str, int] = field(default_factory=dict)
    address: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What tells a gateway who asks, in which language, and what they have changed already."""
        told: dict[str, str] = {"Accept-Language": self.language}
        if self.token is not None:
            told["Authorization"] = f"Bearer {self.token}"
        if self.address is not None:
            told["X-Forwarded-For"] = self.address
        if self.positions:
            told["Vzaimo-Position"] = ", ".join(f"{place}/{version}" for place, version in self.positions.items())
        return told


class Gateways:
    """Calls gateways. Reads that fail on the way are tried once more; commands only under their Idempotency-Key."""

    def __init__(self, addresses: Mapping[str, str], wire: Wire) -> None:
        self._addresses = addresses
        self._wire = wire
        self._shapes: set[type[BaseModel]] = set()

    async def read(self, service: Place, path: str, shape: type[T], caller: Caller, /, **query: object) -> T:
        """Read something. Raises ``Away``, ``Problem``, ``SignedOut``."""
        asked = {name: _plain(value) for name, value in query.items() if value is not None and value != ""}
        # Pydantic forgets a page's model that nobody holds, and makes it anew: a millisecond for each call.
        self._shapes.add(shape)
        answer = await self._call(service, "GET", path, caller, params=asked)
        try:
            return shape.model_validate_json(answer.body)
        except ValidationError as error:
            log.error("%s answers %s not as agreed: %s", service, path, error.errors(include_input=False)[:3])  # noqa: TRY400 - a traceback would repeat the answer
            raise Away(service) from None

    async def whole(self, service: Service, path: str, shape: type[T], caller: Caller, **query: object) -> list[T]:
        """Read a list to its end, five pages of 200 at most."""
        return await self.rows(service, path, shape, caller, query, pages=MOST_PAGES)

    async def rows(
        self, service: Service, path: str, shape: type[T], caller: Caller, asked: Mapping[str, object], *, pages: int
    ) -> list[T]:
        """Read a list to its end, so many pages of 200 at most."""
        found = await self.pages(service, path, Page[shape], caller, asked, pages=pages)  # type: ignore[valid-type] # pydantic makes the page of a shape at run time
        return [one for page in found for one in page.items]

    async def pages(
        self,
        service: Service,
        path: str,
        shape: type[P],
        caller: Caller,
        asked: Mapping[str, object],
        *,
        pages: int = MOST_PAGES,
    ) -> list[P]:
        """The same for a list whose pages have more than items."""
        found: list[P] = []
        query = dict(asked)
        for _ in range(pages):
            page = await self.read(service, path, shape, caller, limit=200, **query)
            found.append(page)
            if page.next is None:
                break
            query["cursor"] = page.next
        return found

    async def send(
        self,
        service: Service,
        method: str,
        path: str,
        caller: Caller,
        *,
        body: object = None,
        key: str | None = None,
        version: int | None = None,
    ) -> tuple[Receipt, str | None]:
        """Send a command; the receipt, and the position to remember. Raises ``Away``, ``Problem``, ``SignedOut``."""
        answer = await self._command(service, method, path, caller, body=body, key=key, version=version)
        try:
            receipt = Receipt.model_validate_json(answer.body)
        except ValidationError:
            raise Away(service) from None
        return receipt, answer.headers.get("vzaimo-position")

    async def text(self, service: Service, path: str, caller: Caller, **query: str) -> str:
        """Read something that the gateway has written out. Raises ``Away``, ``Problem``, ``SignedOut``."""
        return (await self._call(service, "GET", path, caller, params=query)).body.decode()

    async def obtain(
        self, service: Service, path: str, shape: type[T], caller: Caller, *, body: object = None, key: str | None
    ) -> T | None:
        """Have something made that is shown in this answer alone; nothing where it was made, and shown, before."""
        answer = await self._command(service, "POST", path, caller, body=body, key=key)
        if answer.headers.get("idempotency-replayed"):
            return None
        try:
            return shape.model_validate_json(answer.body)
        except ValidationError:
            raise Away(service) from None

    async def _command(
        self,
        service: Service,
        method: str,
        path: str,
        caller: Caller,
        *,
        body: object,
        key: str | None,
        version: int | None = None,
    ) -> Answer:
        more: dict[str, str] = {}
        if key is not None:
            more["Idempotency-Key"] = key
        if version is not None:
            more["If-Match"] = f'"{version}"'
        return await self._call(service, method, path, caller, body=body, more=more)

    async def leads_to(self, service: Service, path: str, caller: Caller) -> str:
        """Where a redirect of the gateway leads. Raises ``Away``, ``Problem``, ``SignedOut``."""
        answer = await self._call(service, "GET", path, caller)
        if "location" not in answer.headers:
            raise Away(service)
        return answer.headers["location"]

    async def stream(self, service: Service, path: str, caller: Caller, last: str | None) -> AsyncIterator[bytes]:
        """Server-sent events as they come, for as long as the reader stays."""
        headers = caller.headers | ({"Last-Event-ID": last} if last else {})
        async for piece in self._wire.stream(self._url(service, path), headers):
            yield piece

    async def _call(
        self,
        service: Place,
        method: str,
        path: str,
        caller: Caller,
        *,
        params: Mapping[str, str | list[str]] | None = None,
        body: object = None,
        more: Mapping[str, str] | None = None,
    ) -> Answer:
        headers = {**caller.headers, **(more or {})}
        url = self._url(service, path) + (f"?{urlencode(params, doseq=True)}" if params else "")
        if body is not None:
            headers["Content-Type"] = "application/json"
        sent = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        repeatable = method != "POST" or "Idempotency-Key" in headers
        for last in (not repeatable, True):
            try:
                answer = await self._wire.ask(method, url, headers, sent)
            except Unreachable as error:
                if last or error.late:
                    log.warning("%s does not answer: %s", service, error)
                    raise Away(service) from None
                await asyncio.sleep(0.05)
                continue
            return _checked(service, answer)
        raise AssertionError  # pragma: no cover - the last turn returns or raises

    def _url(self, service: Place, path: str) -> str:
        return f"{self._addresses[service]}/v1{path}"


def _checked(service: Place, answer: Answer) -> Answer:
    if HTTPStatus.OK <= answer.status < HTTPStatus.BAD_REQUEST:
        return answer
    if answer.status == HTTPStatus.UNAUTHORIZED:
        raise SignedOut
    try:
        content = json.loads(answer.body)
    except ValueError:
        content = None
    if answer.status in _AWAY or not isinstance(content, dict) or "type" not in content:
        log.warning("%s answers %s", service, answer.status)
        raise Away(service)
    raise Problem(answer.status, content)


def _plain(value: object) -> str | list[str]:
    if isinstance(value, list):
        return [str(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
