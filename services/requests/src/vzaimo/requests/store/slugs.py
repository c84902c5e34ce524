"""A few slugs in one text column, ``|mesh|talents|``: found by one condition that both stores understand."""

from collections.abc import Iterable
from typing import Any


def packed(slugs: Iterable[str]) -> str:
    """The column's text."""
    return "".join(f"|{slug}" for slug in slugs) + "|"


def unpacked(text: str) -> list[str]:
    """The slugs again, in their order."""
    return [slug for slug in text.split("|") if slug]


def holds(column: Any, slug: str) -> Any:
    """The condition that the slug is among them. A slug has no character that ``LIKE`` takes for another."""
    return column.like(f"%|{slug}|%")
