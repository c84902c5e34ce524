"""Calendar's settings."""

from vzaimo.kit.settings import Address, Settings


class CalendarSettings(Settings):
    """What calendar is told beyond what every service is."""

    public_url: Address | None = None
    """Where people reach this gateway; feeds lead there."""
