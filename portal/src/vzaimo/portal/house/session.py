"""The session: sealed in cookies that scripts cannot read, kept nowhere else.

Its content is encrypted (JWE, RFC 7516), so neither a reader of the browser's files nor a script has the token. What is
longer than a cookie may be goes on in the next one.
"""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

PIECE = 3800
"""Characters of one cookie: browsers keep 4096 with its name and attributes."""
MOST_PIECES = 4
MOST_POSITIONS = 8
"""As many as a gateway reads."""
POSITION_LIFE = 60
"""Seconds: whoever has not heard of it by then is behind, and no page waits for that."""
_ALGORITHMS = ["dir", "A256GCM", "DEF"]


@dataclass(slots=True)
class Login:
    """A login that has begun: what comes back from the issuer must fit it."""

    state: str
    verifier: str
    back: str


@dataclass(slots=True)
class Session:
    """What is remembered of a visitor between two pages."""

    token: str | None = None
    expires_at: float = 0
    written: dict[str, tuple[int, float]] = field(default_factory=dict)
    """What the visitor has just changed: version and moment, by aggregate."""
    login: Login | None = None
    notice: str | None = None
    """The key of a text that the next page shows once."""

    @property
    def signed_in(self) -> bool:
        """Whether there is a token that has not expired."""
        return self.token is not None and time.time() < self.expires_at

    def forget(self) -> None:
        """Whoever it was is a stranger again."""
        self.token, self.expires_at, self.written, self.login = None, 0, {}, None

    @property
    def positions(self) -> dict[str, int]:
        """What gateways are to wait for, so that visitors see what they have just changed."""
        now = time.time()
        return {place: version for place, (version, at) in self.written.items() if now - at < POSITION_LIFE}

    def wrote(self, position: str) -> None:
        """Remember what a command answered: ``event/<id>/3``."""
        for one in position.split(","):
            place, _, version = one.strip().rpartition("/")
            if place and version.isdigit():
                self.written.pop(place, None)
                self.written[place] = int(version), round(time.time())
        while len(self.written) > MOST_POSITIONS:
            self.written.pop(next(iter(self.written)))


class Seal:
    """Turns a session into the values of cookies and back: the first key seals, each of them opens."""

    def __init__(self, keys: Sequence[bytes], *, secure: bool) -> None:
        self._keys = [hashlib.sha256(key).digest() for key in keys]
        # The prefix lets a browser take the cookie from this very host over TLS alone.
        self._name = "__Host-vzaimo" if secure else "vzaimo"
        self._secure = secure

    def open(self, cookies: Mapping[str, str]) -> Session:
        """The session in these cookies; a new one when there is none, or it is not ours."""
        pieces = [cookies.get(name, "") for name in self._names]
        sealed = "".join(pieces)
        if not sealed:
            return Session()
        return next(filter(None, (_opened(sealed, key) for key in self._keys)), Session())

    def close(self, session: Session, cookies: Mapping[str, str]) -> list[str]:
        """The ``Set-Cookie`` values that make the browser hold this session; pieces of an older one are dropped."""
        sealed = ""
        if session != Session():
            plain = json.dumps(asdict(session), separators=(",", ":")).encode()
            header = {"alg": "dir", "enc": "A256GCM", "zip": "DEF"}
            sealed = jwe.encrypt_compact(header, plain, OctKey.import_key(self._keys[0]), algorithms=_ALGORITHMS)
        if len(sealed) > PIECE * MOST_PIECES:
            raise ValueError("the session is larger than cookies can hold: the issuer's access tokens are too long")
        found = []
        for no, name in enumerate(self._names):
            piece = sealed[no * PIECE : (no + 1) * PIECE]
            if piece:
                found.append(f"{name}={piece}; {self._attributes}")
            elif name in cookies:
                found.append(f"{name}=; Max-Age=0; {self._attributes}")
        return found

    @property
    def _names(self) -> list[str]:
        return [f"{self._name}{no}" for no in range(MOST_PIECES)]

    @property
    def _attributes(self) -> str:
        return "Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if self._secure else "")


@lru_cache(maxsize=1000)
def _plain(sealed: str, key: bytes) -> bytes:
    """What is sealed; remembered, since a browser sends the same with each request."""
    return jwe.decrypt_compact(sealed, OctKey.import_key(key), algorithms=_ALGORITHMS).plaintext or b"{}"


def _opened(sealed: str, key: bytes) -> Session | None:
    """The session that this key has sealed."""
    try:
        content: dict[str, Any] = json.loads(_plain(sealed, key))
        if (login := content.get("login")) is not None:
            content["login"] = Login(**login)
        content["written"] = {place: tuple(one) for place, one in content["written"].items()}
        return Session(**content)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
