"""What a person has said, or what is usual."""

from sqlalchemy import select

from vzaimo.kit.database import Transaction
from vzaimo.notify.domain.preferences import NOTHING_SAID
from vzaimo.notify.shapes.preferences import PreferencesView
from vzaimo.notify.store import PREFERENCE, preferences_of


async def preferences(tx: Transaction, person: str) -> PreferencesView:
    """The person's wishes."""
    row = await tx.first(select(PREFERENCE).where(PREFERENCE.c.person == person))
    return PreferencesView.of(preferences_of(row), row.version) if row else PreferencesView.of(NOTHING_SAID, 0)
