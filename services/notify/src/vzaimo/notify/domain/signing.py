"""How a receiver knows that a request is ours: as Standard Webhooks has it, so that its libraries verify it."""

import hmac
from base64 import b64encode
from collections.abc import Sequence
from uuid import UUID

PREFIX = "whsec_"


def secret_of(secret: UUID, key: bytes) -> str:
    """The secret as its receiver keeps it: 256 bits. Derived from our key and a random id, stored nowhere."""
    return PREFIX + b64encode(_key_of(secret, key)).decode()


def headers(
    message_id: UUID, moment: int, body: bytes, secrets: Sequence[UUID], keys: Sequence[bytes]
) -> dict[str, str]:
    """What a request carries: its id, its moment (seconds since 1970), and a signature with each of the secrets.

    By each of our keys: a receiver has its secret from the one that was the first when the secret was made.
    """
    signed = f"{message_id}.{moment}.".encode() + body
    known = [_key_of(one, key) for key in keys for one in secrets]
    signatures = [b64encode(hmac.digest(one, signed, "sha256")).decode() for one in known]
    return {
        "webhook-id": str(message_id),
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }


def _key_of(secret: UUID, key: bytes) -> bytes:
    return hmac.digest(key, f"webhook\n{secret}".encode(), "sha256")
