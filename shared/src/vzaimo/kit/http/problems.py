"""Problem details for HTTP (RFC 9457)."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from vzaimo.contracts.refusal import Refusal
from vzaimo.kit.database import Conflict, StoreUnavailable
from vzaimo.kit.http.fields import message
from vzaimo.kit.http.language import preferred
from vzaimo.kit.idempotency import KeyReused
from vzaimo.kit.identity import InvalidToken, IssuerAway

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
BASE = "https://vzaimo.city/problems/"
RETRY_AFTER = 2
"""Seconds after which it is worth trying again what is short-lived."""

_BY_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large", 415: "unsupported-media-type"}


class Problem(Exception):
    """A problem of HTTP itself: kind, facts, headers."""

    def __init__(self, kind: str, facts: Mapping[str, Any] | None = None, **headers: str) -> None:
        super().__init__(kind)
        self.kind = kind
        self.facts = dict(facts or {})
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def problem(
    request: Request,
    kind: str,
    facts: Mapping[str, Any] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    status: int | None = None,
) -> Response:
    """A problem as a response, in the caller's language."""
    words = request.app.state.wording[kind]
    language = preferred(request.headers.get("accept-language"))
    shown = jsonable_encoder(dict(facts or {}))
    title, detail = words.told(language, {name: _plain(value) for name, value in shown.items()})
    body = {**shown, "type": BASE + kind, "title": title, "status": status or words.status, "detail": detail}
    return Response(
        json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        status or words.status,
        {"Content-Language": language, "Cache-Control": "no-store", **(headers or {})},
        MEDIA_TYPE,
    )


def handle_problems(app: FastAPI) -> None:
    """Answer every failure with a problem."""
    for failure, answer in _ANSWERS.items():
        app.add_exception_handler(failure, answer)


async def _refused(request: Request, refusal: Refusal) -> Response:
    headers = {"Retry-After": str(RETRY_AFTER)} if refusal.kind == "actor-not-yet-known" else None
    return problem(request, refusal.kind, refusal.facts, headers=headers)


async def _http_problem(request: Request, error: Problem) -> Response:
    return problem(request, error.kind, error.facts, headers=error.headers)


async def _bad_token(request: Request, error: InvalidToken) -> Response:
    challenge = f'Bearer error="invalid_token", error_description="{error.reason}"'
    return problem(request, "invalid-token", {"reason": error.reason}, headers={"WWW-Authenticate": challenge})


async def _issuer_away(request: Request, _error: IssuerAway) -> Response:
    # Not 401: the token may be good, and whoever is told otherwise throws it away.
    return _later(request, RETRY_AFTER)


async def _reused(request: Request, _error: KeyReused) -> Response:
    return problem(request, "key-reused")


async def _conflict(request: Request, _error: Conflict) -> Response:
    return problem(request, "conflict", headers={"Retry-After": "1"})


async def _away(request: Request, error: StoreUnavailable) -> Response:
    log.warning("the store is away: %s", error)
    return _later(request, RETRY_AFTER)


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return problem(request, "malformed-json")
    language = preferred(request.headers.get("accept-language"))
    fields = [
        {
            "in": str(item["loc"][0]),
            "field": ".".join(str(part) for part in item["loc"][1:]),
            "message": message(item["type"], item.get("ctx", {}), language),
        }
        for item in found[:100]
    ]
    return problem(request, "invalid-request", {"errors": fields})


async def _http(request: Request, error: HTTPException) -> Response:
    if isinstance(error.__cause__, Problem):
        # The body's bound was reached while FastAPI read it, which it reports as its own error.
        return await _http_problem(request, error.__cause__)
    kind = _BY_STATUS.get(error.status_code, "invalid-request")
    return problem(request, kind, headers=error.headers, status=error.status_code)


async def _failed(request: Request, _error: Exception) -> Response:
    # Starlette logs the exception with its traceback after this answer; the answer tells nothing of it.
    return problem(request, "internal-error", {"trace": request.scope.get("vzaimo.trace", "-")})


def _later(request: Request, seconds: int) -> Response:
    return problem(request, "unavailable", {"retry_after": seconds}, headers={"Retry-After": str(seconds)})


def _plain(value: Any) -> Any:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else value


_ANSWERS: dict[type[Exception], Any] = {
    Refusal: _refused,
    Problem: _http_problem,
    InvalidToken: _bad_token,
    IssuerAway: _issuer_away,
    KeyReused: _reused,
    Conflict: _conflict,
    StoreUnavailable: _away,
    RequestValidationError: _invalid,
    HTTPException: _http,
    Exception: _failed,
}
