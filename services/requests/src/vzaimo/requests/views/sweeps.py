"""Counts of what must not be."""

from sqlalchemy import func, select

from vzaimo.kit.database import Transaction
from vzaimo.requests.projections import EVENT
from vzaimo.requests.store import LEDGER, REQUEST


async def open_requests_of_cancelled_events(tx: Transaction) -> int:
    """Closing them is part of the effect that copies the cancellation."""
    return int(
        await tx.scalar(
            select(func.count())
            .select_from(REQUEST.join(EVENT, EVENT.c.id == REQUEST.c.event))
            .where(EVENT.c.status == "cancelled", REQUEST.c.open)
        )
    )


async def seats_that_nobody_counted(tx: Transaction) -> int:
    """Open ledgers whose seats differ from those of their requests: then more may be promised than there are.

    The store itself refuses a ledger that is oversold; it cannot see that a request has seats beside its ledger.
    """
    seats = func.sum(REQUEST.c.state["granted"].as_integer()).label("seats")
    taken = (
        select(REQUEST.c.event, REQUEST.c.mode, seats)
        .where(REQUEST.c.open)
        .group_by(REQUEST.c.event, REQUEST.c.mode)
        .subquery()
    )
    both = LEDGER.outerjoin(taken, (taken.c.event == LEDGER.c.event) & (taken.c.mode == LEDGER.c.mode))
    differ = LEDGER.c.granted != func.coalesce(taken.c.seats, 0)
    return int(await tx.scalar(select(func.count()).select_from(both).where(LEDGER.c.closed.is_(False), differ)))
