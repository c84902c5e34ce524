"""Requests to strangers, over real sockets: none goes where it may not, none waits for ever."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpcore2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from vzaimo.kit.testing.receiver import Receiver
from vzaimo.notify import courier as module
from vzaimo.notify.courier import Courier
from vzaimo.notify.domain.webhooks import Answer

PUBLIC = "93.184.216.34"
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
async def courier_with():
    made = []

    def make(**how):
        made.append(Courier(**how))
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(module, "WHOLE", 0.3)
    monkeypatch.setattr(module, "LEFT_OVER", 0.2)


async def test_one_connection_carries_many_and_answers_are_told_apart(receiver, courier_with):
    courier = courier_with(anywhere=True)
    for status in (204, 500, 410, 204):
        receiver.answer = status
        assert await courier.send(receiver.url, {"x": "y"}, b"{}") == Answer(status)
    assert receiver.connections == 1
    assert (receiver.got[0].body, receiver.got[0].headers["x"], receiver.got[0].target) == (b"{}", "y", "/hook")


async def test_a_redirect_is_an_answer_and_is_not_followed(receiver, courier_with):
    receiver.answer = f"HTTP/1.1 302 Found\r\nLocation: {receiver.url}/inside\r\nContent-Length: 0\r\n\r\n".encode()
    assert await courier_with(anywhere=True).send(receiver.url, {}, b"") == Answer(302)
    assert [one.target for one in receiver.got] == ["/hook"]


@pytest.mark.parametrize(
    "answer, expected",
    [
        (None, Answer(error="timeout")),
        (b"", Answer(error="broken-off")),
        (b"HTTP/1.1 20", Answer(error="broken-off")),
        (b"nonsense\r\n\r\n", Answer(error="broken-off")),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", Answer(error="broken-off")),
        # A body that is huge, or never ends, is nothing to wait for: the answer is there.
        (OK + b"Content-Length: 50000000\r\n\r\n" + b"x" * 1_000_000, Answer(200)),
        (OK + b"Content-Length: 10\r\n\r\nx", Answer(200)),
    ],
)
async def test_receivers_that_misbehave(receiver, courier_with, impatient, answer, expected):
    receiver.answer = answer
    assert await courier_with(anywhere=True).send(receiver.url, {}, b"{}") == expected


async def test_nobody_listens(receiver, courier_with):
    await receiver.stop()
    assert await courier_with(anywhere=True).send(receiver.url, {}, b"") == Answer(error="unreachable")


async def test_a_name_that_leads_nowhere_or_takes_for_ever(courier_with, monkeypatch):
    async def nowhere(_host, _port):
        raise OSError

    async def never(_host, _port):
        await asyncio.Event().wait()

    monkeypatch.setitem(module._TIMEOUTS, "connect", 0.2)
    for resolve, error in ((nowhere, "unreachable"), (never, "timeout")):
        sent = await courier_with(resolve=resolve).send("https://school.example/", {}, b"")
        assert sent == Answer(error=error)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "localhost"])
async def test_no_way_of_writing_leads_inside(receiver, courier_with, host):
    sent = await courier_with().send(f"http://{host}:{receiver.port}/", {}, b"")
    assert sent == Answer(error="not-public")
    assert receiver.connections == 0


async def test_the_address_that_was_looked_at_is_the_one_connected_to(receiver, courier_with, monkeypatch):
    """DNS rebinding: the name leads to a public address when it is looked at, and inside a moment later."""
    led = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1", PUBLIC]])
    connected = []
    plain = httpcore2.AnyIOBackend.connect_tcp

    async def connect(self, host, _port, *rest):
        connected.append(host)
        return await plain(self, "127.0.0.1", receiver.port, *rest)

    async def resolve(_host, _port):
        return next(led)

    monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", connect)
    receiver.answer = OK + b"Content-Length: 0\r\n\r\n"  # and then it closes
    courier = courier_with(resolve=resolve)
    answers = [await courier.send("http://school.example/", {}, b"") for _ in range(3)]
    assert answers == [Answer(200), Answer(error="not-public"), Answer(200)]
    assert connected == [PUBLIC, PUBLIC]


@pytest.fixture
def certificate(tmp_path):
    """For receiver.example alone, signed by itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(uuid4().int >> 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("receiver.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "receiver.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture
async def secure(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    made = Receiver(context)
    await made.start()
    yield made
    await made.stop()


async def test_tls_verifies_the_name_whatever_address_it_led_to(secure, certificate, courier_with):
    async def here(_host, _port):
        return ["127.0.0.1"]

    known = courier_with(anywhere=True, authorities=certificate, resolve=here)
    stranger = courier_with(anywhere=True, resolve=here)
    assert await known.send(f"https://receiver.example:{secure.port}/", {}, b"") == Answer(204)
    assert await known.send(f"https://other.example:{secure.port}/", {}, b"") == Answer(error="tls")
    assert await stranger.send(f"https://receiver.example:{secure.port}/", {}, b"") == Answer(error="tls")
    assert len(secure.got) == 1
