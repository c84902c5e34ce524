"""Who calls: OIDC access tokens (JWT, RFC 9068) verified as a resource server, and what the caller may do.

Tokens say who somebody is; which city they act for is registry's knowledge, copied by each service (``kit.roles``).
"""

import asyncio
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, InvalidKeyIdError, JoseError, MissingClaimError
from joserfc.jwk import KeySet

from vzaimo.contracts.refusal import Refusal
from vzaimo.kit.database import Database
from vzaimo.kit.roles import RoleName, person_ref, roles_of

log = logging.getLogger(__name__)

ALGORITHMS = ["RS256", "ES256", "EdDSA"]
LEEWAY = 30
"""Seconds by which clocks may differ."""
REFRESH_AFTER = 300.0
"""Seconds for which a set of keys is not asked for again, unless a token names an unknown key."""
REFRESH_AT_MOST = 10.0
"""Seconds between two questions to the issuer, whatever tokens arrive."""
KEYS_TIMEOUT = 3.0
MAX_TOKEN = 8192
"""Characters."""
ROLES_KEPT = 1.0
"""Seconds."""
MOST_KEPT = 10_000
"""Callers whose token, or roles, are remembered."""


class InvalidToken(Exception):
    """The token proves nothing; ``reason`` is one word that a client can act on."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class IssuerAway(Exception):
    """The issuer has not told its keys yet: nothing can be said of the token."""


@dataclass
class NotAllowed(Refusal):
    """The caller is known and may not do this."""


@dataclass
class ActorNotYetKnown(Refusal):
    """No role of the caller is known here: none was granted, or the news has not arrived yet."""


@dataclass
class Stale(Refusal):
    """The caller has seen another version than the present one (``If-Match``)."""

    expected: int
    actual: int


@dataclass(frozen=True, slots=True)
class Claims:
    """A verified token. ``email`` only if the issuer verified it; it is kept out of every representation."""

    person: str
    issuer: str
    expires_at: datetime
    email: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Actor:
    """A known person, or a city's client program, with the roles that are valid now."""

    person: str
    moderates: bool = False
    coordinated: frozenset[str] = frozenset()
    viewed: frozenset[str] = frozenset()
    served: frozenset[tuple[str, str]] = frozenset()
    """City and scope of a client program."""

    @property
    def cities(self) -> frozenset[str]:
        """Every city whose own things the caller may read."""
        return self.coordinated | self.viewed | {city for city, scope in self.served if scope == "read"}

    def coordinates(self, city: str) -> bool:
        """May act for the city."""
        return city in self.coordinated

    def views(self, city: str) -> bool:
        """May read the city's own things."""
        return city in self.cities

    def serves(self, city: str, scope: str) -> bool:
        """Is a client program of the city with this scope."""
        return (city, scope) in self.served


def actor_of(person: str, roles: Sequence[Any], now: datetime) -> Actor:
    """What the rows of ``role`` that are valid now allow. Raises ``ActorNotYetKnown`` when there are none."""
    valid = [
        row
        for row in roles
        if row.granted_at <= now
        and (row.ended_at is None or row.ended_at > now)
        and (row.expires_at is None or row.expires_at > now)
    ]
    if not valid:
        raise ActorNotYetKnown
    return Actor(
        person=person,
        moderates=any(row.role == RoleName.MODERATOR for row in valid),
        coordinated=frozenset(row.city for row in valid if row.role == RoleName.COORDINATOR),
        viewed=frozenset(row.city for row in valid if row.role == RoleName.VIEWER),
        served=frozenset((row.city, scope) for row in valid if row.role == RoleName.SERVICE for scope in row.scopes),
    )


class Actors:
    """Callers as this service knows them.

    Roles are kept for a second, and forgotten as soon as this process writes any: so whose role has ended acts for one
    second more at the most, in another replica.
    """

    def __init__(self) -> None:
        self._roles: dict[str, tuple[float, Sequence[Any]]] = {}
        self._changes = 0

    async def load(self, database: Database, person: str, now: datetime) -> Actor:
        """A caller by reference. Raises ``ActorNotYetKnown``, which is never remembered."""
        kept = self._roles.get(person)
        if kept is not None and time.monotonic() - kept[0] < ROLES_KEPT:
            return actor_of(person, kept[1], now)
        asked, changes = time.monotonic(), self._changes
        async with database.read() as tx:
            roles = await roles_of(tx, person)
        actor = actor_of(person, roles, now)
        if len(self._roles) >= MOST_KEPT:
            self._roles.clear()
        if changes == self._changes:  # else what was read may be older than the change
            self._roles[person] = asked, roles
        return actor

    def forget(self) -> None:
        """Somebody's roles have changed."""
        self._changes += 1
        self._roles.clear()


def check_version(actual: int, expected: int | None) -> None:
    """Raise ``Stale`` when the caller named a version, and it is not the present one."""
    if expected is not None and expected != actual:
        raise Stale(expected, actual)


class Tokens:
    """Verifies access tokens against the issuer's keys, from a URL (cached) or a file (for tests and offline)."""

    def __init__(self, *, issuer: str, audience: str, jwks: str) -> None:
        self._issuer = issuer
        self._source = jwks
        self._keys: KeySet | None = None
        self._asked = float("-inf")
        self._turn = asyncio.Lock()
        self._known: dict[str, Claims] = {}
        """Tokens that the present keys have verified."""
        self._registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": False},
        )

    async def verify(self, token: str) -> Claims:
        """Read a bearer token. Raises ``InvalidToken``, or ``IssuerAway``."""
        if len(token) > MAX_TOKEN:
            raise InvalidToken("malformed")
        keys = await self._current_keys()
        known = self._known.get(token)
        if known is not None:
            if known.expires_at.timestamp() + LEEWAY <= time.time():
                raise InvalidToken("expired")
            return known
        found = await self._read(token, keys)
        if len(self._known) >= MOST_KEPT:
            self._known.clear()
        self._known[token] = found
        return found

    async def _read(self, token: str, keys: KeySet) -> Claims:
        try:
            decoded = self._decode(token, keys)
        except InvalidKeyIdError:
            # The issuer may have rotated its keys.
            decoded = self._decode_or_refuse(token, await self._fresh_keys())
        if str(decoded.header.get("typ", "JWT")).lower() not in {"at+jwt", "application/at+jwt", "jwt"}:
            raise InvalidToken("not-an-access-token")
        claims = decoded.claims
        try:
            self._registry.validate(claims)
        except ExpiredTokenError:
            raise InvalidToken("expired") from None
        except InvalidClaimError as error:
            raise InvalidToken(f"wrong-{error.claim}") from None
        except MissingClaimError as error:
            raise InvalidToken(f"missing-{error.claim}") from None
        except JoseError:
            raise InvalidToken("malformed") from None
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:  # noqa: PLR2004 - OIDC Core 1.0, section 2
            raise InvalidToken("wrong-sub")
        verified = claims.get("email_verified") is True and isinstance(claims.get("email"), str)
        return Claims(
            person=person_ref(self._issuer, subject),
            issuer=self._issuer,
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
            email=claims["email"] if verified else None,
        )

    def _decode_or_refuse(self, token: str, keys: KeySet) -> jwt.Token:
        try:
            return self._decode(token, keys)
        except InvalidKeyIdError:
            raise InvalidToken("unknown-key") from None

    @staticmethod
    def _decode(token: str, keys: KeySet) -> jwt.Token:
        try:
            return jwt.decode(token, keys, algorithms=ALGORITHMS)
        except InvalidKeyIdError:
            raise
        except (JoseError, ValueError):
            raise InvalidToken("bad-signature") from None

    async def _current_keys(self) -> KeySet:
        # While somebody asks an issuer that is slow, nobody else waits for it.
        if self._keys is not None and (time.monotonic() - self._asked < REFRESH_AFTER or self._turn.locked()):
            return self._keys
        return await self._fresh_keys()

    async def _fresh_keys(self) -> KeySet:
        async with self._turn:
            if time.monotonic() - self._asked >= REFRESH_AT_MOST:
                try:
                    self._keys = KeySet.import_key_set(await self._published())
                    self._known.clear()
                except Exception as error:  # noqa: BLE001 - it may answer anything: an error, a page, half of a set
                    # Keys that were good stay good while the issuer is away.
                    log.warning("the issuer's keys cannot be read: %s", type(error).__name__)
                self._asked = time.monotonic()
            if self._keys is None:
                raise IssuerAway
            return self._keys

    async def _published(self) -> Any:
        if not self._source.startswith(("http://", "https://")):
            return json.loads(Path(self._source).read_text(encoding="utf-8"))  # noqa: ASYNC240 - one small local file
        async with httpx2.AsyncClient(timeout=KEYS_TIMEOUT) as client:
            answer = await client.get(self._source)
            answer.raise_for_status()
            return answer.json()
