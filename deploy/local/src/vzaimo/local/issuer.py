"""A small OIDC issuer for one machine: it gives anyone on this machine a token for any demo person.

It listens on the loopback address only. Elsewhere an OIDC provider takes its place.
"""

import json
import time
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from vzaimo.local.ground import MAIL_DOMAIN

LIFE = 12 * 3600
"""Seconds."""


class Issuer:
    """Signs access tokens (RFC 9068) with a key that is made once."""

    def __init__(self, folder: Path, url: str) -> None:
        self._url = url
        path = folder / "issuer.json"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            key = ECKey.generate_key("P-256", parameters={"kid": f"local-{int(time.time())}", "use": "sig"})
            fresh = path.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_text(json.dumps(key.as_dict(private=True)), encoding="utf-8")
            fresh.replace(path)
        self._key = ECKey.import_key(json.loads(path.read_text(encoding="utf-8")))

    @property
    def jwks(self) -> Any:
        """The public keys."""
        return KeySet([self._key]).as_dict(private=False)

    @property
    def configuration(self) -> dict[str, Any]:
        """What OpenID Connect Discovery 1.0 asks for, as far as it applies."""
        return {
            "issuer": self._url,
            "jwks_uri": f"{self._url}/jwks.json",
            "authorization_endpoint": f"{self._url}/authorize",
            "token_endpoint": f"{self._url}/oauth/token",
            "token_endpoint_auth_methods_supported": ["none"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "subject_types_supported": ["public"],
        }

    def token(self, subject: str) -> str:
        """A token for a demo person, whose verified mailbox is at the desk."""
        now = int(time.time())
        claims = {
            "iss": self._url,
            "aud": "vzaimo",
            "sub": subject,
            "iat": now,
            "exp": now + LIFE,
            "email": f"{subject}@{MAIL_DOMAIN}",
            "email_verified": True,
        }
        header = {"alg": "ES256", "kid": self._key.kid, "typ": "at+jwt"}
        return jwt.encode(header, claims, self._key)
