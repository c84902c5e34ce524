"""Commands that may be sent twice: the outcome is kept with the state, under the caller's key, for 24 hours.

The HTTP side is the ``Idempotency-Key`` field of draft-ietf-httpapi-idempotency-key-header.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from vzaimo.kit.database import Transaction, insert
from vzaimo.kit.tables import IdempotencyRow, table_of

KEPT = timedelta(hours=24)
_TABLE = table_of(IdempotencyRow)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sending of a command. ``scope`` is actor, method and path; ``fingerprint`` a hash of the body."""

    scope: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Done:
    """What a command brought about: this version of that aggregate. Status and Location follow from the route."""

    aggregate: str
    id: str
    version: int

    @property
    def position(self) -> str:
        """As ``Vzaimo-Position`` says it."""
        return f"{self.aggregate}/{self.id}/{self.version}"


class Repeated(Exception):
    """This command was carried out before: its outcome, to be answered again. Nothing was changed."""

    def __init__(self, done: Done) -> None:
        super().__init__("the command was carried out before")
        self.done = done


class KeyReused(Exception):
    """The key was used for a command with another body. Nothing was changed."""


async def recall(tx: Transaction, attempt: Attempt, now: datetime) -> None:
    """Claim the key for this transaction; a concurrent sending waits here until we commit or roll back.

    Raises ``Repeated`` or ``KeyReused``.
    """
    claim = insert(tx, _TABLE).values(
        scope=attempt.scope,
        key=attempt.key,
        fingerprint=attempt.fingerprint,
        outcome={},
        created_at=now,
    )
    claimed = await tx.first(claim.on_conflict_do_nothing().returning(_TABLE.c.key))
    if claimed is not None:
        return
    kept = await tx.first(
        select(_TABLE).where(_TABLE.c.scope == attempt.scope, _TABLE.c.key == attempt.key).with_for_update()
    )
    if kept is None:  # swept away between the two statements
        await recall(tx, attempt, now)
        return
    if kept.created_at <= now - KEPT:
        # The key is free again. Its row stays, so that whoever waits for it finds ours.
        await tx.execute(
            _TABLE.update()
            .where(_TABLE.c.scope == attempt.scope, _TABLE.c.key == attempt.key)
            .values(fingerprint=attempt.fingerprint, outcome={}, created_at=now)
        )
        return
    if kept.fingerprint != attempt.fingerprint:
        raise KeyReused
    raise Repeated(Done(**kept.outcome))


async def conclude(tx: Transaction, attempt: Attempt, done: Done, now: datetime) -> None:
    """Keep the outcome under the claimed key."""
    await tx.execute(
        _TABLE.update()
        .where(_TABLE.c.scope == attempt.scope, _TABLE.c.key == attempt.key)
        .values(outcome={"aggregate": done.aggregate, "id": done.id, "version": done.version}, created_at=now)
    )
