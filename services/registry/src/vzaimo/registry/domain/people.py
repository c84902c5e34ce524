"""Invitations and roles: who may act, and who invited them."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from vzaimo.registry.domain.refusals import (
    CityNeeded,
    EmailMismatch,
    EmailNotVerified,
    ExpiryPassed,
    InvitationExpired,
    InvitationRevoked,
    InvitationUsed,
    UnknownInvitation,
)

INVITATION_LIFE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-time offer of a role, sent by mail."""

    id: UUID
    role: str
    city: str | None
    email: str
    expires_at: datetime
    revoked_at: datetime | None = None
    accepted_at: datetime | None = None


def secret_of(invitation: UUID, key: bytes) -> str:
    """The secret in the mail: the id, and its HMAC-SHA256 under the service's key.

    Derived, not stored: a copy of the store redeems nothing, and a mail sent again carries the same secret (after a
    change of keys another one, as good).
    """
    seal = hmac.digest(key, invitation.bytes, hashlib.sha256)
    return urlsafe_b64encode(invitation.bytes + seal).decode().rstrip("=")


def invited_by(secret: str, keys: Sequence[bytes]) -> UUID:
    """The invitation that a secret belongs to. Raises ``UnknownInvitation`` for a made-up one."""
    try:
        invitation = UUID(bytes=urlsafe_b64decode(secret + "=" * (-len(secret) % 4))[:16])
    except ValueError:
        raise UnknownInvitation from None
    if not any(hmac.compare_digest(secret_of(invitation, key).encode(), secret.encode()) for key in keys):
        raise UnknownInvitation
    return invitation


def check_role(role: str, city: str | None) -> None:
    """A coordinator and a viewer act for a city, a moderator for none. Raises ``CityNeeded``."""
    if (role == "moderator") == (city is not None):
        raise CityNeeded(role)


def check_expiry(expires_at: datetime, now: datetime) -> None:
    """What is given for a time must not be over yet. Raises ``ExpiryPassed``."""
    if expires_at <= now:
        raise ExpiryPassed(expires_at)


def redeem(invitation: Invitation, email: str | None, now: datetime) -> None:
    """May whoever has this verified e-mail take the role? Raises the refusal that says why not."""
    if invitation.accepted_at is not None:
        raise InvitationUsed
    if invitation.revoked_at is not None:
        raise InvitationRevoked
    if now >= invitation.expires_at:
        raise InvitationExpired(invitation.expires_at)
    if email is None:
        raise EmailNotVerified
    if folded(email) != folded(invitation.email):
        raise EmailMismatch


def folded(email: str) -> str:
    """Addresses are compared without regard to case, as every mailbox provider does."""
    return email.strip().casefold()
