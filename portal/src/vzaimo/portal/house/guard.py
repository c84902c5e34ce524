"""What holds for every page: requests of other sites are refused, headers are strict, the session goes in and out."""

import copy
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vzaimo.portal.house.session import Seal
from vzaimo.portal.house.words import LANGUAGES, words

SAFE = {"GET", "HEAD", "OPTIONS"}
YEAR = 365 * 24 * 3600
ASSETS = "/assets/"
LONGEST_BODY = 2 * 1024 * 1024
DRAINED = 64 * 1024 * 1024
"""What is longer than our forms is read up to here and thrown away: a browser answers nobody before it has sent all."""

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


class Guard:
    """Stands before every page."""

    def __init__(self, app: ASGIApp, *, seal: Seal, origin: str, secure: bool) -> None:
        self._app = app
        self._seal = seal
        self._origin = origin
        self._headers = dict(_HEADERS)
        if secure:
            self._headers["Strict-Transport-Security"] = f"max-age={YEAR}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with ``scope["vzaimo.session"]`` and ``scope["vzaimo.cookies"]``."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        cookies = read_cookies(headers.get("cookie", ""))
        session = self._seal.open(cookies)
        before = copy.deepcopy(session)
        scope["vzaimo.session"], scope["vzaimo.cookies"] = session, cookies

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    out.setdefault(name, value)
                if not scope["path"].startswith(ASSETS):
                    out.setdefault("Cache-Control", "private, no-cache")
                    for cookie in self._language(scope):
                        out.append("Set-Cookie", cookie)
                    if session != before:
                        for cookie in self._seal.close(session, cookies):
                            out.append("Set-Cookie", cookie)
            await send(message)

        if refusal := self._refusal(scope["method"], headers):
            await PlainTextResponse(refusal[1], refusal[0])(scope, receive, dressed)
            return
        scope["vzaimo.too_large"] = await _drained(scope["method"], headers, receive)
        await self._app(scope, receive, dressed)

    def _refusal(self, method: str, headers: Headers) -> tuple[int, str] | None:
        if method in SAFE:
            return None
        length = headers.get("content-length", "")
        if not length.isdigit():
            return 411, _both("guard.length")
        if int(length) > DRAINED:
            return 413, _both("guard.length")
        if self._foreign(headers):
            return 403, _both("guard.foreign")
        return None

    def _foreign(self, headers: Headers) -> bool:
        """Whether another site made the browser send this; one that says nothing of itself counts as another."""
        site = headers.get("sec-fetch-site")
        if site is not None and site != "same-origin":
            return True
        origin = headers.get("origin")
        return origin != self._origin if origin is not None else site is None

    @staticmethod
    def _language(scope: Scope) -> list[str]:
        chosen = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[-1]
        return [f"lang={chosen}; Path=/; Max-Age={YEAR}; SameSite=Lax"] if chosen in LANGUAGES else []


async def _drained(method: str, headers: Headers, receive: Receive) -> bool:
    """Whether the form was too large, and is thrown away."""
    if method in SAFE or int(headers["content-length"]) <= LONGEST_BODY:
        return False
    while (await receive()).get("more_body", False):
        pass
    return True


def read_cookies(header: str) -> dict[str, str]:
    """The cookies that a browser sends; what cannot be read counts as nothing."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}


def _both(key: str) -> str:
    return "\n".join(words().say(language, key) for language in LANGUAGES)
