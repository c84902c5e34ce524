"""What notify is told beyond what every service is."""

from typing import Annotated

from pydantic import Field, SecretStr

from vzaimo.kit.settings import Address, Authorities
from vzaimo.kit.smtp import MailSettings


class NotifySettings(MailSettings):
    """Mails, and the addresses in them."""

    notify_url: Address | None = None
    """Where this gateway is reached from outside. Without it, and the key, mails have no one-click unsubscription."""
    unsubscribe_key: Annotated[SecretStr, Field(min_length=32)] | None = None
    join_url: Address | None = None
    """Where ``/v1/events/{id}/join`` is answered: calendar's public address; the portal's unless this is set."""

    webhook_key: Annotated[SecretStr, Field(min_length=32)] | None = None
    """Makes the secrets that webhooks are signed with; changing it changes them all. Without it there are none."""
    webhook_allow_private: bool = False
    """Webhooks may lead to http, to any port, and to hosts that the internet does not reach: for trials."""
    webhook_tls_ca: Authorities | None = None
    """Authorities (PEM) that receivers' certificates may come from, beside the usual ones."""

    @property
    def sealing_key(self) -> bytes | None:
        """What the addresses for unsubscription are sealed with."""
        return self.unsubscribe_key.get_secret_value().encode() if self.unsubscribe_key else None

    @property
    def signing_key(self) -> bytes | None:
        """What webhooks' secrets are made of."""
        return self.webhook_key.get_secret_value().encode() if self.webhook_key else None
