"""What a visitor sees when a page cannot be shown: what happened, and what to do next."""

import logging
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from vzaimo.portal.house.gateways import Away, Problem, SignedOut
from vzaimo.portal.house.refusals import retell
from vzaimo.portal.house.visit import TOO_LARGE, visit_of

log = logging.getLogger(__name__)
NOT_FOUND, UNPROCESSABLE, FAILED, UNAVAILABLE, UNAUTHORIZED = 404, 422, 500, 503, 401


def handle_troubles(app: FastAPI) -> None:
    """Answer every failure with a page."""
    for failure, answer in _ANSWERS.items():
        app.add_exception_handler(failure, answer)


def here(request: Request) -> str:
    """The address of this page, with its query."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


async def _signed_out(request: Request, _error: SignedOut) -> Response:
    visit = visit_of(request)
    visit.session.token = None
    if request.method == "GET":
        return RedirectResponse(f"/login?back={quote(here(request))}", 303)
    typed: FormData = request.scope.get("vzaimo.typed", FormData())
    kept = [(name, value) for name, value in typed.multi_items() if isinstance(value, str)]
    return await visit.show("expired.html", status=UNAUTHORIZED, asking=False, kept=kept, action=here(request))


async def _problem(request: Request, problem: Problem) -> Response:
    if problem.status == NOT_FOUND:
        return await _page(request, NOT_FOUND, "lost")
    visit = visit_of(request)
    retell(problem, visit.clock, visit.portal.names)
    if problem.trace:
        visit.begin()  # whoever runs the programme is led on to the trace
    try:
        return await visit.show(
            "trouble.html",
            status=problem.status,
            asking=False,
            title=problem.title,
            text=problem.detail,
            trace=problem.trace,
        )
    finally:
        await visit.end()


async def _away(request: Request, away: Away) -> Response:
    response = await _page(request, UNAVAILABLE, "away", service=away.service)
    response.headers["Retry-After"] = "5"
    return response


async def _http(request: Request, error: HTTPException) -> Response:
    return await _page(request, error.status_code, _REASONS.get(error.status_code, "refused"))


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    in_path = any(one["loc"][0] == "path" for one in error.errors())
    return await _page(request, NOT_FOUND if in_path else UNPROCESSABLE, "lost" if in_path else "refused")


async def _failed(request: Request, _error: Exception) -> Response:
    # Starlette logs the exception after this answer, which tells nothing of it.
    return await _page(request, FAILED, "failed")


async def _page(request: Request, status: int, what: str, **facts: object) -> Response:
    visit = visit_of(request)
    if "service" in facts:
        facts["service"] = visit.say(f"service.{facts['service']}")
    title, text = visit.say(f"trouble.{what}.title"), visit.say(f"trouble.{what}.text", **facts)
    return await visit.show("trouble.html", status=status, asking=False, title=title, text=text)


_REASONS = {NOT_FOUND: "lost", TOO_LARGE: "large"}
_ANSWERS: dict[type[Exception], Any] = {
    SignedOut: _signed_out,
    Problem: _problem,
    Away: _away,
    RequestValidationError: _invalid,
    HTTPException: _http,
    Exception: _failed,
}
