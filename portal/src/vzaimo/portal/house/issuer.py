"""Signing in: OIDC authorization code flow with PKCE (RFC 7636) at the issuer whose tokens the gateways take."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import AsyncOAuth2Client

from vzaimo.portal.house.session import Login, Session
from vzaimo.portal.house.settings import PortalSettings

log = logging.getLogger(__name__)
VERIFIER = 64
"""Characters; RFC 7636 asks for 43 at least."""
KEPT = 3600.0
"""Seconds for which the issuer's own description is remembered."""
USUAL_LIFE = 300
"""Seconds of a token whose issuer does not say."""
EARLY = 30
"""Seconds before its end at which a token counts as expired, so that no gateway refuses it half-way."""


class LoginFailed(Exception):
    """The issuer is away, or what came back does not fit the login that was begun."""


@dataclass(frozen=True, slots=True)
class _Places:
    issuer: str
    authorize: str
    token: str


class Issuer:
    """Sends visitors to the issuer and takes them back."""

    def __init__(
        self, settings: PortalSettings, http: httpx2.AsyncClient, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self._settings = settings
        self._http = http
        self._transport = transport
        self._places: _Places | None = None
        self._asked = float("-inf")

    @property
    def back(self) -> str:
        """Where the issuer sends people back to."""
        return f"{self._settings.public_url}/login/done"

    async def begin(self, session: Session, back: str) -> str:
        """The address at the issuer to go to; the session remembers what has to come back. Raises ``LoginFailed``."""
        places = await self._known()
        verifier = generate_token(VERIFIER)
        async with self._client() as client:
            url, state = client.create_authorization_url(places.authorize, code_verifier=verifier)
        session.login = Login(str(state), verifier, back)
        return str(url)

    async def finish(self, session: Session, answer: Mapping[str, str]) -> str:
        """Take the answer; the session holds the token then. Returns where to go on. Raises ``LoginFailed``."""
        places, login = await self._known(), session.login
        session.login = None
        # RFC 9207: an answer that names its issuer names ours.
        if login is None or answer.get("state") != login.state or answer.get("iss", places.issuer) != places.issuer:
            raise LoginFailed
        if "code" not in answer:
            raise LoginFailed
        try:
            async with self._client() as client:
                token: dict[str, Any] = await client.fetch_token(
                    places.token, code=answer["code"], code_verifier=login.verifier
                )
        except (AuthlibBaseError, httpx2.HTTPError, ValueError) as error:
            # Such as invalid_client: our secret is not the one that the issuer knows.
            log.warning("the issuer gives no token: %s", getattr(error, "error", None) or type(error).__name__)
            raise LoginFailed from None
        session.token = str(token["access_token"])
        session.expires_at = time.time() + int(token.get("expires_in", USUAL_LIFE)) - EARLY
        session.written = {}
        return login.back

    def _client(self) -> AsyncOAuth2Client:
        secret = self._settings.client_secret
        return AsyncOAuth2Client(
            client_id=self._settings.client_id,
            client_secret=secret.get_secret_value() if secret else None,
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            redirect_uri=self.back,
            scope="openid email",
            code_challenge_method="S256",
            timeout=self._settings.patience,
            transport=self._transport,
        )

    async def _known(self) -> _Places:
        if self._places is not None and time.monotonic() - self._asked < KEPT:
            return self._places
        try:
            answer = await self._http.get(f"{self._settings.issuer}/.well-known/openid-configuration")
            told = answer.raise_for_status().json()
            places = _Places(told["issuer"], told["authorization_endpoint"], told["token_endpoint"])
        except (httpx2.HTTPError, ValueError, KeyError) as error:
            log.warning("the issuer does not describe itself: %s", type(error).__name__)
            raise LoginFailed from None
        if places.issuer.rstrip("/") != self._settings.issuer:
            log.warning("the issuer calls itself %s", places.issuer)
            raise LoginFailed
        self._places, self._asked = places, time.monotonic()
        return places
