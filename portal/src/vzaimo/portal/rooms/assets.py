"""Style, scripts and icon: from the package, kept by browsers for good, since their address changes with them."""

from importlib.resources import files
from mimetypes import guess_type

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

SHOWN = ("portal.css", "portal.js", "desk.js", "htmx.min.js", "icon.svg")


class Assets:
    """Answers ``/assets/<name>``."""

    def __init__(self) -> None:
        folder = files("vzaimo.portal") / "assets"
        self._found = {f"/{name}": (folder / name).read_bytes() for name in SHOWN}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One asset."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path not in self._found:
            raise HTTPException(404)
        kind = guess_type(path)[0] or "application/octet-stream"
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        await Response(self._found[path], 200, headers, f"{kind}; charset=utf-8")(scope, receive, send)
