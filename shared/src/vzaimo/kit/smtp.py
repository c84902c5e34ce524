"""Sends mails by SMTP (RFC 5321), and says what an answer means: sent, later, or never."""

import asyncio
import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Annotated

import aiosmtplib
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from vzaimo.kit.settings import Address, Password, Port, Settings


class MailDeferred(Exception):
    """The peer did not take the mail now (4xx, no answer, connection lost): try again later.

    ``silent``: it did not answer at all.
    """

    def __init__(self, reason: str, *, silent: bool = False) -> None:
        super().__init__(reason)
        self.silent = silent


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
        alone = Connections(self, most=1)
        try:
            await alone.send(message)
        finally:
            await alone.close()

    def client(self) -> aiosmtplib.SMTP:
        """A connection to be opened."""
        return aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=self.user,
            password=self.password,
            start_tls=self.starttls,
            timeout=self.timeout,
        )


class Connections:
    """Some connections that are kept open, so that a mail need not wait for a new one."""

    def __init__(self, smtp: Smtp, *, most: int = 8, idle: float = 30.0) -> None:
        self.smtp = smtp
        self._turns = asyncio.Semaphore(most)
        self._idle = idle
        self._free: list[tuple[float, aiosmtplib.SMTP]] = []

    async def send(self, message: EmailMessage) -> None:
        """Hand a mail over. Raises ``MailDeferred`` or ``MailRejected``; neither tells the address."""
        async with self._turns:
            with _meaning():
                client = await self._open()
                try:
                    async with asyncio.timeout(self.smtp.timeout):
                        await client.send_message(message)
                except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPResponseException):
                    self._keep(client)  # an answer: aiosmtplib has reset the conversation
                    raise
                except BaseException:
                    client.close()
                    raise
                self._keep(client)

    async def close(self) -> None:
        """Take leave of the peer."""
        free, self._free = self._free, []
        for _, client in free:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=1)
            client.close()

    async def _open(self) -> aiosmtplib.SMTP:
        """One that is open and answers, or a new one."""
        while self._free:
            since, client = self._free.pop()
            if asyncio.get_running_loop().time() - since < self._idle:
                with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                    # The peer may have closed it meanwhile: that must not look like a mail that was lost.
                    await client.rset(timeout=2)
                    return client
            client.close()
        client = self.smtp.client()
        try:
            await client.connect()
        except aiosmtplib.SMTPResponseException as error:
            # It refuses us, not the mail: a wrong password, or too many connections.
            client.close()
            raise MailDeferred(str(error.code), silent=True) from None
        except BaseException:
            client.close()
            raise
        return client

    def _keep(self, client: aiosmtplib.SMTP) -> None:
        if client.is_connected:
            self._free.append((asyncio.get_running_loop().time(), client))


@contextlib.contextmanager
def _meaning() -> Iterator[None]:
    try:
        yield
    except aiosmtplib.SMTPRecipientsRefused as error:
        code = min(one.code for one in error.recipients)
        raise _meant(code) from None
    except aiosmtplib.SMTPResponseException as error:
        raise _meant(error.code) from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise MailDeferred(type(error).__name__, silent=True) from None


def _meant(code: int) -> Exception:
    return MailRejected(str(code)) if code >= 500 else MailDeferred(str(code))  # noqa: PLR2004 - RFC 5321, 4.2.1


def _sender(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(text)[1]):
        raise PydanticCustomError("sender", "it must be an address, such as Name <name@host>")
    return text


Sender = Annotated[str, AfterValidator(_sender)]


class MailSettings(Settings):
    """What a service that sends mails is told beyond that."""

    smtp_host: str
    smtp_port: Port = 587
    smtp_user: str | None = None
    smtp_password: Password = None
    smtp_starttls: bool = False
    mail_from: Sender = "Взаимообучение городов <noreply@vzaimo.city>"
    portal_url: Address
    """Where the links in mails lead."""

    @property
    def smtp(self) -> Smtp:
        """Where mails go out."""
        password = self.smtp_password.get_secret_value() if self.smtp_password else None
        return Smtp(self.smtp_host, self.smtp_port, self.smtp_user, password, self.smtp_starttls)
