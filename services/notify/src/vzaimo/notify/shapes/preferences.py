"""What a person wants by mail."""

import re
from collections.abc import Mapping
from datetime import time
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from vzaimo.kit.http import Body
from vzaimo.notify.domain.kinds import NOT_MUTED, Group
from vzaimo.notify.domain.preferences import Choice, Preferences
from vzaimo.notify.domain.refusals import HalfQuiet

_CLOCK = re.compile(r"\d\d:\d\d(:00)?", re.ASCII)
Clock = Annotated[time, PlainSerializer(lambda value: value.strftime("%H:%M"), when_used="json")]


def _of_a_clock(text: object) -> object:
    # Pydantic would take seconds since midnight and offsets, too, and we would forget them.
    if not isinstance(text, str) or not _CLOCK.fullmatch(text):
        raise PydanticCustomError("string_pattern_mismatch", "does not match {pattern}", {"pattern": "HH:MM"})
    return text


QuietTime = Annotated[time, BeforeValidator(_of_a_clock)]


class PreferencesBody(Body):
    """All of a person's wishes; groups that are not named come as usual."""

    email: dict[Group, Choice] = Field(default_factory=dict)
    quiet_from: QuietTime | None = None
    quiet_until: QuietTime | None = None
    timezone: Annotated[str, Field(max_length=64)] | None = None

    def read(self) -> Preferences:
        """As rules know them. Raises ``HalfQuiet``."""
        if (self.quiet_from is None) is not (self.quiet_until is None):
            raise HalfQuiet
        return Preferences(self.email, self.quiet_from, self.quiet_until, self.timezone)


class GroupView(BaseModel):
    """How a group of kinds comes by mail. The inbox has everything."""

    email: Choice
    fixed: bool
    """It cannot be muted."""


class PreferencesView(BaseModel):
    """A person's wishes, with what is usual where nothing was said. Without a zone, the city's counts."""

    groups: Mapping[Group, GroupView]
    quiet_from: Clock | None
    quiet_until: Clock | None
    timezone: str | None
    version: int

    @classmethod
    def of(cls, wishes: Preferences, version: int) -> Self:
        """From what rules know."""
        return cls(
            groups={group: GroupView(email=wishes.choice(group), fixed=group in NOT_MUTED) for group in Group},
            quiet_from=wishes.quiet_from,
            quiet_until=wishes.quiet_until,
            timezone=wishes.timezone,
            version=version,
        )
