"""Who may act for which city: registry's own rows, and every other service's copy of them.

A person is known here by reference only (``contracts.event.PersonRef``): no name, no e-mail.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, String, bindparam, select
from sqlmodel import Field

from vzaimo.kit.database import Transaction
from vzaimo.kit.tables import KitModel, json_column, table_of


class RoleName(StrEnum):
    """What a person, or a city's own client program, may be."""

    MODERATOR = "moderator"
    COORDINATOR = "coordinator"
    VIEWER = "viewer"
    SERVICE = "service"


class RoleRow(KitModel, table=True):
    """One role of one person, for one city (a moderator's has none). Ended roles stay, with their version."""

    __tablename__ = "role"
    __table_args__ = (Index("ix_role_person", "person"), Index("ix_role_city", "city"))

    id: UUID = Field(primary_key=True)
    person: str = Field(max_length=32)
    city: str | None = None
    role: RoleName = Field(sa_column=Column(String(16), nullable=False))
    scopes: list[str] = Field(default_factory=list, sa_column=json_column())
    granted_at: datetime
    expires_at: datetime | None = None
    ended_at: datetime | None = None
    version: int


def person_ref(issuer: str, subject: str) -> str:
    """The reference of the person that an issuer knows by a subject: 128 bits of SHA-256, in hex."""
    return hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()[:32]


def role_columns(role: Any) -> dict[str, Any]:
    """The columns of a role as facts carry it (``contracts.registry.PersonRole``), without ``version``."""
    return {**role.model_dump(exclude={"role", "scopes"}), "role": RoleName(role.role), "scopes": list(role.scopes)}


async def roles_of(tx: Transaction, person: str) -> Sequence[Any]:
    """Every role that the person has or had here (rows of ``role``); none means: not known here yet."""
    return await tx.all(_ROLES_OF, {"whose": person})


ROLE = table_of(RoleRow)
_ROLES_OF = (
    select(ROLE)
    .where(ROLE.c.person == bindparam("whose"))
    .order_by(ROLE.c.ended_at.is_not(None), ROLE.c.granted_at.desc(), ROLE.c.id)
    .limit(500)
)
"""Those that hold come first: none of them is cut off."""
