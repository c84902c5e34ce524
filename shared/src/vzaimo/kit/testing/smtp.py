"""A real SMTP conversation: a server that keeps what it gets and answers as a test tells it."""

import asyncio
import email
from email.message import Message
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult


class SmtpSink:
    """Keeps mails in ``mails``. ``answer`` is what it says to the next ones: ``250 OK``, ``451 later``, ``550 no``.

    With a ``password`` it takes mails from whoever knows that, and from nobody else.
    """

    def __init__(self) -> None:
        self.password: str | None = None
        self.mails: list[Message] = []
        self.answer = "250 OK"
        self.port = 0
        self._server: asyncio.Server | None = None

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail."""
        if self.password is not None and not session.authenticated:
            return "530 who are you?"
        if self.answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.original_content, policy=default))
        return self.answer

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.get_running_loop().create_server(self._conversation, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def _conversation(self) -> SMTP:
        return SMTP(self, loop=asyncio.get_running_loop(), authenticator=self._known, auth_require_tls=False)

    def _known(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, told: Any) -> AuthResult:
        return AuthResult(success=told.password == f"{self.password}".encode(), handled=False)

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
