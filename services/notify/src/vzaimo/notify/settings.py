"""What notify is told beyond what every service is."""

from typing import Annotated

from pydantic import Field, SecretStr

from vzaimo.kit.smtp import MailSettings


class NotifySettings(MailSettings):
    """Mails, and the addresses in them."""

    notify_url: str | None = None
    """Where this gateway is reached from outside. Without it, and the key, mails have no one-click unsubscription."""
    unsubscribe_key: Annotated[SecretStr, Field(min_length=32)] | None = None
    join_url: str | None = None
    """Where ``/v1/events/{id}/join`` is answered: calendar's public address; the portal's unless this is set."""

    @property
    def sealing_key(self) -> bytes | None:
        """What the addresses for unsubscription are sealed with."""
        return self.unsubscribe_key.get_secret_value().encode() if self.unsubscribe_key else None
