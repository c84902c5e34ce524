"""Mails on their way."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel

DeliveryStatus = Literal["queued", "retrying", "sent", "dead", "suppressed"]


class DeliveryView(BaseModel):
    """A mail on its way, without its recipient."""

    id: UUID
    notification: UUID
    city: str | None
    channel: str
    kind: str
    status: str
    reason: str | None
    attempts: int
    created_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls.model_validate(row, from_attributes=True)
