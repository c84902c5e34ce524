"""Keys that seal what others keep for us: links in mails, secrets of webhooks, sessions.

A setting may name several, separated by commas: the first seals, each of them opens. So a key is changed and nothing
voided: the new one is put behind the old one until every process knows it, then before it, and the old one is taken
away when little is left of what it has sealed.
"""

from typing import Annotated

from pydantic import AfterValidator, SecretStr
from pydantic_core import PydanticCustomError

SHORTEST = 32


def _long_enough(keys: SecretStr) -> SecretStr:
    if any(len(key.decode()) < SHORTEST for key in each_of(keys)):
        hint = "a key must have {shortest} characters or more; several are separated by commas"
        raise PydanticCustomError("keys", hint, {"shortest": SHORTEST})
    return keys


def each_of(keys: SecretStr | None) -> tuple[bytes, ...]:
    """The keys of a setting, the one that seals first; none where it is not set."""
    return tuple(key.strip().encode() for key in keys.get_secret_value().split(",")) if keys else ()


Keys = Annotated[SecretStr, AfterValidator(_long_enough)]
"""A setting that holds one key or several."""
