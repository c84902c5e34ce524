"""A mail sink: takes every mail and shows it in the browser. Nothing leaves the machine."""

import email
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

KEPT = 5000
"""Mails; older ones go first."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that came in; ``no`` counts them."""

    no: int
    message: EmailMessage

    def part(self, kind: str) -> str:
        """Its text (``plain`` or ``html``); nothing if there is none."""
        body = self.message.get_body((kind,))
        return str(body.get_content()) if body is not None else ""


class Mailbox:
    """Keeps mails as files, so that they outlive the process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        taken = [int(path.stem) for path in folder.glob("*.eml")]
        self._numbers = itertools.count(max(taken, default=0) + 1)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail: it is on disk before we say so."""
        number = next(self._numbers)
        fresh = self._folder / f"{number:09d}.new"
        fresh.write_bytes(envelope.original_content)
        fresh.replace(fresh.with_suffix(".eml"))
        (self._folder / f"{number - KEPT:09d}.eml").unlink(missing_ok=True)
        return "250 OK"

    def find(self, no: int) -> Mail | None:
        """One mail."""
        path = self._folder / f"{no:09d}.eml"
        return self._read(path) if path.exists() else None

    def newest(self, to: str | None = None) -> Iterator[Mail]:
        """Mails, the newest first, to one address or all."""
        for path in sorted(self._folder.glob("*.eml"), reverse=True):
            mail = self._read(path)
            if to is None or mail.message["To"] == to:
                yield mail

    @staticmethod
    def _read(path: Path) -> Mail:
        message = email.message_from_bytes(path.read_bytes(), policy=default)
        return Mail(int(path.stem), message)
