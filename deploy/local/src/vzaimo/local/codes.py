"""The authorization code flow with PKCE (RFC 6749, RFC 7636), as far as the portal of one machine needs it."""

import hashlib
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from vzaimo.local.issuer import Issuer

CLIENT = "vzaimo-portal"
LIFE = 60.0
"""Seconds."""


class Wanted(BaseModel):
    """An authorization request."""

    response_type: Literal["code"]
    client_id: str
    redirect_uri: str
    state: str
    code_challenge: str
    code_challenge_method: Literal["S256"]
    scope: str = ""


class Redemption(BaseModel):
    """A code is exchanged for a token."""

    grant_type: Literal["authorization_code"]
    client_id: str
    redirect_uri: str
    code: str
    code_verifier: str


@dataclass(frozen=True, slots=True)
class _Issued:
    subject: str
    wanted: Wanted
    until: float


class Codes:
    """Codes that were issued and not redeemed yet."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._open: dict[str, _Issued] = {}

    def issue(self, subject: str, wanted: Wanted) -> str:
        """A code for a demo person."""
        now = time.monotonic()
        self._open = {code: one for code, one in self._open.items() if one.until > now}
        code = secrets.token_urlsafe(24)
        self._open[code] = _Issued(subject, wanted, now + LIFE)
        return code

    def redeem(self, asked: Redemption) -> str | None:
        """The token, once, and only for whoever began the login."""
        issued = self._open.pop(asked.code, None)
        if issued is None or issued.until <= time.monotonic():
            return None
        digest = hashlib.sha256(asked.code_verifier.encode()).digest()
        proof = urlsafe_b64encode(digest).decode().rstrip("=")
        same = (asked.client_id, asked.redirect_uri, proof) == (
            issued.wanted.client_id,
            issued.wanted.redirect_uri,
            issued.wanted.code_challenge,
        )
        return self._issuer.token(issued.subject) if same else None
