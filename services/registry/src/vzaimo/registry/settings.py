"""Registry's settings."""

from pydantic import EmailStr

from vzaimo.kit.keys import Keys
from vzaimo.kit.smtp import MailSettings


class RegistrySettings(MailSettings):
    """What registry is told beyond what every service is."""

    invitation_key: Keys
    """Seals the secrets of invitations; a key that is taken away voids those of it that are open."""
    first_moderator: EmailStr | None = None
    """Invited while there is no moderator."""
