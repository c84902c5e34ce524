"""One request for a page: who visits, in which language and zone, and the gateways on their behalf."""

import asyncio
import re
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import unquote
from uuid import UUID

from babel import negotiate_locale
from cachetools import TTLCache
from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from vzaimo.portal.house.accounts import Me, Unread
from vzaimo.portal.house.gateways import Away, Caller, Gateways, P, Page, Place, Problem, Receipt, Service, SignedOut
from vzaimo.portal.house.guard import LONGEST_BODY
from vzaimo.portal.house.kept import keep
from vzaimo.portal.house.names import Names
from vzaimo.portal.house.pages import render
from vzaimo.portal.house.refusals import retell
from vzaimo.portal.house.session import Session
from vzaimo.portal.house.settings import PortalSettings
from vzaimo.portal.house.shapes import Event
from vzaimo.portal.house.times import Clock, zone_named
from vzaimo.portal.house.words import LANGUAGES, Language, words

V = TypeVar("V")
T = TypeVar("T", bound=BaseModel)
MOST_FIELDS = 3000
MOST_PEOPLE = 10_000
REMEMBERED = 5
"""Seconds. Who loses a role is refused by the gateways; who takes one, or reads the news, sees it at once."""
OK, TOO_LARGE = 200, 413
_VERSION = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Portal:
    """What lives as long as the process."""

    settings: PortalSettings
    gateways: Gateways
    names: Names
    now: Callable[[], datetime]
    people: "TTLCache[tuple[object, ...], Me]" = field(
        default_factory=lambda: TTLCache(MOST_PEOPLE, REMEMBERED, timer=time.monotonic)
    )
    """Visitors' roles, by token and by what they have changed since: half of a member's page waits for them."""
    unread: "TTLCache[str | None, tuple[tuple[object, ...], Unread]]" = field(
        default_factory=lambda: TTLCache(MOST_PEOPLE, REMEMBERED, timer=time.monotonic)
    )
    """How much they have not read, by token, and what they had changed then: every page shows it."""


@dataclass(frozen=True, slots=True)
class Part(Generic[V]):
    """A part of a page: its value, or the service that is away, or that the visitor may not see it."""

    value: V | None = None
    away: Place | None = None
    refused: Problem | None = None

    def or_else(self, instead: V) -> V:
        """The value, or another in its place."""
        return instead if self.value is None else self.value

    def needed(self) -> V:
        """The value, for a page that cannot be without it. Raises why there is none."""
        if self.value is not None:
            return self.value
        if self.away is not None:
            raise Away(self.away)
        raise self.refused or LookupError("nobody was asked for this part")


@dataclass(slots=True)
class Visit:
    """A visitor asks for a page."""

    request: Request
    portal: Portal
    session: Session
    language: Language
    now: datetime
    _me: "asyncio.Task[Part[Me]] | None" = None
    _unread: "asyncio.Task[Part[Unread]] | None" = None
    typed: FormData = field(default_factory=FormData)
    """What was sent with the form."""
    complete: bool = True
    """Whether every part was read: what a gateway refuses may be refused to this visitor alone."""

    @property
    def caller(self) -> Caller:
        """On whose behalf gateways are called."""
        token = self.session.token if self.session.signed_in else None
        address = self.request.client.host if self.request.client else None
        return Caller(self.language, token, self.session.positions, address)

    @property
    def clock(self) -> Clock:
        """Tells times to this visitor."""
        return Clock(self.language, self.now, zone_named(unquote(self.request.cookies.get("zone", ""))[:64]))

    @property
    def soon(self) -> str:
        """From when on something is still to come: this minute, so that one answer serves all who ask within it."""
        return self.now.replace(second=0, microsecond=0).isoformat()

    @property
    def partial(self) -> bool:
        """Whether htmx asks for a part of the page only."""
        return self.request.headers.get("hx-request") == "true" and "hx-history-restore-request" not in (
            self.request.headers
        )

    def say(self, key: str, **facts: object) -> str:
        """A text in the visitor's language."""
        return words().say(self.language, key, **facts)

    async def read(self, service: Service, path: str, shape: type[T], **query: object) -> T:
        """Read what the page cannot be without."""
        return await self.portal.gateways.read(service, path, shape, self.caller, **query)

    async def event(self, event_id: UUID) -> Event:
        """Read an event that was announced."""
        return await self._public("calendar", f"/events/{event_id}", Event)

    async def events(self, **query: object) -> Page[Event]:
        """Read a page of the events that were announced."""
        return await self._public("calendar", "/events", Page[Event], **query)

    async def _public(self, service: Service, path: str, shape: type[T], **query: object) -> T:
        """Read what everybody is shown alike, as nobody: gateways keep such answers for a moment.

        Whoever has just changed something asks as themselves, and sees it.
        """
        caller = self.caller
        if not caller.positions:
            caller = Caller(caller.language, address=caller.address)
        return await self.portal.gateways.read(service, path, shape, caller, **query)

    async def whole(self, service: Service, path: str, shape: type[T], **query: object) -> list[T]:
        """Read a bounded list to its end."""
        return await self.portal.gateways.whole(service, path, shape, self.caller, **query)

    async def pages(self, service: Service, path: str, shape: type[P], **query: object) -> list[P]:
        """The same for a list whose pages have more than items."""
        return await self.portal.gateways.pages(service, path, shape, self.caller, query)

    async def part(self, reading: Coroutine[Any, Any, V]) -> Part[V]:
        """Read what the page can be shown without."""
        try:
            return Part(await reading)
        except Away as away:
            self.complete = False
            return Part(away=away.service)
        except Problem as problem:
            self.complete = False
            return Part(refused=retell(problem, self.clock, self.portal.names))

    async def send(
        self,
        service: Service,
        method: str,
        path: str,
        body: object = None,
        *,
        whatever_version: bool = False,
        part: str = "",
    ) -> Receipt:
        """Send a command under the form's key and version; the visitor's next pages know of it.

        ``part``: names one of several commands of one form, so that each has a key of its own.
        """
        version = "" if whatever_version else str(self.typed.get("_version", ""))
        try:
            receipt, position = await self.portal.gateways.send(
                service,
                method,
                path,
                self.caller,
                body=body,
                key=f"{key}{part}" if (key := self._key) else None,
                version=int(version) if _VERSION.fullmatch(version) else None,
            )
        finally:
            self.forget_unread()
        if position:
            self.session.wrote(position)
        return receipt

    async def obtain(self, service: Service, path: str, shape: type[T], body: object = None) -> T | None:
        """Have something made that is shown once, under the form's key; nothing where it was made before."""
        return await self.portal.gateways.obtain(service, path, shape, self.caller, body=body, key=self._key)

    @property
    def _key(self) -> str | None:
        """Under which the form takes effect once; what no header carries (RFC 9110, 5.5) is no key of ours."""
        key = str(self.typed.get("_key", ""))
        return key if key.isascii() and key.isprintable() and key else None

    def forget_unread(self) -> None:
        """There are news, or fewer: the next page counts anew."""
        self.portal.unread.pop(self.session.token, None)

    async def me(self) -> Me | None:
        """The visitor's roles; none for strangers and while registry is away."""
        return (await self._me).value if self._me else None

    async def member(self) -> Me:
        """The visitor's roles, on a page that is for members. Raises ``SignedOut``."""
        if self._me is None:
            raise SignedOut
        part = await self._me
        if part.away:
            raise Away("registry")
        if part.value is None:
            raise part.refused or SignedOut
        return part.value

    async def show(self, template: str, *, status: int = 200, asking: bool = True, **facts: Any) -> Response:
        """A page, with what every page has; one that says what went wrong is made without ``asking`` anybody."""
        if asking:
            await self.portal.names.ready()
        if isinstance(problem := facts.get("problem"), Problem):
            retell(problem, self.clock, self.portal.names)
        me = await self.me()
        unread = (await self._unread).value if self._unread else None
        notice, self.session.notice = self.session.notice, None
        html = render(
            template,
            self.language,
            visit=self,
            clock=self.clock,
            names=self.portal.names,
            me=me,
            unread=unread.unread if unread else 0,
            notice=notice,
            now=self.now,
            key=uuid.uuid4().hex,
            **facts,
        )
        if asking and status == OK and self.complete and not self.session.signed_in:
            keep(self.request.scope)
        return HTMLResponse(html, status, {"Content-Language": self.language, "Vary": "Cookie, HX-Request"})

    def go(self, path: str, notice: str | None = None) -> Response:
        """To another page, which shows the notice once."""
        self.session.notice = notice or self.session.notice
        return RedirectResponse(path, 303)

    def begin(self) -> None:
        """Ask for what every page of a member shows, while the page asks for the rest."""
        if self.session.signed_in:
            self._me = asyncio.create_task(self._ask_roles())
            self._unread = asyncio.create_task(self._ask_unread())

    async def end(self) -> None:
        """Leave nothing running."""
        tasks = [task for task in (self._me, self._unread) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def _known_by(self) -> tuple[object, ...]:
        """By what something of this visitor is remembered: an own write makes it another."""
        return (self.session.token, *sorted(self.session.positions.items()))

    async def _ask_roles(self) -> Part[Me]:
        key = self._known_by
        if (known := self.portal.people.get(key)) is not None:
            return Part(known)
        found = await self.part(self.read("registry", "/me", Me))
        if found.value is not None:
            self.portal.people[key] = found.value
        return found

    async def _ask_unread(self) -> Part[Unread]:
        key, reads = self._known_by, self.request.method == "GET"
        # Beside the list itself no other number may stand.
        then, known = self.portal.unread.get(self.session.token, (None, None))
        if self.request.url.path != "/inbox" and then == key:
            return Part(known)
        found = await self.part(self.read("notify", "/inbox/unread", Unread))
        if found.value is not None and reads:  # what was counted before a command is older than it
            self.portal.unread[self.session.token] = key, found.value
        return found


def visit_of(request: Request) -> Visit:
    """The visit that a request is; without what members' pages ask for."""
    return Visit(
        request=request,
        portal=request.app.state.portal,
        session=request.scope["vzaimo.session"],
        language=_language(request),
        now=request.app.state.portal.now(),
    )


async def _visit(request: Request) -> AsyncIterator[Visit]:
    visit = visit_of(request)
    if request.method == "POST":
        if request.scope["vzaimo.too_large"]:
            raise HTTPException(TOO_LARGE)
        visit.typed = request.scope["vzaimo.typed"] = await request.form(
            max_files=1, max_fields=MOST_FIELDS, max_part_size=LONGEST_BODY
        )
    visit.begin()
    try:
        yield visit
    finally:
        await visit.end()
        await visit.typed.close()


Visitor = Annotated[Visit, Depends(_visit)]


def _language(request: Request) -> Language:
    for chosen in (request.query_params.get("lang"), request.cookies.get("lang")):
        if chosen in LANGUAGES:
            return chosen
    asked = [part.partition(";")[0].strip() for part in request.headers.get("accept-language", "").split(",")]
    return "en" if negotiate_locale(asked, LANGUAGES, sep="-") == "en" else "ru"
