"""Registry's settings."""

from typing import Annotated

from pydantic import EmailStr, Field, SecretStr

from vzaimo.kit.smtp import MailSettings


class RegistrySettings(MailSettings):
    """What registry is told beyond what every service is."""

    invitation_key: Annotated[SecretStr, Field(min_length=32)]
    """Seals the secrets of invitations; changing it voids those that are open."""
    first_moderator: EmailStr | None = None
    """Invited while there is no moderator."""
