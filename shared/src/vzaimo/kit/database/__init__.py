"""One interface over the two stores: SQLite (embedded) and PostgreSQL (production), chosen by a URL."""

from vzaimo.kit.database.base import (
    Conflict,
    Database,
    StatementTimeout,
    StoreUnavailable,
    Transaction,
    insert,
    retry_conflicts,
)
from vzaimo.kit.database.open import open_database

__all__ = [
    "Conflict",
    "Database",
    "StatementTimeout",
    "StoreUnavailable",
    "Transaction",
    "insert",
    "open_database",
    "retry_conflicts",
]
