"""An inbox."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


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
