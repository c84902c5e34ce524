"""A real SMTP conversation: a server that keeps what it gets and answers as a test tells it."""

import asyncio
import email
from email.message import Message
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP


class SmtpSink:
    """Keeps mails in ``mails``. ``answer`` is what it says to the next ones: ``250 OK``, ``451 later``, ``550 no``."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.answer = "250 OK"
        self.port = 0
        self._server: asyncio.Server | None = None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail."""
        if self.answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.original_content, policy=default))
        return self.answer

    async def start(self) -> None:
        """Listen on a free port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, loop=loop), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
