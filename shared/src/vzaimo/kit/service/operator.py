"""What an operator may tell a service: mend it after a restore, compare its copies, look after dead letters.

Only where ``VZAIMO_OPERATOR_TOKEN`` is set, and only with that token.
"""

import hmac
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from pydantic import AwareDatetime, BaseModel

from vzaimo.kit.bus import DEADLETTER, connect
from vzaimo.kit.http import Problem
from vzaimo.kit.inbound import Compared
from vzaimo.kit.relay import StrayMessage

if TYPE_CHECKING:
    from vzaimo.kit.service.service import Service

MOST = 100
"""Dead letters of one answer."""
PATIENCE = 2.0
"""Seconds for which an answer waits for a bus that is away."""


class _OnTheBus(APIRoute):
    """An address that asks the bus, and says so when that is away."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await handle(request)
            except (NatsError, TimeoutError, OSError) as error:
                raise Problem("bus-away", retry_after="5") from error

        return told


class Reconciled(BaseModel):
    """What came back from the streams."""

    facts: int


class Replayed(BaseModel):
    """How many facts a consumer takes again."""

    facts: int


class CopyReport(BaseModel):
    """A copy against its stream as it was found. It has been mended, or takes its facts again where effects follow."""

    copy_of: str
    rows: int
    missing: int
    older: int
    different: int

    @classmethod
    def of(cls, one: Compared) -> "CopyReport":
        """From the comparison."""
        return cls(copy_of=one.copy, rows=one.rows, missing=one.missing, older=one.older, different=one.different)


class DeadLetter(BaseModel):
    """A fact that could not be handled; ``next`` is given to ``after`` for those that follow."""

    seq: int
    consumer: str
    reason: str
    subject: str
    traceparent: str | None
    body: str


def operator_routes(service: "Service") -> APIRouter | None:
    """The addresses below ``/operator``; none without a token in the settings."""
    secret = service.settings.operator_token
    if secret is None:
        return None
    expected = f"Bearer {secret.get_secret_value()}".encode()

    async def allowed(request: Request) -> None:
        sent = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(sent, expected):
            raise Problem("token-missing", www_authenticate="Bearer")

    router = APIRouter(
        prefix="/operator",
        tags=["operator"],
        dependencies=[Depends(allowed)],
        include_in_schema=False,
        route_class=_OnTheBus,
    )

    @router.post("/reconcile")
    async def reconcile() -> Reconciled:
        try:
            return Reconciled(facts=await service.reconcile())
        except StrayMessage as stray:
            raise Problem("stray-message", {"stream": stray.stream, "seq": stray.seq}) from None

    @router.post("/rebuild")
    async def rebuild() -> list[CopyReport]:
        return [CopyReport.of(one) for one in await service.inbound.rebuild()]

    @router.post("/replay")
    async def replay(consumer: str, since: AwareDatetime | None = None) -> Replayed:
        try:
            return Replayed(facts=await service.inbound.rewind(consumer, since=since))
        except LookupError:
            raise Problem("unknown-consumer", {"consumer": consumer, "known": service.inbound.names}) from None

    _dead_letters(router, service)
    return router


def _dead_letters(router: APIRouter, service: "Service") -> None:
    async def stream() -> Any:
        client = await connect(service.settings.access, f"{service.parts.name}-operator", patience=PATIENCE)
        try:
            yield client.jetstream()
        finally:
            await client.close()

    js_of = Annotated[JetStreamContext, Depends(stream)]

    @router.get("/dead-letters")
    async def dead_letters(js: js_of, after: int = 0) -> list[DeadLetter]:
        found: list[DeadLetter] = []
        while len(found) < MOST and (letter := await _next(js, service.parts.name, after + 1)) is not None:
            found.append(letter)
            after = letter.seq
        return found

    @router.get("/dead-letters/{seq}")
    async def show(js: js_of, seq: int) -> DeadLetter:
        return await _letter(js, service.parts.name, seq)

    @router.post("/dead-letters/{seq}/replay")
    async def replay(js: js_of, seq: int) -> DeadLetter:
        letter = await _letter(js, service.parts.name, seq)
        await service.inbound.replay(letter.consumer, letter.body.encode())
        await js.delete_msg(DEADLETTER, seq)
        return letter

    @router.delete("/dead-letters/{seq}")
    async def drop(js: js_of, seq: int) -> DeadLetter:
        letter = await _letter(js, service.parts.name, seq)
        await js.delete_msg(DEADLETTER, seq)
        return letter


async def _next(js: JetStreamContext, service: str, seq: int) -> DeadLetter | None:
    try:
        message = await js.get_msg(DEADLETTER, seq, subject=f"dead.{service}.*", next=True)
    except NotFoundError:
        return None
    return _shown(message)


async def _letter(js: JetStreamContext, service: str, seq: int) -> DeadLetter:
    try:
        message = await js.get_msg(DEADLETTER, seq)
    except (NotFoundError, NatsError):
        raise Problem("unknown-dead-letter", {"seq": seq}) from None
    letter = _shown(message)
    if not letter.consumer.startswith(f"{service}-"):
        raise Problem("unknown-dead-letter", {"seq": seq})
    return letter


def _shown(message: Any) -> DeadLetter:
    headers = message.headers or {}
    return DeadLetter(
        seq=message.seq,
        consumer=headers.get("consumer", ""),
        reason=headers.get("reason", ""),
        subject=headers.get("subject", ""),
        traceparent=headers.get("traceparent"),
        body=(message.data or b"").decode(errors="replace"),
    )
