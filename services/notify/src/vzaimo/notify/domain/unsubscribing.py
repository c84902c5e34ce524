"""The address in a mail by which its reader wants no more of its kind, without signing in (RFC 8058)."""

import hmac
from base64 import urlsafe_b64encode

from vzaimo.notify.domain.kinds import NOT_MUTED, Group
from vzaimo.notify.domain.refusals import BadUnsubscribeToken


def token_for(person: str, group: Group, key: bytes) -> str:
    """Who no longer wants what; only we can make it."""
    return f"{person}.{group}.{_seal(person, group, key)}"


def reader_of(token: str, key: bytes) -> tuple[str, Group]:
    """Who no longer wants what. Raises ``BadUnsubscribeToken``."""
    person, _, rest = token.partition(".")
    name, _, seal = rest.partition(".")
    known = name in {group.value for group in Group if group not in NOT_MUTED}
    if not known or not hmac.compare_digest(seal.encode(), _seal(person, name, key).encode()):
        raise BadUnsubscribeToken
    return person, Group(name)


def _seal(person: str, group: str, key: bytes) -> str:
    digest = hmac.digest(key, f"unsubscribe\n{person}\n{group}".encode(), "sha256")
    return urlsafe_b64encode(digest[:18]).decode()
