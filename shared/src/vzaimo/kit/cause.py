"""Why a transaction runs."""

from dataclasses import dataclass

from vzaimo.kit.idempotency import Attempt


@dataclass(frozen=True, slots=True)
class Cause:
    """Who acts, in which trace, and under which Idempotency-Key."""

    actor: str
    """A person's reference, ``fact:<event id>``, ``timer`` or ``operator``; never a name."""
    traceparent: str | None = None
    attempt: Attempt | None = None
