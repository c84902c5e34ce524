"""Entity tags: the version, and a hash of what else the view shows (RFC 9110, section 8.8.3)."""

import hashlib
import re

from vzaimo.kit.http.problems import Problem

_TAG = re.compile(r'(?:W/)?"([0-9]{1,18})(?:-[0-9a-f]+)?"')


def etag(version: int, *parts: object) -> str:
    """A strong tag; ``parts`` are copied data and the language, on which the view also depends."""
    if not parts:
        return f'"{version}"'
    digest = hashlib.blake2b("\n".join(str(part) for part in parts).encode(), digest_size=8).hexdigest()
    return f'"{version}-{digest}"'


def expected_version(if_match: str | None) -> int | None:
    """The version that a caller has seen; any for ``*`` or without the header. Other parts do not count."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise Problem("bad-header", {"header": "If-Match", "remedy": "send the ETag of the last answer"})
    return int(found[1])


def unchanged(if_none_match: str | None, tag: str) -> bool:
    """Whether the caller has this very view (weak comparison)."""
    if if_none_match is None:
        return False
    known = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return tag in known or "*" in known
