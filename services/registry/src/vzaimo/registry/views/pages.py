"""One page of a query."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from vzaimo.kit.database import Transaction
from vzaimo.kit.http import CursorValue, Page, keyset, page_of

T = TypeVar("T")


async def page(
    tx: Transaction, query: Any, cursor: CursorValue, columns: Sequence[Any], shape: Callable[[Any], T]
) -> Page[T]:
    """What comes after the cursor; ``query`` is in the order of ``columns``."""
    rows = await tx.all(query.where(keyset(columns, cursor)).limit(cursor.limit + 1))
    return page_of(rows, cursor, columns, shape)
