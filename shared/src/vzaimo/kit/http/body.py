"""Bodies of commands: strict, and bounded."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Strict, field_validator
from pydantic_core import PydanticCustomError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vzaimo.kit.http.problems import Problem, problem
from vzaimo.kit.http.texts import UNSTORABLE

MAX_BODY = 256 * 1024
"""Bytes."""

_FORMS = {b"application/x-www-form-urlencoded", b"multipart/form-data"}

Int = Annotated[int, Strict()]
"""JSON's numbers only: neither ``"1"`` nor ``true``."""
Number = Annotated[float, Strict()]
Flag = Annotated[bool, Strict()]


class Body(BaseModel):
    """A command's body: fields that are not named are refused, as are values of another JSON type."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and UNSTORABLE.search(text):
                raise PydanticCustomError("unstorable", "must not have characters that cannot be stored")
        return value

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        for name, field in cls.model_fields.items():
            if field.annotation in {int, float, bool} and not any(isinstance(m, Strict) for m in field.metadata):
                raise TypeError(f"{cls.__name__}.{name} would take strings for numbers: use Int, Number or Flag")


class BodyLimit:
    """Refuses a request of another media type than JSON, or of too many bytes, as soon as that is known.

    Paths that begin with one of ``forms`` take a form as well.
    """

    def __init__(self, app: ASGIApp, *, limit: int = MAX_BODY, forms: Sequence[str] = ()) -> None:
        self._app = app
        self._limit = limit
        self._forms = tuple(forms)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what arrives."""
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self._app(scope, receive, send)
            return
        headers = {name: value for name, value in scope["headers"] if name in {b"content-length", b"content-type"}}
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > self._limit:
            await self._refuse(scope, receive, send, "body-too-large")
            return
        kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if kind and kind != b"application/json" and not (kind in _FORMS and scope["path"].startswith(self._forms)):
            await self._refuse(scope, receive, send, "unsupported-media-type")
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise Problem("body-too-large", {"limit": self._limit})
            return message

        await self._app(scope, counted, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, kind: str) -> None:
        from fastapi import Request

        facts: dict[str, Any] = {"limit": self._limit} if kind == "body-too-large" else {}
        await problem(Request(scope), kind, facts)(scope, receive, send)
