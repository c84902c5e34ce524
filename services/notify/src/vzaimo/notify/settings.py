"""What notify is told beyond what every service is."""

from vzaimo.kit.keys import Keys
from vzaimo.kit.settings import Address, Authorities
from vzaimo.kit.smtp import MailSettings


class NotifySettings(MailSettings):
    """Mails, and the addresses in them."""

    notify_url: Address | None = None
    """Where this gateway is reached from outside. Without it, and the key, mails have no one-click unsubscription."""
    unsubscribe_key: Keys | None = None
    """Seals those links; a key that is taken away voids its own."""
    join_url: Address | None = None
    """Where ``/v1/events/{id}/join`` is answered: calendar's public address; the portal's unless this is set."""

    webhook_key: Keys | None = None
    """Makes the secrets of webhooks: new ones by the first key; requests are signed with those of each. Without it,
    there are no webhooks."""
    webhook_allow_private: bool = False
    """Webhooks may lead to http, to any port, and to hosts that the internet does not reach: for trials."""
    webhook_tls_ca: Authorities | None = None
    """Authorities (PEM) that receivers' certificates may come from, beside the usual ones."""
