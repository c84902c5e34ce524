"""What goes over HTTP."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel

DeliveryStatus = Literal["queued", "retrying", "sent", "dead", "suppressed"]


class NotificationView(BaseModel):
    """A notification in the reader's language. Title and text are empty while what it speaks of is not known yet."""

    id: UUID
    kind: str
    city: str | None
    subject: str
    event: UUID | None
    title: str
    text: str
    at: datetime
    read_at: datetime | None
    version: int


class UnreadView(BaseModel):
    """How many notifications the caller has not read; ``99`` stands for more."""

    unread: int


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
