"""Sends one mail by SMTP (RFC 5321), and says what an answer means: sent, later, or never."""

from dataclasses import dataclass
from email.message import EmailMessage

import aiosmtplib
from pydantic import SecretStr

from vzaimo.kit.settings import Port, Settings


class MailDeferred(Exception):
    """The peer did not take the mail now (4xx, no answer, connection lost): try again later."""


class MailRejected(Exception):
    """The peer will never take this mail (5xx)."""


@dataclass(frozen=True, slots=True)
class Smtp:
    """Where mails go out. Each wait ends after ``timeout`` seconds."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    starttls: bool = False
    timeout: float = 10.0

    async def send(self, message: EmailMessage) -> None:
        """Hand a mail over. Raises ``MailDeferred`` or ``MailRejected``; neither tells the address."""
        try:
            await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port,
                username=self.user,
                password=self.password,
                start_tls=self.starttls,
                timeout=self.timeout,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = min(one.code for one in error.recipients)
            raise _meant(code) from None
        except aiosmtplib.SMTPResponseException as error:
            raise _meant(error.code) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailDeferred(type(error).__name__) from None


def _meant(code: int) -> Exception:
    return MailRejected(str(code)) if code >= 500 else MailDeferred(str(code))  # noqa: PLR2004 - RFC 5321, 4.2.1


class MailSettings(Settings):
    """What a service that sends mails is told beyond that."""

    smtp_host: str
    smtp_port: Port = 587
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_starttls: bool = False
    mail_from: str = "Взаимообучение городов <noreply@vzaimo.city>"
    portal_url: str
    """Where the links in mails lead."""

    @property
    def smtp(self) -> Smtp:
        """Where mails go out."""
        password = self.smtp_password.get_secret_value() if self.smtp_password else None
        return Smtp(self.smtp_host, self.smtp_port, self.smtp_user, password, self.smtp_starttls)
