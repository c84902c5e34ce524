"""The connection to NATS, and the streams that a service owns."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace

from nats.aio.client import Client
from nats.errors import UnexpectedEOF
from nats.js import JetStreamContext
from nats.js.api import RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

log = logging.getLogger(__name__)

DUPLICATE_WINDOW = 120.0
"""Seconds for which the server knows a message's id. Beyond it, healing knows."""
DEADLETTER = "DEADLETTER"


@dataclass(frozen=True, slots=True)
class Access:
    """Where the bus is, and as whom we come."""

    url: str
    user: str | None = None
    password: str | None = None
    credentials: str | None = None
    """Path of a credentials file."""
    inbox_prefix: str = "_INBOX"
    """Answers come below it; where users have permissions, each has a prefix of its own."""
    tls_ca: str | None = None
    """Path of the authority that signed the server's certificate; with it, only TLS will do."""

    @property
    def tls(self) -> ssl.SSLContext | None:
        """How the server proves who it is; none without an authority."""
        return ssl.create_default_context(cafile=self.tls_ca) if self.tls_ca else None


@dataclass(slots=True)
class Standing:
    """What the server thinks of us, for ``/readyz``."""

    refusal: str | None = None
    """Why it does not let us in, or what it did not let us do; none since all is well."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream and the subjects that it keeps. ``last_only``: one message a subject."""

    name: str
    subjects: tuple[str, ...]
    last_only: bool = False
    replicas: int = 1


DEAD_LETTERS = Stream(DEADLETTER, ("dead.>",))


async def connect(
    access: Access,
    name: str,
    *,
    back: Callable[[], None] | None = None,
    standing: Standing | None = None,
    patience: float | None = None,
) -> Client:
    """Connect, and stay connected: it waits for a server as long as it takes, also later.

    ``back`` is called after each reconnection; ``standing`` is kept up to date. With ``patience`` (seconds) the first
    connection is given up after that; raises ``TimeoutError``.
    """
    said: set[str] = set()
    standing = standing or Standing()

    async def failed(error: Exception) -> None:
        text = str(error) or type(error).__name__
        refusal = _refusal(text, access)
        refused = standing.refusal is not None and isinstance(error, ConnectionResetError)
        if refused or isinstance(error, UnexpectedEOF):
            return  # the end of the connection that was refused, or of one that ``lost`` tells of
        standing.refusal = refusal
        if text not in said:
            said.add(text)
            if refusal is not None:
                log.error("%s: %s", name, refusal)
            else:
                log.warning("%s: NATS does not answer at %s: %s", name, access.url, text)

    async def lost() -> None:
        if not client.is_closed:
            log.warning("%s: the connection to NATS is lost; trying again", name)

    async def found() -> None:
        said.clear()
        standing.refusal = None
        log.info("%s: the connection to NATS is back", name)
        if back is not None:
            back()

    client = Client()
    try:
        async with asyncio.timeout(patience):
            await client.connect(
                access.url,
                name=name,
                user=access.user,
                password=access.password,
                user_credentials=access.credentials,
                inbox_prefix=access.inbox_prefix,
                tls=access.tls,
                connect_timeout=3,
                max_reconnect_attempts=-1,
                reconnect_time_wait=0.25,  # type: ignore[arg-type]  # any number of seconds
                ping_interval=5,
                max_outstanding_pings=2,
                error_cb=failed,
                disconnected_cb=lost,
                reconnected_cb=found,
            )
    except BaseException:
        # Cancelled on the way: what is open already must not stay open.
        with contextlib.suppress(Exception):
            await client.close()
        raise
    standing.refusal = None
    return client


def _refusal(text: str, access: Access) -> str | None:
    """What an answer of the server says about our rights; none for anything else, such as a server that is away."""
    lower, who = text.lower(), f"user {access.user}" if access.user else "us"
    if "permissions violation" in lower:
        return f"NATS forbids {who}: {text.removeprefix('nats: ')}"
    if "authorization" in lower or "authentication" in lower:
        return f"NATS does not accept {who}: VZAIMO_NATS_USER or VZAIMO_NATS_PASSWORD is wrong"
    if "certificate verify failed" in lower:
        return "the certificate of NATS is not signed by VZAIMO_NATS_TLS_CA"
    return None


def _config(stream: Stream) -> StreamConfig:
    return StreamConfig(
        name=stream.name,
        subjects=list(stream.subjects),
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        duplicate_window=DUPLICATE_WINDOW,
        allow_direct=True,
        num_replicas=stream.replicas,
        max_msgs_per_subject=1 if stream.last_only else -1,
    )


async def ensure_stream(js: JetStreamContext, stream: Stream) -> None:
    """Create the stream; add subjects and replicas to one that is there, and leave the rest of it alone."""
    try:
        info = await js.stream_info(stream.name)
    except NotFoundError:
        await js.add_stream(_config(stream))
        log.info("stream %s created", stream.name)
        return
    present = info.config
    wanted = replace(
        present,
        subjects=sorted({*(present.subjects or ()), *stream.subjects}),
        num_replicas=stream.replicas,
    )
    if set(present.subjects or ()) != set(wanted.subjects or ()) or present.num_replicas != wanted.num_replicas:
        await js.update_stream(wanted)
        log.info("stream %s extended", stream.name)
