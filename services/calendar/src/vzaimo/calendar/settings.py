"""Calendar's settings."""

from typing import Annotated

from pydantic import StringConstraints

from vzaimo.kit.settings import Settings


class CalendarSettings(Settings):
    """What calendar is told beyond what every service is."""

    public_url: Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+(/\S*)?[^/\s]$")] | None = None
    """Where people reach this gateway, without a slash at the end; feeds lead there."""
