"""For tests of the portal: gateways and an issuer that are stubs, samples of what they answer, and a browser."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from starlette.types import ASGIApp

from vzaimo.portal.house.settings import PortalSettings
from vzaimo.portal.house.wire import Answer, Unreachable, Wire
from vzaimo.portal.main import portal, utc_now

PORTAL = "http://portal.example"
ISSUER = "http://issuer.example"
TOKENS = {"good": "a.b.c", "again": "a.b.d"}
"""What the issuer gives for a code: another token for whoever signs in again."""
EVENT = "01890000-0000-7000-8000-000000000001"
REQUEST = "01890000-0000-7000-8000-000000000002"
PRACTICE = "01890000-0000-7000-8000-000000000003"
NEED = "01890000-0000-7000-8000-000000000004"
TRACE = "0af7651916cd43dd8448eb211c80319c"
SCHOOL = "01890000-0000-7000-8000-000000000099"


def settings(**more: Any) -> PortalSettings:
    """Settings of a portal that nobody reaches."""
    return PortalSettings(
        **{
            "http_port": 0,
            "public_url": PORTAL,
            "issuer": ISSUER,
            "session_key": "a key of the tests that is long enough",
            **{f"{service}_url": f"http://{service}.example" for service in ("registry", "calendar", "requests")},
            "notify_url": "http://notify.example",
            **more,
        }
    )


class Stubbed(Wire):
    """A wire to stubs of gateways, or to applications in this very process: a transport of httpx2."""

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        self._http = httpx2.AsyncClient(transport=transport, timeout=60)

    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """Call the stub."""
        try:
            answer = await self._http.request(method, url, headers=headers, content=body)
        except httpx2.TransportError as error:
            late = isinstance(error, httpx2.TimeoutException)
            raise Unreachable(type(error).__name__, late=late) from None
        return Answer(answer.status_code, answer.headers, answer.content)

    async def stream(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """Read what the stub sends."""
        try:
            async with self._http.stream("GET", url, headers=headers) as answer:
                if answer.is_success:
                    async for piece in answer.aiter_raw():
                        yield piece
        except httpx2.TransportError:
            return


def stubbed(
    told: PortalSettings, transport: httpx2.AsyncBaseTransport, now: Callable[[], datetime] = utc_now
) -> ASGIApp:
    """A portal whose gateways and issuer are behind a transport."""
    return portal(told, Stubbed(transport), transport, now)


def city(slug: str, name: str, **more: Any) -> dict[str, Any]:
    """A city as registry shows it."""
    return {
        "id": slug,
        "name": name,
        "region": "—",
        "timezone": "Europe/Moscow",
        "latitude": 56.0,
        "longitude": 37.0,
        "status": "active",
        "version": 1,
        **more,
    }


def event(**more: Any) -> dict[str, Any]:
    """An event that takes requests, as calendar shows it."""
    return {
        "id": EVENT,
        "host": "moskva",
        "title": "Образовательная среда",
        "summary": "",
        "mode": "in_person",
        "audience": ["director"],
        "timezone": "Europe/Moscow",
        "starts_at": "2040-10-04T07:00:00Z",
        "ends_at": "2040-10-05T13:00:00Z",
        "sessions": [
            {
                "id": "01890000-0000-7000-8000-00000000000a",
                "title": "День 1",
                "starts_at": "2040-10-04T07:00:00Z",
                "ends_at": "2040-10-05T13:00:00Z",
                "site": {"name": "Школа № 1560"},
            }
        ],
        "deadlines": {
            "apply_opens": "2020-09-27T08:00:00Z",
            "apply_closes": "2040-09-29T15:00:00Z",
            "decide_by": "2040-09-30T15:00:00Z",
            "confirm_by": "2040-10-01T15:00:00Z",
            "roster_freeze": "2040-10-02T15:00:00Z",
        },
        "admission": "host",
        "queue_policy": "strict",
        "queue_order": "submitted",
        "status": "announced",
        "schedule_revision": 1,
        "seats_now": [{"mode": "in_person", "capacity": 60, "granted": 45, "held": 5, "waiting": 3, "free": 10}],
        "version": 3,
        **more,
    }


def request(**more: Any) -> dict[str, Any]:
    """A request of Izhevsk that was approved."""
    return {
        "id": REQUEST,
        "event": EVENT,
        "host": "moskva",
        "city": "izhevsk",
        "mode": "in_person",
        "status": "approved",
        "delegates": [],
        "heads": {},
        "wanted": 2,
        "granted": 2,
        "confirm_by": "2040-10-01T15:00:00Z" if more.get("status", "approved") == "approved" else None,
        "schedule_revision": 1,
        "version": 4,
        **more,
    }


def delegate(no: int, name: str | None, **more: Any) -> dict[str, Any]:
    """A delegate of a request, as its city or its host sees them."""
    key = f"01890000-0000-7000-8000-0000000002{no:02}"
    return {"id": key, "rank": no, "role": "teacher", "status": "proposed", "name": name, **more}


def practice(**more: Any) -> dict[str, Any]:
    """A published practice of Vyborg."""
    return {
        "id": PRACTICE,
        "city": "vyborg",
        "title": "Сельский комплекс",
        "topics": [],
        "audience": ["director"],
        "indicators": [
            {"name": "Доля", "unit": "%", "baseline": 8, "baseline_year": 2015, "result": 40, "result_year": 2018}
        ],
        "status": "published",
        "summary": "Семь школ",
        "does_not_apply": "В городе",
        "version": 2,
        **more,
    }


def need(**more: Any) -> dict[str, Any]:
    """A learning need of Tver."""
    return {
        "id": NEED,
        "city": "tver",
        "topic": "mesh",
        "roles": ["teacher"],
        "heads": 5,
        "mode": "remote",
        "not_before": "2040-01-01",
        "not_after": "2040-05-01",
        "status": "open",
        "posted_at": "2026-01-01T00:00:00Z",
        "backers": [],
        "version": 1,
        **more,
    }


def span(span_id: str, parent: str | None, start_ms: float, duration_ms: float, **more: Any) -> dict[str, Any]:
    """A span of a trace, as the store of traces shows it."""
    usual: dict[str, Any] = {
        "service": "requests",
        "name": "POST /v1/requests",
        "kind": "server",
        "error": None,
        "attributes": {},
    }
    return {"span_id": span_id, "parent": parent, "start_ms": start_ms, "duration_ms": duration_ms, **usual, **more}


def trace(*spans: dict[str, Any]) -> dict[str, Any]:
    """A trace with these spans."""
    ends = [one["start_ms"] + one["duration_ms"] for one in spans]
    return {"trace_id": TRACE, "began_at": "2026-10-01T00:00:00Z", "duration_ms": max(ends), "spans": list(spans)}


def me(*roles: tuple[str, str | None]) -> dict[str, Any]:
    """A caller with these roles for these cities."""
    made = [
        {"id": f"01890000-0000-7000-8000-0000000001{no:02}", "role": role, "city": slug}
        for no, (role, slug) in enumerate(roles)
    ]
    return {"person": "0" * 32, "roles": made}


class Gateways:
    """What the four gateways and the issuer answer, and what they were asked."""

    def __init__(self) -> None:
        self.asked: list[httpx2.Request] = []
        self.away: set[str] = set()
        self.answers: dict[tuple[str, str], Any] = {
            ("registry", "/cities"): [city("moskva", "Москва"), city("izhevsk", "Ижевск", timezone="Europe/Samara")],
            ("registry", "/topics"): [],
            ("registry", "/me"): me(("coordinator", "izhevsk")),
            ("registry", "/practices"): [],
            ("registry", "/adoptions"): [],
            ("calendar", "/events"): [event()],
            ("calendar", f"/events/{EVENT}"): event(),
            ("requests", "/requests"): [],
            ("notify", "/inbox"): [],
            ("notify", "/inbox/unread"): {"unread": 0},
        }

    def __call__(self, asked: httpx2.Request) -> httpx2.Response:
        """Answer one call."""
        service = asked.url.host.removesuffix(".example")
        self.asked.append(asked)
        if service == "issuer":
            return self._issuer(asked)
        if service in self.away:
            raise httpx2.ConnectError("nobody listens", request=asked)
        path = asked.url.path.removeprefix("/v1")
        if asked.method != "GET":
            answer = self._answer(asked, asked.method, path, {"id": REQUEST, "version": 9})
            return answer if isinstance(answer, httpx2.Response) else httpx2.Response(200, json=answer)
        answer = self._answer(asked, service, path)
        if answer is None:
            return problem(404, "not-found", "Не найдено")
        if isinstance(answer, httpx2.Response):
            return answer
        return httpx2.Response(200, json={"items": answer, "next": None} if isinstance(answer, list) else answer)

    def _answer(self, asked: httpx2.Request, key: str, path: str, usual: Any = None) -> Any:
        """What a test has said; a function answers each call by itself."""
        answer = self.answers.get((key, path), usual)
        return answer(asked) if callable(answer) else answer

    def sent(self, method: str = "POST") -> list[httpx2.Request]:
        """The commands that arrived."""
        return [one for one in self.asked if one.method == method and one.url.host != "issuer.example"]

    @staticmethod
    def _issuer(asked: httpx2.Request) -> httpx2.Response:
        if asked.url.path.startswith("/.well-known"):
            return httpx2.Response(
                200,
                json={
                    "issuer": ISSUER,
                    "authorization_endpoint": f"{ISSUER}/authorize",
                    "token_endpoint": f"{ISSUER}/token",
                },
            )
        token = TOKENS.get(parse_qs(asked.content.decode())["code"][0])
        if token is None:
            return httpx2.Response(400, json={"error": "invalid_grant"})
        return httpx2.Response(200, json={"access_token": token, "token_type": "Bearer", "expires_in": 3600})


def problem(status: int, kind: str, title: str, **more: Any) -> httpx2.Response:
    """A refusal of a gateway."""
    content = {"type": f"https://vzaimo.city/problems/{kind}", "title": title, "status": status, "detail": "", **more}
    return httpx2.Response(status, content=json.dumps(content), headers={"Content-Type": "application/problem+json"})


class Browser:
    """A browser, as far as the portal can tell."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        """Follow a link."""
        return await self.http.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    async def post(self, path: str, data: dict[str, Any] | None = None, **headers: str | None) -> httpx2.Response:
        """Send a form, as a page of the portal would."""
        told: dict[str, str | None] = {"Origin": PORTAL, "Sec-Fetch-Site": "same-origin", **headers}
        sent = {name.replace("_", "-"): value for name, value in told.items() if value is not None}
        return await self.http.post(path, data=data or {}, headers=sent)

    async def send(self, page: httpx2.Response, action: str, **typed: Any) -> httpx2.Response:
        """Fill in the form of a page that goes to this address, and send it with all that it carries."""
        reader = _Forms()
        reader.feed(page.text)
        return await self.post(action, reader.found[action] | typed)

    async def sign_in(self, back: str = "/my", code: str = "good") -> httpx2.Response:
        """Go through the issuer and come back."""
        away = await self.get(f"/login?back={back}")
        state = parse_qs(urlsplit(away.headers["location"]).query)["state"][0]
        return await self.get(f"/login/done?code={code}&state={state}")


class _Forms(HTMLParser):
    """The forms of a page: by address, what they carry unseen."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self._open: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember a form, or what one carries."""
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = self.found.setdefault(told.get("action", ""), {})
        elif tag == "input" and told.get("type") == "hidden":
            self._open[told["name"]] = told["value"]
