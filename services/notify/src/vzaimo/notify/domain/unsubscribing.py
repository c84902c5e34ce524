"""The address in a mail by which its reader wants no more of its kind, without signing in (RFC 8058)."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence

from vzaimo.notify.domain.kinds import NOT_MUTED, Group
from vzaimo.notify.domain.refusals import BadUnsubscribeToken


def token_for(person: str, groups: Iterable[Group], key: bytes) -> str | None:
    """Who no longer wants what; only we can make it. None where that cannot be muted."""
    wanted = set(groups)
    if wanted & NOT_MUTED:
        return None
    names = "+".join(sorted(wanted))
    return f"{person}.{names}.{_seal(person, names, key)}"


def reader_of(token: str, keys: Sequence[bytes]) -> tuple[str, frozenset[Group]]:
    """Who no longer wants what. Raises ``BadUnsubscribeToken``."""
    person, _, rest = token.partition(".")
    names, _, seal = rest.partition(".")
    if not any(hmac.compare_digest(seal.encode(), _seal(person, names, key).encode()) for key in keys):
        raise BadUnsubscribeToken
    known = {group.value: group for group in Group if group not in NOT_MUTED}
    # A group of an earlier release may be gone.
    return person, frozenset(known[name] for name in names.split("+") if name in known)


def _seal(person: str, names: str, key: bytes) -> str:
    digest = hmac.digest(key, f"unsubscribe\n{person}\n{names}".encode(), "sha256")
    return urlsafe_b64encode(digest[:18]).decode()
