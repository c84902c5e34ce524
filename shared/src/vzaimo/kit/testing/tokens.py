"""An issuer for tests: a key, its JWKS file, and tokens."""

import json
import time
from functools import cache
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

ISSUER = "https://issuer.example"
AUDIENCE = "vzaimo"


@cache
def signing_key(kid: str = "test") -> ECKey:
    """A P-256 key, made once a run."""
    return ECKey.generate_key("P-256", parameters={"kid": kid, "use": "sig", "alg": "ES256"})


def write_jwks(folder: Path) -> str:
    """Write the public keys and return the file's path."""
    path = folder / "jwks.json"
    path.write_text(json.dumps(KeySet([signing_key()]).as_dict(private=False)), encoding="utf-8")
    return str(path)


def token(subject: str, *, email: str | None = None, lives: int = 3600, **claims: object) -> str:
    """An access token; ``claims`` replace the usual ones."""
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + lives}
    if email is not None:
        usual |= {"email": email, "email_verified": True}
    return jwt.encode({"alg": "ES256", "kid": "test", "typ": "at+jwt"}, usual | claims, signing_key())
