"""Registry's settings."""

from typing import Annotated

from pydantic import EmailStr, Field, SecretStr

from vzaimo.kit.settings import Port, Settings
from vzaimo.kit.smtp import Smtp


class RegistrySettings(Settings):
    """What registry is told beyond what every service is."""

    invitation_key: Annotated[SecretStr, Field(min_length=32)]
    """Seals the secrets of invitations; changing it voids those that are open."""
    first_moderator: EmailStr | None = None
    """Invited while there is no moderator."""
    smtp_host: str
    smtp_port: Port = 587
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_starttls: bool = False
    mail_from: str = "Взаимообучение городов <noreply@vzaimo.city>"
    portal_url: str

    @property
    def smtp(self) -> Smtp:
        """Where mails go out."""
        password = self.smtp_password.get_secret_value() if self.smtp_password else None
        return Smtp(self.smtp_host, self.smtp_port, self.smtp_user, password, self.smtp_starttls)
