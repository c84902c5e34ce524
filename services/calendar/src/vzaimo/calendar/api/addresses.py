"""Where people reach this gateway, and answers that must not be kept."""

from fastapi import Response
from pydantic import BaseModel

from vzaimo.kit.http import Call

UNKEPT = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def public_url(call: Call) -> str:
    """The setting, else where the caller found us; without a slash at the end."""
    told: str | None = call.gate.extras["public_url"]
    return told or str(call.request.base_url).rstrip("/")


def shown_once(view: BaseModel) -> Response:
    """What was made, with its secret."""
    return Response(view.model_dump_json(), 201, UNKEPT, "application/json")
