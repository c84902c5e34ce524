"""Where people reach this gateway."""

from vzaimo.kit.http import Call


def public_url(call: Call) -> str:
    """The setting, else where the caller found us; without a slash at the end."""
    told: str | None = call.gate.extras["public_url"]
    return told or str(call.request.base_url).rstrip("/")
