"""Webhooks of cities over HTTP. A secret is in an answer once: where it was made."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from vzaimo.kit.http import Body, Flag
from vzaimo.notify.domain.webhooks import READABLE, unpacked

_NAMES = sorted(READABLE)


def _readable(name: str) -> str:
    if name not in READABLE:
        raise PydanticCustomError("enum", "must be one of: {expected}", {"expected": ", ".join(_NAMES)})
    return name


FactName = Annotated[str, AfterValidator(_readable), WithJsonSchema({"type": "string", "enum": _NAMES})]
Address = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class WebhookBody(Body):
    """Where to send which facts, by their names."""

    address: Address
    facts: Annotated[list[FactName], Field(min_length=1, max_length=len(_NAMES))]


class WebhookChange(WebhookBody):
    """The same in place of what was said before. ``active``: true enables it again, false disables it."""

    active: Flag | None = None


class WebhookView(BaseModel):
    """A webhook, without its secret."""

    id: UUID
    city: str
    address: str
    facts: list[str]
    status: str
    disabled_reason: str | None
    created_at: datetime
    secret_changed_at: datetime
    version: int

    @classmethod
    def of(cls, row: Any, **more: Any) -> Self:
        """From its row."""
        names = ("id", "city", "address", "status", "created_at", "secret_changed_at", "version")
        columns = {name: getattr(row, name) for name in names}
        return cls(**columns, facts=unpacked(row.facts), disabled_reason=row.disabled_for, **more)


class WebhookWithSecret(WebhookView):
    """A webhook with what its requests are signed with from now on. Keep it secret; it is not shown again."""

    secret: str


class WebhookDeliveryView(BaseModel):
    """A fact on its way to a webhook. Of an answer its status is kept, and nothing else."""

    id: UUID
    fact: UUID
    """The event's id, which the receiver finds in ``webhook-id``."""
    type: str
    status: str
    attempts: int
    answer: int | None
    error: str | None
    """Where there was no answer: ``timeout``, ``unreachable``, ``not-public``, ``tls``, ``broken-off``."""
    created_at: datetime
    tried_at: datetime | None
    sent_at: datetime | None
    next_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row, and its event's type."""
        names = ("id", "type", "status", "attempts", "answer", "error", "created_at", "tried_at", "sent_at", "version")
        return cls(**{name: getattr(row, name) for name in names}, fact=row.event, next_at=row.due_at)
