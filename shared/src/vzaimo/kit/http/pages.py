"""Lists by keyset: pages of a stable order, however long the list is."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel
from sqlalchemy import BigInteger, ColumnElement, literal, true, tuple_

from vzaimo.kit.http.problems import Problem
from vzaimo.kit.http.texts import UNSTORABLE
from vzaimo.kit.tables import python_type

T = TypeVar("T")
MOST = 200
USUAL = 50


@dataclass(frozen=True, slots=True)
class CursorValue:
    """Where a page begins: after these values of the order's columns (none: at the start)."""

    limit: int = USUAL
    after: tuple[Any, ...] = ()


async def read_cursor(
    cursor: Annotated[str | None, Query(max_length=1000, description="From the last page's `next`")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = USUAL,
) -> CursorValue:
    """The query parameters of a list. Raises the problem ``bad-cursor``."""
    return CursorValue(limit, decode(cursor) if cursor else ())


Cursor = Annotated[CursorValue, Depends(read_cursor)]


class Page(BaseModel, Generic[T]):
    """Some items, and the cursor of the next page if there is one."""

    items: list[T]
    next: str | None = None


def keyset(columns: Sequence[Any], cursor: CursorValue, *, descending: bool = False) -> ColumnElement[bool]:
    """The condition for what comes after the cursor in the order of the columns."""
    if not cursor.after:
        return true()
    if len(cursor.after) != len(columns):
        raise Problem("bad-cursor")
    try:
        values = [
            literal(_like(column, value), column.type) for column, value in zip(columns, cursor.after, strict=True)
        ]
    except (ValueError, TypeError, OverflowError):
        raise Problem("bad-cursor") from None
    place, last = tuple_(*columns), tuple_(*values)
    return place < last if descending else place > last


def page_of(rows: Sequence[Any], cursor: CursorValue, columns: Sequence[Any], shape: Callable[[Any], T]) -> Page[T]:
    """A page from one row more than its limit: that row says whether there is a next page."""
    shown = rows[: cursor.limit]
    more = len(rows) > cursor.limit
    after = encode([getattr(shown[-1], column.key) for column in columns]) if more else None
    return Page(items=[shape(row) for row in shown], next=after)


def encode(values: Sequence[Any]) -> str:
    """The values as an opaque word."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    packed = json.dumps([str(value) if isinstance(value, UUID) else value for value in plain], separators=(",", ":"))
    return urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def decode(word: str) -> tuple[Any, ...]:
    """The values from the word. Raises the problem ``bad-cursor``."""
    try:
        values = json.loads(urlsafe_b64decode(word + "=" * (-len(word) % 4)))
    except (ValueError, RecursionError):
        raise Problem("bad-cursor") from None
    if not isinstance(values, list) or not all(isinstance(value, str | int | float) for value in values):
        raise Problem("bad-cursor")
    return tuple(values)


def _like(column: Any, value: Any) -> Any:
    """The value as the column has it; raises for one that the store could not compare with it."""
    wanted = python_type(column)
    if wanted is not int and not isinstance(value, str):
        raise TypeError
    if wanted is UUID:
        return UUID(value)
    if wanted is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC)
    if type(value) is not wanted:  # a bool is an int, too
        raise TypeError
    if wanted is int:
        value.to_bytes(8 if isinstance(column.type, BigInteger) else 4, signed=True)
    elif UNSTORABLE.search(value):
        raise ValueError
    return value
