"""Identifiers: UUIDv7 (RFC 9562), so that keys sort by the time they were made."""

import uuid

from uuid_utils import uuid7


def new_id() -> uuid.UUID:
    """A new UUIDv7."""
    return uuid.UUID(int=uuid7().int)
