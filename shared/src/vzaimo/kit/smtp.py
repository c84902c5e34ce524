"""Sends one mail by SMTP (RFC 5321), and says what an answer means: sent, later, or never."""

from dataclasses import dataclass
from email.message import EmailMessage

import aiosmtplib


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
