"""Private feeds and share links over HTTP. A secret is in an answer once: where it was made."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel

from vzaimo.contracts.event import Slug
from vzaimo.kit.http import Body


class FeedTokenView(BaseModel):
    """Whether the caller has a private feed, and since when."""

    made_at: datetime | None


class NewFeedToken(BaseModel):
    """A private feed's address. Whoever has it reads the feed: keep it secret; it is not shown again."""

    token: str
    url: str
    version: int


class ShareLinkBody(Body):
    """For whose delegation the link is."""

    city: Slug


class NewShareLink(BaseModel):
    """A share link. Whoever has it joins: give it to the delegation only; it is not shown again."""

    id: UUID
    url: str


class ShareLinkView(BaseModel):
    """A share link, without its secret."""

    id: UUID
    event: UUID
    city: str
    made_at: datetime
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls.model_validate(row, from_attributes=True)
