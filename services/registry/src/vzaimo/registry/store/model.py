"""Ground of registry's tables."""

from typing import Any

from sqlalchemy import select
from sqlmodel import SQLModel

from vzaimo.kit.tables import new_registry


class Model(SQLModel, registry=new_registry()):
    """Ground of registry's tables."""


def locked(table: Any, key: Any) -> Any:
    """Select an aggregate's row for a decision: whoever else wants to change it waits."""
    return select(table).where(next(iter(table.primary_key)) == key).with_for_update()
