"""Counts of what must not be."""

from sqlalchemy import func, select

from vzaimo.calendar.store import EVENT
from vzaimo.kit.database import Transaction


async def unanswered_requests_for_seats(tx: Transaction) -> int:
    """Requests for seats that the ledger has not answered in time."""
    return int(await tx.scalar(select(func.count()).select_from(EVENT).where(EVENT.c.capacity_overdue)))
