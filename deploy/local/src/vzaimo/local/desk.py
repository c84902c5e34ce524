"""The desk of one machine: issuer, mailbox, traces, a page of addresses. ``python -m vzaimo.local.desk``."""

import asyncio
import sys
from itertools import islice
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import uvicorn
from aiosmtpd.smtp import SMTP
from fastapi import APIRouter, FastAPI, Form, HTTPException, Query, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import BaseModel, StringConstraints

from vzaimo.local.codes import CLIENT, Codes, Redemption, Wanted
from vzaimo.local.ground import SERVICES, Ground, known
from vzaimo.local.issuer import LIFE, Issuer
from vzaimo.local.mailbox import Mail, Mailbox
from vzaimo.local.seed import people
from vzaimo.local.traces.api import traces_routes
from vzaimo.local.traces.store import Traces

SHOWN = 200
_CSP = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'"
_PAGES = Environment(loader=PackageLoader("vzaimo.local"), autoescape=True, undefined=StrictUndefined)


Subject = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]


class Asked(BaseModel):
    """Whose token is wanted."""

    subject: Subject


class Token(BaseModel):
    """An access token."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - RFC 6750's word
    expires_in: int = LIFE


def desk(ground: Ground, issuer: Issuer, mailbox: Mailbox, traces: Traces) -> FastAPI:
    """The desk's pages."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(_issuing(issuer))
    app.include_router(_signing_in(ground, Codes(issuer)))
    app.include_router(_mail(mailbox))
    app.include_router(traces_routes(traces))

    @app.get("/")
    async def front() -> HTMLResponse:
        return _page("desk.html", ground=ground, services=SERVICES, people=people())

    @app.get("/healthz")
    async def healthz() -> dict[str, bool]:
        return {"ok": True}

    return app


def _issuing(issuer: Issuer) -> APIRouter:
    router = APIRouter()

    @router.get("/.well-known/openid-configuration")
    async def configuration() -> dict[str, Any]:
        return issuer.configuration

    @router.get("/jwks.json")
    async def jwks() -> Any:
        return issuer.jwks

    @router.post("/token")
    async def token(asked: Asked) -> Token:
        return Token(access_token=issuer.token(asked.subject))

    return router


def _signing_in(ground: Ground, codes: Codes) -> APIRouter:
    """The authorization code flow, for the portal of this machine alone."""
    router = APIRouter()

    def ours(wanted: Wanted) -> Wanted:
        if wanted.redirect_uri != f"{ground.portal}/login/done" or wanted.client_id != CLIENT:
            raise HTTPException(400, "Only the portal of this machine signs people in here.")
        return wanted

    @router.get("/authorize")
    async def authorize(wanted: Annotated[Wanted, Query()]) -> HTMLResponse:
        query = urlencode(ours(wanted).model_dump())
        return _page("sign_in.html", people=people(), query=query)

    @router.get("/authorize/{subject}")
    async def authorize_as(subject: Subject, wanted: Annotated[Wanted, Query()]) -> Response:
        code = codes.issue(subject, ours(wanted))
        answer = urlencode({"code": code, "state": wanted.state, "iss": ground.desk})
        return RedirectResponse(f"{wanted.redirect_uri}?{answer}", 303)

    @router.post("/oauth/token")
    async def token(asked: Annotated[Redemption, Form()]) -> Response:
        granted = codes.redeem(asked)
        if granted is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(Token(access_token=granted).model_dump(), headers={"Cache-Control": "no-store"})

    return router


def _mail(mailbox: Mailbox) -> APIRouter:
    router = APIRouter()

    def found(no: int) -> Mail:
        mail = mailbox.find(no)
        if mail is None:
            raise HTTPException(404, f"There is no mail {no}.")
        return mail

    @router.get("/mail")
    async def mails(to: str | None = None) -> HTMLResponse:
        return _page("mails.html", mails=list(islice(mailbox.newest(to), SHOWN)), to=to)

    @router.get("/mail.json")
    async def mails_json(to: str | None = None) -> list[dict[str, Any]]:
        return [
            {
                "no": mail.no,
                "to": mail.message["To"],
                "subject": mail.message["Subject"],
                "message_id": mail.message["Message-ID"],
                "text": mail.part("plain"),
            }
            for mail in islice(mailbox.newest(to), SHOWN)
        ]

    @router.get("/mail/{no}")
    async def mail(no: int) -> HTMLResponse:
        return _page("mail.html", mail=found(no))

    @router.get("/mail/{no}/html")
    async def mail_html(no: int) -> Response:
        # A mail is a stranger's page: no script, no request leaves it.
        sealed = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups"
        return HTMLResponse(found(no).part("html"), headers={"Content-Security-Policy": sealed})

    return router


def _page(name: str, **facts: Any) -> HTMLResponse:
    return HTMLResponse(_PAGES.get_template(name).render(**facts), headers={"Content-Security-Policy": _CSP})


async def _serve(ground: Ground) -> None:
    mailbox = Mailbox(ground.folder / "mail")
    traces = Traces(ground.folder / "traces.db")
    app = desk(ground, Issuer(ground.folder / "desk", ground.desk), mailbox, traces)
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(lambda: SMTP(mailbox, loop=loop), "127.0.0.1", ground.smtp_port)
    config = uvicorn.Config(app, host="127.0.0.1", port=ground.port, log_level="warning", access_log=False)
    try:
        await uvicorn.Server(config).serve()
    finally:
        smtp.close()
        traces.close()


def main() -> None:
    """The process."""
    asyncio.run(_serve(known(Path(sys.argv[1]))))


if __name__ == "__main__":
    main()
