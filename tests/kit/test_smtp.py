"""Connections to a mail server that are kept open, and servers that behave as servers do; over real sockets."""

import asyncio
import contextlib
from email.message import EmailMessage

import pytest

from vzaimo.kit.smtp import Connections, MailDeferred, MailRejected, Smtp


class Peer:
    """A mail server that answers by a script: by verb, what it says, or what it does."""

    def __init__(self):
        self.connections = 0
        self.seen = []
        self.mails = 0
        self.script = {}
        self.port = 0
        self._tasks = set()

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._say(writer, self.script.get("CONNECT", "220 here"))
            while line := await reader.readline():
                verb = line.split()[0].decode().upper()
                self.seen.append(verb)
                await self._say(writer, self.script.get(verb, "354 go on" if verb == "DATA" else "250 OK"))
                if verb == "DATA" and self.script.get(verb) is None:
                    await self._body(reader, writer)
                if verb == "QUIT":
                    break
        writer.close()

    async def _body(self, reader, writer):
        if self.script.get("BODY") == "close":
            await reader.readline()
            raise ConnectionResetError
        while await reader.readline() != b".\r\n":
            pass
        answer = self.script.get("BODY", "250 taken")
        await self._say(writer, answer)
        self.mails += answer.startswith("250")

    @staticmethod
    async def _say(writer, answer):
        if answer == "hang":
            await asyncio.Event().wait()
        if answer == "close":
            raise ConnectionResetError
        writer.write(answer.encode() + b"\r\n")
        await writer.drain()


@pytest.fixture
async def peer():
    server = Peer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def connections(peer):
    kept = Connections(Smtp("127.0.0.1", peer.port, timeout=0.3), most=2)
    yield kept
    await kept.close()


def letter():
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@city.example", "b@city.example", "Письмо"
    message.set_content("Текст")
    return message


async def test_several_mails_go_over_one_connection_which_takes_leave(peer, connections):
    for _ in range(3):
        await connections.send(letter())
    assert (peer.connections, peer.mails, peer.seen.count("RSET")) == (1, 3, 2)
    await connections.close()
    assert peer.seen[-1] == "QUIT"


async def test_no_more_connections_than_allowed(peer, connections):
    await asyncio.gather(*[connections.send(letter()) for _ in range(12)])
    assert peer.mails == 12
    assert peer.connections <= 2


@pytest.mark.parametrize(
    "script, error, reason, silent",
    [
        ({"RCPT": "450 greylisted"}, MailDeferred, "450", False),
        ({"RCPT": "550 nobody"}, MailRejected, "550", False),
        ({"MAIL": "421 busy"}, MailDeferred, "421", False),
        ({"BODY": "451 later"}, MailDeferred, "451", False),
        ({"BODY": "554 spam"}, MailRejected, "554", False),
        ({"CONNECT": "554 go away"}, MailDeferred, "554", True),
        ({"CONNECT": "hang"}, MailDeferred, None, True),
        ({"RCPT": "hang"}, MailDeferred, None, True),
        ({"BODY": "hang"}, MailDeferred, None, True),
        ({"DATA": "close"}, MailDeferred, None, True),
        ({"BODY": "close"}, MailDeferred, None, True),
    ],
)
async def test_what_an_answer_means_and_that_the_next_mail_does_not_suffer(
    peer, connections, script, error, reason, silent
):
    await connections.send(letter())
    peer.script = script
    if "CONNECT" in script:
        await connections.close()
    with pytest.raises(error) as caught:
        await connections.send(letter())
    assert reason is None or str(caught.value) == reason
    assert getattr(caught.value, "silent", False) is silent
    assert "@" not in str(caught.value)
    peer.script = {}
    await connections.send(letter())
    assert peer.mails == 2


async def test_a_connection_that_the_peer_has_closed_meanwhile_is_noticed_before_a_mail_is_lost(peer, connections):
    await connections.send(letter())
    peer.script = {"RSET": "close"}
    await connections.send(letter())
    assert (peer.connections, peer.mails) == (2, 2)


async def test_nobody_there(peer):
    nobody = Connections(Smtp("127.0.0.1", 1, timeout=0.3))
    with pytest.raises(MailDeferred) as caught:
        await nobody.send(letter())
    assert caught.value.silent
